import Artifacts
import Glibc
import Synchronization
import TestFolders

/// A storage in memory that fails when told to: a disk that is full after so many bytes, or one
/// on which an operation always fails.
final class FailingStorage: ObjectStorage {
  let inner = MemoryStorage()
  private let room = Atomic(Int.max)
  private let failing = Mutex<[FileFailure.Operation: Int32]>([:])

  var folder: String? { nil }

  /// From now on so many bytes can be written.
  func leave(room bytes: Int) { room.store(bytes, ordering: .relaxed) }

  /// From now on an operation fails with an error number; nil makes it work again.
  func fail(_ operation: FileFailure.Operation, _ code: Int32?) {
    failing.withLock { $0[operation] = code }
  }

  private func check(_ operation: FileFailure.Operation, _ name: String) throws(FileFailure) {
    if let code = failing.withLock({ $0[operation] }) {
      throw FileFailure(operation, name, code: code)
    }
  }

  func open(_ name: String, limit: Int, mapFrom: Int) throws(FileFailure) -> StoredFile? {
    try check(.read, name)
    return try inner.open(name, limit: limit, mapFrom: mapFrom)
  }

  func write(_ bytes: [UInt8], to name: String) throws(FileFailure) {
    try check(.write, name)
    try check(.rename, name)
    let left = room.load(ordering: .relaxed)
    guard bytes.count <= left else { throw FileFailure(.write, name, code: ENOSPC) }
    room.store(left - bytes.count, ordering: .relaxed)
    try inner.write(bytes, to: name)
  }

  func stamp(of name: String) throws(FileFailure) -> FileStamp? {
    try check(.inspect, name)
    return try inner.stamp(of: name)
  }

  func list(_ folder: String) throws(FileFailure) -> [String] {
    try check(.list, folder)
    return try inner.list(folder)
  }

  func delete(_ name: String) throws(FileFailure) {
    try check(.delete, name)
    try inner.delete(name)
  }

  func touch(_ name: String) throws(FileFailure) { try inner.touch(name) }
}
