import Glibc

/// An open file descriptor, closed when its owner goes.
struct Descriptor: ~Copyable {
  let number: Int32

  private init(owning number: Int32) { self.number = number }

  deinit { close(number) }

  /// Opens a path.
  static func open(
    _ path: String, flags: Int32, mode: mode_t = 0o644, _ operation: FileFailure.Operation = .open
  ) throws(FileFailure) -> Descriptor {
    try open(path, at: AT_FDCWD, flags: flags, mode: mode, path: path, operation)
  }

  /// Opens a name inside this folder; `path` is what an error calls it.
  func open(
    _ name: String, flags: Int32, mode: mode_t = 0o644, path: String,
    _ operation: FileFailure.Operation = .open
  ) throws(FileFailure) -> Descriptor {
    try Self.open(name, at: number, flags: flags, mode: mode, path: path, operation)
  }

  private static func open(
    _ name: String, at base: Int32, flags: Int32, mode: mode_t, path: String,
    _ operation: FileFailure.Operation
  ) throws(FileFailure) -> Descriptor {
    while true {
      // O_CLOEXEC: a lock must not live on in a program that was started meanwhile.
      let number = openat(base, name, flags | O_CLOEXEC, mode)
      if number >= 0 { return Descriptor(owning: number) }
      if errno != EINTR { throw FileFailure(operation, path, code: errno) }
    }
  }

  /// What the system says about the open file.
  func status(path: String) throws(FileFailure) -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw FileFailure(.inspect, path, code: errno) }
    return status
  }

  /// Reads `count` bytes from the current position, fewer where the file ends first.
  func read(_ count: Int, path: String) throws(FileFailure) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let start = buffer.baseAddress {
        let got = Glibc.read(number, start + filled, count - filled)
        if got == 0 { break }
        if got > 0 {
          filled += got
        } else if errno != EINTR {
          failure = errno
          break
        }
      }
    }
    if failure != 0 { throw FileFailure(.read, path, code: failure) }
    return bytes
  }
}

extension stat {
  /// Whether this is a regular file.
  var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
  /// Whether this is a folder.
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
}
