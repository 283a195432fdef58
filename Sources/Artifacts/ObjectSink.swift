/// Takes an object's bytes in pieces, hashing them as they come. What is small stays in memory;
/// what is large goes to a file of the store, so that it is never in memory as a whole.
///
/// Used by one thread, while ``ArtifactStore/put(check:writing:)`` lasts.
public final class ObjectSink {
  /// Pieces are gathered up to this many bytes.
  static let bufferSize = ArtifactStore.largeObjectBytes
  /// Between checks no more than this is written.
  private static let stride = 16 << 20

  /// How many bytes were given so far.
  public private(set) var count = 0
  private var stream: DigestStream
  private var buffer: [UInt8] = []
  private var file: (any StagedFile)?
  private let stage: () throws(FileFailure) -> any StagedFile
  private let check: () throws -> Void

  /// - Parameters:
  ///   - stream: what the bytes are hashed after.
  ///   - check: called between every 16 MB; throws to stop.
  ///   - stage: begins the file, when it is needed.
  init(
    hashing stream: DigestStream = DigestStream(), check: @escaping () throws -> Void,
    stage: @escaping () throws(FileFailure) -> any StagedFile
  ) {
    self.stream = stream
    self.check = check
    self.stage = stage
  }

  /// Adds bytes; how they are cut into pieces makes no difference.
  ///
  /// - Throws: ``FileFailure`` where they can't be written; what `check` throws.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      try check()
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.stride))
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Self.stride))
      stream.add(piece)
      count += piece.count
      if buffer.count + piece.count > Self.bufferSize { try flush() }
      if piece.count > Self.bufferSize {
        try staged().append(piece)
      } else {
        buffer.append(contentsOf: piece)
      }
    }
  }

  /// Adds bytes; how they are cut into pieces makes no difference.
  public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// The digest of all that was given.
  var digest: Digest { stream.finish() }

  /// The digest of all that was given and then some.
  func digest(followedBy bytes: [UInt8]) -> Digest {
    var stream = stream
    stream.add(bytes)
    return stream.finish()
  }

  /// All bytes, where they are few enough to be still in memory.
  var inMemory: [UInt8]? { file == nil ? buffer : nil }

  /// The file with everything in it.
  func wholeFile() throws(FileFailure) -> any StagedFile {
    try flush()
    return try staged()
  }

  private func staged() throws(FileFailure) -> any StagedFile {
    if let file { return file }
    let made = try stage()
    file = made
    return made
  }

  private func flush() throws(FileFailure) {
    guard !buffer.isEmpty else { return }
    let file = try staged()
    let result = buffer.withUnsafeBytes { bytes in
      Result<Void, FileFailure> { () throws(FileFailure) in try file.append(bytes) }
    }
    try result.get()
    buffer.removeAll(keepingCapacity: true)
  }
}

/// What ``ArtifactStore/put(check:writing:)`` stored.
public struct StoredObject: Hashable, Sendable {
  /// The digest, by which `get` finds the bytes.
  public var digest: Digest
  /// How many bytes there are.
  public var count: Int
}

extension ArtifactStore {
  /// Stores bytes that come in pieces under their digest. Beyond 1 MiB they go to a temporary
  /// file of the store as they come, and memory holds no more than that.
  ///
  /// - Parameters:
  ///   - check: called between every 16 MB; throws to stop.
  ///   - body: gives the bytes to the sink.
  /// - Returns: the digest and the number of bytes.
  /// - Throws: what `body` and `check` throw, and ``StoreError/file(_:)``; nothing is stored then.
  /// - Complexity: O(n), and two flushes to disk if the bytes are new.
  public func put(
    check: @escaping () throws -> Void = {}, writing body: (ObjectSink) throws -> Void
  ) throws -> StoredObject {
    let storage = storage
    let sink = ObjectSink(check: check) { () throws(FileFailure) in try storage.stage() }
    do {
      try body(sink)
      if let bytes = sink.inMemory {
        return StoredObject(digest: try put(bytes), count: bytes.count)
      }
      let file = try sink.wholeFile()
      let digest = sink.digest
      let name = Self.objectName(digest)
      // Whatever is there under that name in full is the same object.
      if try storage.size(of: name) == sink.count, try get(digest, check: check) != nil {
        file.discard()
        try? storage.touch(name)
      } else {
        try file.commit(as: name)
        if let stamp = try? storage.stamp(of: name) { catalog.rememberVerified(digest, stamp) }
      }
      return StoredObject(digest: digest, count: sink.count)
    } catch let failure as FileFailure {
      throw StoreError.file(failure)
    }
  }
}
