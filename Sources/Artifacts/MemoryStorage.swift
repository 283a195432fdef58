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

  /// The folder, nil in memory.
  public var folder: String? { nil }

  /// Opens a file; see ``ObjectStorage/open(_:limit:mapFrom:)``.
  public func open(_ name: String, limit: Int, mapFrom: Int) throws(FileFailure) -> StoredFile? {
    guard let file = state.withLock({ $0.files[name] }) else { return nil }
    guard file.bytes.count <= limit else {
      throw FileFailure(.read, name, reason: .tooLarge(got: file.bytes.count, limit: limit))
    }
    return file
  }

  /// Writes a file, all or nothing; whatever else has its name goes.
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

  /// The stamp of a file, nil where there is none.
  public func stamp(of name: String) throws(FileFailure) -> FileStamp? {
    state.withLock { $0.files[name]?.stamp }
  }

  /// The names in a folder, in order.
  public func list(_ folder: String) throws(FileFailure) -> [String] {
    let prefix = folder + "/"
    let names = state.withLock { state in
      state.files.keys.filter { $0.hasPrefix(prefix) }.map { name in
        String(name.dropFirst(prefix.count).prefix { $0 != "/" })
      }
    }
    return Set(names).sorted()
  }

  /// Deletes a file or an empty folder.
  public func delete(_ name: String) throws(FileFailure) {
    state.withLock { _ = $0.files.removeValue(forKey: name) }
  }

  /// Makes a file's times now.
  public func touch(_ name: String) throws(FileFailure) {
    let now = FileStamp.now
    state.withLock { state in
      state.files[name]?.stamp.modified = now
      state.files[name]?.stamp.changed = now
    }
  }
}
