import Glibc
import Synchronization

extension ArtifactStore {
  /// Calls `body` while no other thread or process that uses this store computes the same node.
  ///
  /// Look for the node's action again inside `body`: it may have been computed while waiting.
  /// A process that dies gives its locks up. Where the store cannot be written, or its file
  /// system has no locks (which is reported), `body` runs without one.
  ///
  /// - Parameters:
  ///   - key: the node's key.
  ///   - cancelled: called at least every 20 ms while waiting; throws to stop.
  ///   - waiting: called once if another holds the lock.
  ///   - body: the work.
  /// - Returns: what `body` returns.
  /// - Throws: what `cancelled` and `body` throw; ``StoreError/lockedTwice(key:)`` where the
  ///   calling thread holds this lock already.
  public func withNodeLock<T>(
    _ key: Digest, cancelled: () throws -> Void = {}, waiting: (() -> Void)? = nil,
    _ body: () throws -> T
  ) throws -> T {
    try locks.with(key, cancelled: cancelled, waiting: waiting, body)
  }

  /// The folder in which a long computation keeps what it needs to resume, made if need be.
  ///
  /// - Returns: `partial/KEY` in the store; for a store in memory, a folder for temporary files
  ///   that goes when the store goes.
  public func partialFolder(_ key: Digest) throws(StoreError) -> String {
    do throws(FileFailure) {
      let root = try partialRoot()
      _ = try DiskStorage(path: root).openFolder(["partial", key.hex[...]], create: true)
      return "\(root)/partial/\(key.hex)"
    } catch {
      throw .file(error)
    }
  }

  /// Deletes a node's resume state, where there is any.
  public func discardPartial(_ key: Digest) throws(StoreError) {
    guard let root = partialPlace else { return }
    do throws(FileFailure) {
      let partial = try DiskStorage(path: root).openFolder(["partial"], create: false)
      try FolderRemoval.remove(key.hex, in: partial, path: "\(root)/partial/\(key.hex)")
    } catch {
      if error.code != ENOENT { throw .file(error) }
    }
  }

  /// The folder that has or may have a folder `partial`; nil where none was needed so far.
  var partialPlace: String? { folder ?? scratch.withLock { $0 } }

  /// As ``partialPlace``, made if need be.
  func partialRoot() throws(FileFailure) -> String {
    if let folder { return folder }
    let made = scratch.withLock { scratch -> (path: String?, code: Int32) in
      if let scratch { return (scratch, 0) }
      let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
      var template = Array("\(parent)/poise-scratch-XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { return (nil, errno) }
      let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      scratch = path
      return (path, 0)
    }
    guard let path = made.path else {
      throw FileFailure(.createFolder, "a temporary folder", code: made.code)
    }
    return path
  }
}

/// Deleting a folder and what is in it, never following a link out of it.
enum FolderRemoval {
  private static let deepest = 64

  /// Deletes the folder at `path`; nothing happens where there is none.
  static func remove(_ path: String) throws(FileFailure) {
    guard let slash = path.lastIndex(of: "/") else { return }
    let parent = try Descriptor.open(String(path[...slash]), flags: O_RDONLY | O_DIRECTORY, .delete)
    try remove(String(path[path.index(after: slash)...]), in: parent, path: path)
  }

  /// Deletes a name in an open folder, with all that is below it if it is a folder itself;
  /// nothing happens where there is none. `path` is what an error calls it.
  static func remove(
    _ name: String, in parent: borrowing Descriptor, path: String, depth: Int = 0
  ) throws(FileFailure) {
    if unlinkat(parent.number, name, 0) == 0 { return }
    if errno == ENOENT { return }
    guard errno == EISDIR || errno == EPERM else {
      throw FileFailure(.delete, path, code: errno)
    }
    guard depth < deepest else { throw FileFailure(.delete, path, code: ELOOP) }
    let folder = try parent.open(
      name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, path: path, .delete)
    for entry in try FolderListing.names(in: folder, path: path) {
      try remove(entry, in: folder, path: path + "/" + entry, depth: depth + 1)
    }
    guard unlinkat(parent.number, name, AT_REMOVEDIR) == 0 else {
      throw FileFailure(.delete, path, code: errno)
    }
  }

  /// The bytes of all regular files in a folder and below it; 0 where it cannot be read.
  static func size(of name: String, in parent: borrowing Descriptor, depth: Int = 0) -> Int {
    guard depth < deepest,
      let folder = try? parent.open(name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, path: name),
      let names = try? FolderListing.names(in: folder, path: name)
    else { return 0 }
    var total = 0
    for name in names {
      var status = stat()
      guard fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      if status.isRegularFile {
        total = ByteSize.sum(total, Int(status.st_size))
      } else if status.isFolder {
        total = ByteSize.sum(total, size(of: name, in: folder, depth: depth + 1))
      }
    }
    return total
  }
}
