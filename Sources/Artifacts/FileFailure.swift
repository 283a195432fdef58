import Glibc

/// A file operation that failed: what was tried, on which path, and the system's reason.
public struct FileFailure: Error, Hashable, Sendable {
  /// What was being done.
  public enum Operation: String, Hashable, Sendable {
    case open, read, write, flush, rename, delete, list, lock
    case createFolder = "create the folder"
    case inspect = "look at"
    case map = "map"
  }

  /// What went wrong, where the caller or the advice depends on it.
  public enum Reason: Hashable, Sendable {
    /// The disk or the quota is full (ENOSPC, EDQUOT).
    case diskFull
    /// The file would pass the limit on file sizes, `ulimit -f` (EFBIG).
    case sizeLimit
    /// The file system is mounted read-only (EROFS).
    case readOnlyFileSystem
    /// No permission (EACCES, EPERM).
    case denied
    /// Folder and target are on different file systems (EXDEV), or the target is a mount (EBUSY).
    case otherFileSystem
    /// Not there (ENOENT, ENOTDIR).
    case notFound
    /// A symbolic link where none is followed, or a loop of them (ELOOP).
    case symbolicLink
    /// Neither a regular file nor, where one is wanted, a folder.
    case notRegular
    /// The file changed while it was being read, or since it was read.
    case changed
    /// More bytes than this kind of file may have.
    case tooLarge(got: Int, limit: Int)
    /// Any other system error; see ``FileFailure/code``.
    case other
  }

  /// What was being done.
  public var operation: Operation
  /// The path it was done to.
  public var path: String
  /// The system's error number, 0 where the reason is not the system's.
  public var code: Int32
  /// The kind of failure.
  public var reason: Reason

  /// A failure with the system's error number.
  public init(_ operation: Operation, _ path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
    reason =
      switch code {
      case ENOSPC, EDQUOT: .diskFull
      case EFBIG: .sizeLimit
      case EROFS: .readOnlyFileSystem
      case EACCES, EPERM: .denied
      case EXDEV, EBUSY: .otherFileSystem
      case ENOENT, ENOTDIR: .notFound
      case ELOOP: .symbolicLink
      default: .other
      }
  }

  /// A failure that the system did not report.
  public init(_ operation: Operation, _ path: String, reason: Reason) {
    self.operation = operation
    self.path = path
    self.reason = reason
    code = 0
  }
}

extension FileFailure: CustomStringConvertible {
  /// One line: what could not be done, why, and what to do about it.
  public var description: String {
    let what = "cannot \(operation.rawValue) \(path): \(explanation)"
    return advice.map { "\(what); \($0)" } ?? what
  }

  private var explanation: String {
    switch reason {
    case .notRegular: "it is not a regular file"
    case .changed: "it changed in the meantime"
    case .tooLarge(let got, let limit):
      "it has \(ByteSize.format(got)), at most \(ByteSize.format(limit)) are allowed"
    default: strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
  }

  private var advice: String? {
    switch reason {
    case .diskFull: "free some space, or run `poise artifacts gc --keep SIZE`"
    case .sizeLimit: "raise the limit on file sizes (`ulimit -f`)"
    case .readOnlyFileSystem, .denied:
      operation == .read || operation == .open
        ? "check the permissions" : "choose a place that can be written, with `--store` or `-o`"
    case .otherFileSystem: "the target is a mount of its own; write to another path"
    default: nil
    }
  }
}
