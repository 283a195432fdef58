import Synchronization

/// Files kept in memory: a store that leaves nothing behind.
public final class MemoryStorage: ObjectStorage {
  private struct State {
    var files: [String: StoredFile] = [:]
    var clock: Int64 = 0
  }

  private let state = Mutex(State())

  /// A storage without files.
  public init() {}

  public var folder: String? { nil }

  public func open(_ name: String, limit: Int, mapFrom: Int) throws(FileFailure) -> StoredFile? {
    guard let file = state.withLock({ $0.files[name] }) else { return nil }
    guard file.bytes.count <= limit else {
      throw FileFailure(.read, name, reason: .tooLarge(got: file.bytes.count, limit: limit))
    }
    return file
  }

  public func write(_ bytes: [UInt8], to name: String) throws(FileFailure) {
    let now = FileStamp.now
    state.withLock { state in
      // The number that stands in for the inode never comes twice.
      state.clock += 1
      let stamp = FileStamp(
        device: 0, inode: UInt64(state.clock), size: bytes.count, modified: now, changed: now)
      state.files[name] = StoredFile(bytes: ObjectBytes(bytes), stamp: stamp)
    }
  }

  public func stamp(of name: String) throws(FileFailure) -> FileStamp? {
    state.withLock { $0.files[name]?.stamp }
  }

  public func list(_ folder: String) throws(FileFailure) -> [String] {
    let prefix = folder + "/"
    let names = state.withLock { state in
      state.files.keys.filter { $0.hasPrefix(prefix) }.map { name in
        String(name.dropFirst(prefix.count).prefix { $0 != "/" })
      }
    }
    return Set(names).sorted()
  }

  public func delete(_ name: String) throws(FileFailure) {
    state.withLock { _ = $0.files.removeValue(forKey: name) }
  }

  public func touch(_ name: String) throws(FileFailure) {
    let now = FileStamp.now
    state.withLock { state in
      state.files[name]?.stamp.modified = now
      state.files[name]?.stamp.changed = now
    }
  }
}
