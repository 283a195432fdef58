public import Glibc

/// What identifies one state of a file without reading it.
public struct FileStamp: Hashable, Sendable, Codable {
  /// The device that the file is on.
  public var device: UInt64
  /// The file's number on that device.
  public var inode: UInt64
  /// Bytes.
  public var size: Int
  /// When the contents last changed, nanoseconds since 1970; anyone may set it.
  public var modified: Int64
  /// When contents or attributes last changed, nanoseconds since 1970; only the kernel sets it.
  public var changed: Int64

  /// A stamp from its parts.
  public init(device: UInt64, inode: UInt64, size: Int, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }

  /// The stamp in what `stat` returned.
  public init(_ status: stat) {
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int(status.st_size),
      modified: Self.nanoseconds(status.st_mtim), changed: Self.nanoseconds(status.st_ctim))
  }

  /// The stamp of the file at `path`, symbolic links followed.
  public static func of(_ path: String) throws(FileFailure) -> FileStamp {
    var status = stat()
    guard stat(path, &status) == 0 else { throw FileFailure(.inspect, path, code: errno) }
    return FileStamp(status)
  }

  /// Nanoseconds since 1970; dates beyond the years 1677 to 2262 become the nearest of those.
  private static func nanoseconds(_ time: timespec) -> Int64 {
    let (scaled, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflowToo) = scaled.addingReportingOverflow(Int64(time.tv_nsec))
    return overflow || overflowToo ? (time.tv_sec < 0 ? .min : .max) : sum
  }

  /// The time now, on the scale of ``modified`` and ``changed``.
  package static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return nanoseconds(time)
  }
}
