import Glibc

/// A computation that was begun and can be resumed.
public struct UnfinishedWork: Hashable, Sendable {
  /// The node's key.
  public var key: Digest
  /// The call as readable text; empty where it is not known.
  public var call: String
  /// What its states take, bytes.
  public var bytes: Int
  /// When a state was last kept, seconds since 1970.
  public var lastKept: Int
}

/// Resume states of a node, in `partial/KEY`:
///
/// 1. A state is a file `state-N`; the greatest N is the newest. Two are kept.
/// 2. It begins with the state itself, so that a mapping of it is aligned to a page, and ends with
///    a trailer of 56 bytes: `poiseCKP`, the version (UInt64), the state's length (UInt64), and
///    SHA-256 over the node's key and the state. Numbers are little-endian.
/// 3. `call` holds the call as text, for `poise artifacts list`.
extension ArtifactStore {
  private static let magic = Array("poiseCKP".utf8)
  private static let stateVersion: UInt64 = 1
  private static let trailerSize = 8 + 8 + 8 + Digest.byteCount
  private static let statePrefix = "state-"
  /// So many states are kept.
  private static let statesKept = 2
  private static let callLimit = 4096

  /// The newest whole state of a node, mapped; nil where there is none.
  ///
  /// Damaged states and files of interrupted writes are reported and deleted. To be called while
  /// the node's lock is held.
  ///
  /// - Parameters:
  ///   - key: the node's key.
  ///   - check: called between every 16 MB that are verified; throws to stop.
  /// - Throws: only what `check` throws.
  public func latestState(_ key: Digest, check: () throws -> Void = {}) throws -> ObjectBytes? {
    guard let root = partialPlace else { return nil }
    let storage = DiskStorage(path: root)
    let folder = "partial/\(key.hex)"
    let names = (try? storage.list(folder)) ?? []
    for name in names where name.hasPrefix(DurableFile.temporaryPrefix) {
      try? storage.delete(folder + "/" + name)
    }
    for number in Self.stateNumbers(names).reversed() {
      let name = "\(folder)/\(Self.statePrefix)\(number)"
      do {
        guard let file = try storage.open(name, limit: .max, mapFrom: 1) else { continue }
        if let state = try Self.state(in: file.bytes, key: key, check: check) { return state }
        issues(
          StoreIssue(
            .damagedState(key), path: storage.fullPath(name),
            detail: "\(file.bytes.count) bytes that do not match their checksum"))
      } catch let failure as FileFailure {
        issues(
          StoreIssue(
            .damagedState(key), path: storage.fullPath(name), detail: failure.description))
      }
      try? storage.delete(name)
    }
    return nil
  }

  /// Keeps a state of a node, all or nothing and durably, beside the one before it.
  ///
  /// - Parameters:
  ///   - key: the node's key.
  ///   - call: the call as text, for listings.
  ///   - check: called between every 16 MB; throws to stop.
  ///   - body: gives the state's bytes to the sink, in pieces.
  /// - Throws: what `body` and `check` throw, and ``StoreError/file(_:)``; the states before are
  ///   then still there.
  public func keepState(
    _ key: Digest, call: String, check: @escaping () throws -> Void = {},
    writing body: (ObjectSink) throws -> Void
  ) throws {
    do {
      let storage = DiskStorage(path: try partialRoot())
      let folder = "partial/\(key.hex)"
      let parts = try storage.parts(folder)
      var stream = DigestStream()
      stream.add(key.bytes)
      let sink = ObjectSink(hashing: stream, check: check) { () throws(FileFailure) in
        try storage.stage(in: parts)
      }
      try body(sink)
      let file = try sink.wholeFile()
      let trailer =
        Self.magic + Self.littleEndian(Self.stateVersion) + Self.littleEndian(UInt64(sink.count))
        + sink.digest.bytes
      try trailer.withUnsafeBytes { try file.append($0) }
      let before = Self.stateNumbers(try storage.list(folder))
      if before.isEmpty {
        try storage.write(Array(call.utf8.prefix(Self.callLimit)), to: folder + "/call")
      }
      try file.commit(as: "\(folder)/\(Self.statePrefix)\((before.last ?? 0) + 1)")
      for number in before.dropLast(Self.statesKept - 1) {
        try? storage.delete("\(folder)/\(Self.statePrefix)\(number)")
      }
    } catch let failure as FileFailure {
      throw StoreError.file(failure)
    }
  }

  /// What was begun, has states to resume from, and is not recorded; the last kept first.
  public func unfinishedWork() throws(StoreError) -> [UnfinishedWork] {
    guard let folder else { return [] }
    let storage = DiskStorage(path: folder)
    return try storing { () throws(FileFailure) in
      var found: [UnfinishedWork] = []
      for name in try storage.list("partial") {
        guard let key = Digest(hex: name), !hasAction(key) else { continue }
        var bytes = 0
        var last: Int64 = 0
        for file in (try? storage.list("partial/" + name)) ?? [] {
          guard let stamp = try? storage.stamp(of: "partial/\(name)/\(file)") else { continue }
          bytes = ByteSize.sum(bytes, stamp.size)
          last = max(last, stamp.modified)
        }
        let call = (try? storage.read("partial/\(name)/call", limit: Self.callLimit)) ?? nil
        found.append(
          UnfinishedWork(
            key: key, call: Self.printable(call ?? []), bytes: bytes,
            lastKept: Int(last / 1_000_000_000)))
      }
      return found.sorted { ($1.lastKept, $0.key) < ($0.lastKept, $1.key) }
    }
  }

  /// The state in a file, nil where its trailer does not fit it.
  private static func state(
    in file: ObjectBytes, key: Digest, check: () throws -> Void
  ) throws -> ObjectBytes? {
    guard file.count >= trailerSize else { return nil }
    let state = file.prefix(file.count - trailerSize)
    let expected =
      magic + littleEndian(stateVersion) + littleEndian(UInt64(state.count))
    var stream = DigestStream()
    stream.add(key.bytes)
    let sum = try digest(of: state, after: stream, check: check)
    let isWhole = file.withUnsafeBytes { bytes in
      bytes.suffix(trailerSize).elementsEqual(expected + sum.bytes)
    }
    return isWhole ? state : nil
  }

  private static func stateNumbers(_ names: [String]) -> [Int] {
    names.compactMap { name in
      guard name.hasPrefix(statePrefix), let number = Int(name.dropFirst(statePrefix.count)),
        (1..<Int.max).contains(number), name == "\(statePrefix)\(number)"
      else { return nil }
      return number
    }.sorted()
  }

  private static func littleEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }

  /// A text of a store that may be a stranger's, without what could move a cursor.
  private static func printable(_ bytes: [UInt8]) -> String {
    let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter { scalar in
      scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
