/// A file that was read: its bytes, and the stamp of the state that they are.
public struct StoredFile: Sendable {
  /// The contents.
  public var bytes: ObjectBytes
  /// The stamp, taken from the very file that was opened.
  public var stamp: FileStamp

  /// A file from its parts.
  public init(bytes: ObjectBytes, stamp: FileStamp) {
    self.bytes = bytes
    self.stamp = stamp
  }
}

/// Immutable files under relative names such as `objects/ab/cdef…`: what a store is built on.
///
/// ``DiskStorage`` keeps them in a folder, ``MemoryStorage`` in memory. Names are made of ASCII
/// letters, digits, `.`, `-` and `_`, parted by `/`; no part is `.` or `..`.
public protocol ObjectStorage: Sendable {
  /// The folder on disk, nil where there is none.
  var folder: String? { get }

  /// Opens a file of at most `limit` bytes; from `mapFrom` bytes on it is mapped into memory.
  ///
  /// - Returns: nil where there is no such file.
  /// - Throws: ``FileFailure`` with `tooLarge` before anything is read, `symbolicLink` or
  ///   `notRegular` where something else is in the file's place, or the system's reason.
  func open(_ name: String, limit: Int, mapFrom: Int) throws(FileFailure) -> StoredFile?

  /// Writes a file, all or nothing, making the folders that it is in.
  func write(_ bytes: [UInt8], to name: String) throws(FileFailure)

  /// Begins a file that is written in pieces, and has no name until it is committed.
  func stage() throws(FileFailure) -> any StagedFile

  /// The stamp of a file, nil where there is none. Links are not followed.
  func stamp(of name: String) throws(FileFailure) -> FileStamp?

  /// The names in a folder, in order; none where it does not exist.
  func list(_ folder: String) throws(FileFailure) -> [String]

  /// Deletes a file, or an empty folder; nothing happens where there is none.
  func delete(_ name: String) throws(FileFailure)

  /// Makes a file's times now, where it exists.
  func touch(_ name: String) throws(FileFailure)
}

extension ObjectStorage {
  /// The bytes of a file of at most `limit` bytes, nil where there is none.
  public func read(_ name: String, limit: Int) throws(FileFailure) -> [UInt8]? {
    try open(name, limit: limit, mapFrom: .max)?.bytes.array
  }

  /// Whether there is such a file.
  public func exists(_ name: String) throws(FileFailure) -> Bool { try stamp(of: name) != nil }

  /// The size of a file in bytes, nil where there is none.
  public func size(of name: String) throws(FileFailure) -> Int? { try stamp(of: name)?.size }
}
