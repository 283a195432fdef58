import Glibc

/// Why a notebook may not read a path.
public enum AccessError: Error, Hashable, Sendable {
  /// The real path is in none of the folders that may be read; `allow` is the one that would do.
  case outside(path: String, real: String, allow: String)
  /// The path leads into `/proc`, `/sys` or `/dev`, which are no data and are never read.
  case system(path: String, real: String)
  /// There is no such file.
  case notFound(path: String)
  /// Something else than a file or a folder: `fifo`, `socket`, `device`.
  case special(path: String, kind: String)
  /// Too many symbolic links, most likely in a circle.
  case tooManyLinks(path: String)
  /// An empty path, or one with a NUL in it, or one that is far too long.
  case invalid(path: String)
  /// A file operation on the way there failed.
  case file(path: String, FileFailure)
}

extension AccessError: CustomStringConvertible {
  /// One line that names the path as it was written, and what would allow it.
  public var description: String {
    switch self {
    case .outside(let path, let real, let allow):
      "`\(path)` is outside the workspace" + (path == real ? "" : " (it is \(real))")
        + "; allow it with `--allow-read \(allow)`"
    case .system(let path, let real):
      "`\(path)` is a system file" + (path == real ? "" : " (it is \(real))")
        + "; notebooks never read /proc, /sys and /dev, and no option allows it"
    case .notFound(let path): "there is no file `\(path)`"
    case .special(let path, let kind):
      "`\(path)` is a \(kind); only regular files and folders are read"
    case .tooManyLinks(let path): "`\(path)` leads through too many symbolic links"
    case .invalid(let path): "`\(path.prefix(200))` is not a path"
    case .file(let path, let failure): "`\(path)`: \(failure)"
    }
  }
}

/// The folders that a notebook may read, and the check that a path is inside one of them.
///
/// Symbolic links and `..` are resolved part by part before the check, as the kernel would do.
public struct ReadScope: Sendable, Hashable {
  /// The folders, with links resolved; those that do not exist are left out.
  public let roots: [String]

  /// A scope of these folders and all below them. A root may also be a single file.
  public init(roots: [String]) {
    self.roots = roots.compactMap { RealPath.resolve($0) }
  }

  /// This scope with more folders in it.
  public func allowing(_ more: [String]) -> ReadScope { ReadScope(roots: roots + more) }

  /// The real path of the file or folder that `path` names, if it may be read.
  ///
  /// The result has no links in it: open that, and nothing can be slipped in by the notebook.
  ///
  /// - Parameters:
  ///   - path: as written; errors quote it so.
  ///   - base: the folder that a relative path starts from.
  /// - Returns: an absolute path.
  /// - Throws: ``AccessError``.
  public func resolve(
    _ path: String, relativeTo base: String
  ) throws(AccessError) -> String {
    guard !path.isEmpty, path.utf8.count < 4096, !path.utf8.contains(0) else {
      throw .invalid(path: path)
    }
    let found = try RealPath.walk(path.hasPrefix("/") ? path : base + "/" + path, written: path)
    guard roots.contains(where: { RealPath.isInside(found.path, $0) }) else {
      // Said of files that do not exist as well: what is outside is nobody's business.
      throw .outside(path: path, real: found.path, allow: found.folderToAllow)
    }
    guard let status = found.status else { throw .notFound(path: path) }
    switch status.st_mode & S_IFMT {
    case S_IFREG, S_IFDIR: break
    case S_IFIFO: throw .special(path: path, kind: "fifo")
    case S_IFSOCK: throw .special(path: path, kind: "socket")
    default: throw .special(path: path, kind: "device")
    }
    return found.path
  }
}

/// Real paths: absolute, without `.`, `..` and symbolic links.
public enum RealPath {
  /// The real path of something that exists, nil where it does not or cannot be reached.
  public static func resolve(_ path: String) -> String? {
    guard !path.utf8.contains(0), let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Whether a real path is `folder` or below it: by whole parts, so that `/workspace` is not
  /// inside `/work`.
  public static func isInside(_ path: String, _ folder: String) -> Bool {
    path == folder || folder == "/" || path.hasPrefix(folder + "/")
  }

  struct Found {
    var path: String
    /// nil where there is nothing.
    var status: stat?

    var folderToAllow: String {
      if let status, status.isFolder { return path }
      let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
      return folder.isEmpty ? "/" : folder
    }
  }

  private static let system = ["/proc", "/sys", "/dev"]

  /// Follows a path part by part. Unlike `realpath` it stops where a path enters `/proc` even if
  /// it leads out again (`/proc/self/cwd`), and it gets as far as it can where parts are missing.
  static func walk(_ path: String, written: String) throws(AccessError) -> Found {
    var start = path
    if !path.hasPrefix("/") {
      guard let current = resolve(".") else { throw .notFound(path: written) }
      start = current + "/" + path
    }
    var pending = parts(start)
    var done: [Substring] = []
    var links = 0
    var missing = false
    while let part = pending.popLast() {
      if part == ".." {
        _ = done.popLast()
        continue
      }
      done.append(part)
      let current = joined(done)
      if system.contains(where: { isInside(current, $0) }) {
        throw .system(path: written, real: current)
      }
      if missing { continue }
      var here = stat()
      guard lstat(current, &here) == 0 else {
        switch errno {
        case ENOENT, ENOTDIR: missing = true
        case ENAMETOOLONG: throw .invalid(path: written)
        case let code: throw .file(path: written, FileFailure(.inspect, current, code: code))
        }
        continue
      }
      guard here.st_mode & S_IFMT == S_IFLNK else {
        // `file.txt/..` is no path to anything.
        if !pending.isEmpty, !here.isFolder { missing = true }
        continue
      }
      links += 1
      guard links <= 40 else { throw .tooManyLinks(path: written) }
      guard let target = DurableFile.linkTarget(current) else {
        throw .file(path: written, FileFailure(.read, current, code: errno))
      }
      done.removeLast()
      if target.hasPrefix("/") { done = [] }
      pending += parts(target)
    }
    let real = joined(done)
    if missing { return Found(path: real, status: nil) }
    var last = stat()
    return Found(path: real, status: lstat(real, &last) == 0 ? last : nil)
  }

  /// The parts of a path, last first, without the empty ones and `.`.
  private static func parts(_ path: String) -> [Substring] {
    path.split(separator: "/").filter { $0 != "." }.reversed()
  }

  private static func joined(_ parts: [Substring]) -> String {
    "/" + parts.joined(separator: "/")
  }
}
