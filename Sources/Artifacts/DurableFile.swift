import Glibc
import Synchronization

/// The system calls of a durable write, each of which a test can make fail.
///
/// Each returns what the call returns, or the error number negated.
package struct FileCalls: Sendable {
  package var write: @Sendable (_ file: Int32, UnsafeRawPointer, _ count: Int) -> Int = {
    let count = Glibc.write($0, $1, $2)
    return count < 0 ? -Int(errno) : count
  }
  package var flush: @Sendable (_ file: Int32) -> Int = { fsync($0) < 0 ? -Int(errno) : 0 }
  package var rename: @Sendable (_ folder: Int32, _ from: String, _ to: String) -> Int = {
    renameat($0, $1, $0, $2) < 0 ? -Int(errno) : 0
  }
  package var move:
    @Sendable (_ from: Int32, _ name: String, _ to: Int32, _ newName: String) -> Int = {
      renameat($0, $1, $2, $3) < 0 ? -Int(errno) : 0
    }
  package var flushFolder: @Sendable (_ folder: Int32) -> Int = { fsync($0) < 0 ? -Int(errno) : 0 }

  package init() {}
}

/// Writing a file so that after any failure, and after a power cut, either the old or the new
/// contents are there in full.
///
/// 1. The bytes go to a temporary file in the same folder, which is flushed and then renamed
///    over the target; then the folder is flushed.
/// 2. A symbolic link is followed: its target is replaced, the link stays.
/// 3. The mode of an existing file is kept (and its owner, where allowed); a new one gets 0644
///    less the process's umask. A file that may not be written is not replaced either.
/// 4. No temporary file stays behind after an error. One left by a power cut is found by its
///    name, and swept by `poise artifacts gc` in a store, by ``removeLeftovers(in:)`` elsewhere.
public enum DurableFile {
  /// Temporary files are called this, a process id and a number.
  package static let temporaryPrefix = ".poise-tmp-"

  private static let counter = Atomic<UInt64>(0)

  /// Makes a write past `ulimit -f` fail with EFBIG instead of ending the process.
  ///
  /// To be called once, when the program starts; holds for the whole process.
  public static func ignoreFileSizeSignal() { signal(SIGXFSZ, SIG_IGN) }

  /// Writes `bytes` to `path`, all or nothing.
  ///
  /// - Parameters:
  ///   - bytes: the whole new contents.
  ///   - path: where to; its folder must exist. Symbolic links are followed.
  ///   - stamp: what the file's stamp must still be just before it is replaced, where the caller
  ///     has read it before; otherwise the error has the reason `changed`.
  /// - Throws: ``FileFailure`` with the path and the system's reason. The old contents are then
  ///   still there, except if only the last step, flushing the folder, failed.
  public static func write(
    _ bytes: [UInt8], to path: String, replacing stamp: FileStamp? = nil
  ) throws(FileFailure) {
    try write(bytes, to: path, replacing: stamp, calls: FileCalls())
  }

  package static func write(
    _ bytes: [UInt8], to path: String, replacing stamp: FileStamp? = nil, calls: FileCalls
  ) throws(FileFailure) {
    let target = try followLinks(path)
    let (folder, name) = split(target)
    guard !name.isEmpty, name != ".", name != ".." else {
      throw FileFailure(.write, path, reason: .notRegular)
    }
    let parent = try Descriptor.open(folder, flags: O_RDONLY | O_DIRECTORY, .write)
    try write(bytes, to: name, in: parent, path: target, replacing: stamp, calls: calls)
  }

  /// Writes `bytes` to a name in an open folder; the name itself is not followed if it is a link.
  static func write(
    _ bytes: [UInt8], to name: String, in folder: borrowing Descriptor, path: String,
    replacing stamp: FileStamp? = nil, calls: FileCalls
  ) throws(FileFailure) {
    let old = try existing(name, in: folder, path: path)
    let temporary = try createTemporary(in: folder, path: path)
    var renamed = false
    defer { if !renamed { unlinkat(folder.number, temporary.name, 0) } }
    try keepAttributes(of: old, on: temporary.file, path: path)
    let written = bytes.withUnsafeBytes { buffer in
      Result<Void, FileFailure> { () throws(FileFailure) in
        try writeAll(buffer, to: temporary.file, path: path, calls: calls)
      }
    }
    try written.get()
    try check(calls.flush(temporary.file.number), .flush, path)
    if let stamp {
      guard try existing(name, in: folder, path: path).map(FileStamp.init) == stamp else {
        throw FileFailure(.write, path, reason: .changed)
      }
    }
    try check(calls.rename(folder.number, temporary.name, name), .rename, path)
    renamed = true
    // Some file systems cannot flush a folder and say EINVAL; their renames are durable or not,
    // and nothing here can change it.
    let flushed = calls.flushFolder(folder.number)
    if flushed != -Int(EINVAL) { try check(flushed, .flush, path) }
  }

  /// Deletes temporary files in a folder that were left by a kill or a power cut more than an hour
  /// ago; younger ones may belong to a write that goes on. What can't be deleted stays.
  public static func removeLeftovers(in folder: String) {
    guard let opened = try? Descriptor.open(folder, flags: O_RDONLY | O_DIRECTORY, .list),
      let names = try? FolderListing.names(in: opened, path: folder)
    else { return }
    let now = FileStamp.now
    for name in names where name.hasPrefix(temporaryPrefix) {
      var status = stat()
      guard fstatat(opened.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.isRegularFile,
        now - FileStamp(status).modified > ArtifactStore.temporaryAge
      else { continue }
      unlinkat(opened.number, name, 0)
    }
  }

  static func check(
    _ result: Int, _ operation: FileFailure.Operation, _ path: String
  ) throws(FileFailure) {
    if result < 0 {
      throw FileFailure(operation, path, code: Int32(truncatingIfNeeded: -result))
    }
  }

  /// The status of the file that is to be replaced, nil where there is none.
  private static func existing(
    _ name: String, in folder: borrowing Descriptor, path: String
  ) throws(FileFailure) -> stat? {
    var status = stat()
    guard fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return nil }
      throw FileFailure(.write, path, code: errno)
    }
    guard status.isRegularFile else { throw FileFailure(.write, path, reason: .notRegular) }
    guard faccessat(folder.number, name, W_OK, AT_EACCESS) == 0 else {
      throw FileFailure(.write, path, code: errno)
    }
    return status
  }

  struct Temporary: ~Copyable {
    let name: String
    let file: Descriptor
  }

  static func createTemporary(
    in folder: borrowing Descriptor, path: String
  ) throws(FileFailure) -> Temporary {
    // The name may be taken by a process with the same id in another container.
    for _ in 0..<1000 {
      let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
      let name = "\(temporaryPrefix)\(getpid())-\(number)"
      do {
        let file = try folder.open(
          name, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o644, path: path, .write)
        return Temporary(name: name, file: file)
      } catch {
        if error.code != EEXIST { throw error }
      }
    }
    throw FileFailure(.write, path, code: EEXIST)
  }

  private static func keepAttributes(
    of old: stat?, on file: borrowing Descriptor, path: String
  ) throws(FileFailure) {
    guard let old else { return }
    // The owner first: changing it clears the set-id bits. Only root may, so it is a wish.
    if old.st_uid != geteuid() || old.st_gid != getegid() {
      _ = fchown(file.number, old.st_uid, old.st_gid)
    }
    if fchmod(file.number, old.st_mode & 0o7777) != 0 {
      throw FileFailure(.write, path, code: errno)
    }
  }

  static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to file: borrowing Descriptor, path: String, calls: FileCalls
  ) throws(FileFailure) {
    var written = 0
    while written < bytes.count, let start = bytes.baseAddress {
      let step = calls.write(file.number, start + written, min(bytes.count - written, 16 << 20))
      if step > 0 {
        written += step
      } else if step != -Int(EINTR) {
        try check(step == 0 ? -Int(ENOSPC) : step, .write, path)
      }
    }
  }

  /// The path that `path` stands for once symbolic links at its end are followed; what the last
  /// one points to need not exist.
  private static func followLinks(_ path: String) throws(FileFailure) -> String {
    var current = path
    for _ in 0..<40 {
      var status = stat()
      guard lstat(current, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return current }
      guard let target = linkTarget(current) else {
        throw FileFailure(.write, path, code: errno)
      }
      current = target.hasPrefix("/") ? target : split(current).folder + "/" + target
    }
    throw FileFailure(.write, path, code: ELOOP)
  }

  /// What a symbolic link says, nil (with `errno` set) where it cannot be read.
  static func linkTarget(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { chars in
        chars.baseAddress.map { readlink(path, $0, chars.count) } ?? -1
      }
    }
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  /// A path's folder (`.` where it names none) and last component.
  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    return (folder, String(path[path.utf8.index(after: slash)...]))
  }
}
