package import Artifacts
import Glibc

/// Files that belong to a notebook.
package enum NotebookFile {
  /// A notebook is at most this long; longer files are refused before they are read.
  static let limit = 64 << 20

  /// The bytes of a regular file with the stamp that it had when it was opened.
  package static func read(_ path: String) throws(FileFailure) -> (bytes: [UInt8], stamp: FileStamp)
  {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw FileFailure(.open, path, code: errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw FileFailure(.inspect, path, code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileFailure(.open, path, code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
    }
    guard status.st_size <= limit else { throw FileFailure(.read, path, code: EFBIG) }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(file, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileFailure(.read, path, code: errno)
      }
      if count == 0 { break }
      filled += count
    }
    bytes.removeLast(bytes.count - filled)
    return (bytes, FileStamp(status))
  }

  /// The assets folder of a notebook: `a/sweep.md` has `a/sweep.assets`.
  static func assetsFolder(of path: String) -> String {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    var name = path[slash...]
    // The same endings as the format leaves out where it looks for links to assets.
    if let ending = [".md", ".markdown"].first(where: {
      name.hasSuffix($0) && name.count > $0.count
    }) {
      name = name.dropLast(ending.count)
    }
    return path[..<slash] + name + ".assets"
  }

  static func makeFolder(_ path: String) throws(FileFailure) {
    if mkdir(path, 0o777) != 0, errno != EEXIST {
      throw FileFailure(.createFolder, path, code: errno)
    }
  }

  /// Whether a path is a symbolic link; what it leads to is nobody's business here.
  static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// Whether two paths name the same existing file.
  static func isSame(_ a: String, _ b: String) -> Bool {
    if a == b { return true }
    guard let a = RealPath.resolve(a), let b = RealPath.resolve(b) else { return false }
    return a == b
  }

  /// Removes a file if it is there; a leftover asset is harmless, so failing is.
  static func remove(_ path: String) { unlink(path) }

  static func removeFolderIfEmpty(_ path: String) { rmdir(path) }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The last part of a path.
  static func lastComponent(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// The folder part of a path.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The folder that the program was started in.
  package static func currentFolder() -> String {
    guard let pointer = getcwd(nil, 0) else { return "." }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}
