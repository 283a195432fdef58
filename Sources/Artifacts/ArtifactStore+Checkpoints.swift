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

/// A state to resume a computation from.
public struct ResumeState: Sendable {
  /// What was kept.
  public var bytes: ObjectBytes
  /// What the computation had taken until then, seconds.
  public var seconds: Double
  /// What it had taken of processor time, seconds.
  public var cpuSeconds: Double
}

/// Resume states of a node, in `partial/KEY`:
///
/// 1. A state is a file `state-N`; the greatest N is the newest. Two are kept.
/// 2. It begins with the state itself, so that a mapping of it is aligned to a page, and ends with
///    a trailer of 72 bytes: `poiseCKP`, the version (UInt64), the state's length (UInt64), the
///    seconds and processor seconds spent until then (Float64), and SHA-256 over the node's key,
///    the state and the trailer so far. Numbers are little-endian.
/// 3. `call` holds the call as text, for `poise artifacts list`.
extension ArtifactStore {
  private static let magic = Array("poiseCKP".utf8)
  private static let stateVersion: UInt64 = 1
  private static let trailerSize = 8 + 8 + 8 + 16 + Digest.byteCount
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
  /// - Returns: the state with what it took to come there, or nil.
  /// - Throws: only what `check` throws.
  public func latestState(_ key: Digest, check: () throws -> Void = {}) throws -> ResumeState? {
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
  ///   - seconds: what the computation has taken so far, earlier runs included.
  ///   - cpuSeconds: what it has taken of processor time.
  ///   - check: called between every 16 MB; throws to stop.
  ///   - body: gives the state's bytes to the sink, in pieces.
  /// - Throws: what `body` and `check` throw, and ``StoreError/file(_:)``; the states before are
  ///   then still there.
  public func keepState(
    _ key: Digest, call: String, seconds: Double = 0, cpuSeconds: Double = 0,
    check: @escaping () throws -> Void = {}, writing body: (ObjectSink) throws -> Void
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
      var trailer =
        Self.magic + Self.littleEndian(Self.stateVersion) + Self.littleEndian(sink.count)
        + Self.littleEndian(seconds.bitPattern) + Self.littleEndian(cpuSeconds.bitPattern)
      trailer += sink.digest(followedBy: trailer).bytes
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
  ) throws -> ResumeState? {
    guard file.count >= trailerSize else { return nil }
    let bytes = file.prefix(file.count - trailerSize)
    let trailer = file.withUnsafeBytes { Array($0.suffix(trailerSize)) }
    guard trailer.starts(with: magic + littleEndian(stateVersion) + littleEndian(bytes.count))
    else { return nil }
    let head = Array(trailer.dropLast(Digest.byteCount))
    var stream = DigestStream()
    stream.add(key.bytes)
    stream = try digestStream(of: bytes, after: stream, check: check)
    stream.add(head)
    guard trailer.suffix(Digest.byteCount).elementsEqual(stream.finish().bytes) else { return nil }
    let spent = head.suffix(16).withUnsafeBytes { words in
      [0, 8].map { offset in
        Double(
          bitPattern: UInt64(
            littleEndian: words.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      }
    }
    guard spent.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
    return ResumeState(bytes: bytes, seconds: spent[0], cpuSeconds: spent[1])
  }

  private static func stateNumbers(_ names: [String]) -> [Int] {
    names.compactMap { name in
      guard name.hasPrefix(statePrefix), let number = Int(name.dropFirst(statePrefix.count)),
        (1..<Int.max).contains(number), name == "\(statePrefix)\(number)"
      else { return nil }
      return number
    }.sorted()
  }

  private static func littleEndian(_ value: Int) -> [UInt8] {
    littleEndian(UInt64(bitPattern: Int64(value)))
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
