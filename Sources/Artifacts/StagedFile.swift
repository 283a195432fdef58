import Glibc

/// A file that is being written under a temporary name, and gets its own when it is whole.
///
/// Used by one thread. What is neither committed nor discarded is discarded when the object goes.
public protocol StagedFile: AnyObject {
  /// Adds bytes at the end.
  func append(_ bytes: UnsafeRawBufferPointer) throws(FileFailure)

  /// Flushes what was written and gives it a name, replacing what has that name; all or nothing.
  func commit(as name: String) throws(FileFailure)

  /// Throws away what was written.
  func discard()
}

extension ObjectStorage {
  /// Begins a file in memory; ``DiskStorage`` writes to disk instead.
  public func stage() throws(FileFailure) -> any StagedFile { CollectedFile(storage: self) }
}

/// A staged file of a storage that has no place for half-written ones.
private final class CollectedFile: StagedFile {
  private let storage: any ObjectStorage
  private var bytes: [UInt8] = []

  init(storage: any ObjectStorage) { self.storage = storage }

  func append(_ piece: UnsafeRawBufferPointer) { bytes.append(contentsOf: piece) }

  func commit(as name: String) throws(FileFailure) { try storage.write(bytes, to: name) }

  func discard() { bytes = [] }
}

/// A staged file on disk: a temporary file in the storage, renamed when it is whole.
final class DiskStagedFile: StagedFile {
  private let storage: DiskStorage
  private let folder: Descriptor
  private let temporary: DurableFile.Temporary
  private let path: String
  private let calls: FileCalls
  private var isOpen = true

  /// Begins a file whose temporary form lies in a folder of the storage, which is made if need be.
  init(_ storage: DiskStorage, in parts: [Substring], calls: FileCalls) throws(FileFailure) {
    self.storage = storage
    self.calls = calls
    path = storage.fullPath(parts.joined(separator: "/"))
    folder = try storage.openFolder(parts, create: true)
    temporary = try DurableFile.createTemporary(in: folder, path: path)
  }

  deinit { discard() }

  func append(_ bytes: UnsafeRawBufferPointer) throws(FileFailure) {
    try DurableFile.writeAll(bytes, to: temporary.file, path: path, calls: calls)
  }

  func commit(as name: String) throws(FileFailure) {
    let full = storage.fullPath(name)
    try DurableFile.check(calls.flush(temporary.file.number), .flush, full)
    var parts = try storage.parts(name)
    let last = String(parts.removeLast())
    let target = try storage.openFolder(parts, create: true)
    var moved = calls.move(folder.number, temporary.name, target.number, last)
    if moved == -Int(EISDIR) || moved == -Int(ENOTEMPTY) || moved == -Int(EEXIST) {
      // A folder in a file's place is not ours.
      try storage.delete(name)
      moved = calls.move(folder.number, temporary.name, target.number, last)
    }
    try DurableFile.check(moved, .rename, full)
    isOpen = false
    let flushed = calls.flushFolder(target.number)
    // Some file systems cannot flush a folder and say EINVAL.
    if flushed != -Int(EINVAL) { try DurableFile.check(flushed, .flush, full) }
  }

  func discard() {
    guard isOpen else { return }
    isOpen = false
    unlinkat(folder.number, temporary.name, 0)
  }
}
