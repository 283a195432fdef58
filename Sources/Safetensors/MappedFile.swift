package import Bytes
import Glibc

/// A file mapped into memory for reading; unmapped when the last that views it is gone.
///
/// A file that another program shortens while it is mapped ends the process when a lost page is
/// touched, as everywhere where files are mapped; checkpoints are replaced whole, not shortened.
package final class MappedFile: @unchecked Sendable {
  // Sendable because the mapping is read-only and fixed after init.
  private let bytes: UnsafeRawBufferPointer

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  deinit {
    if let base = bytes.baseAddress, bytes.count > 0 {
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }

  /// The bytes of a regular file, mapped.
  ///
  /// - Parameters:
  ///   - path: What to open; a link at its end is not followed.
  ///   - shown: Its name in messages.
  /// - Returns: Bytes that keep the file mapped.
  /// - Throws: ``SafetensorsError/unreadable(file:reason:)``.
  package static func open(_ path: String, shown: String) throws(SafetensorsError) -> SharedBytes {
    let (descriptor, size) = try openRegularFile(path, shown: shown)
    defer { close(descriptor) }
    guard size > 0 else { return SharedBytes([]) }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED
    else { throw .unreadable(file: shown, reason: reason()) }
    let bytes = UnsafeRawBufferPointer(start: base, count: size)
    return SharedBytes(viewing: bytes, owner: MappedFile(bytes))
  }

  /// The bytes of a small regular file, copied.
  package static func read(_ path: String, shown: String, limit: Int) throws(SafetensorsError)
    -> [UInt8]
  {
    let (descriptor, size) = try openRegularFile(path, shown: shown)
    defer { close(descriptor) }
    guard size <= limit else {
      throw .unreadable(file: shown, reason: "it has \(size) bytes; at most \(limit) are read")
    }
    var bytes = [UInt8](repeating: 0, count: size)
    var done = 0
    while done < size {
      let got = bytes.withUnsafeMutableBytes { target in
        Glibc.read(descriptor, target.baseAddress.map { $0 + done }, size - done)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(file: shown, reason: reason()) }
      guard got > 0 else {
        throw .unreadable(file: shown, reason: "it shrank while being read")
      }
      done += got
    }
    return bytes
  }

  /// The path with all links resolved, or nil where there is nothing.
  package static func resolved(_ path: String) -> String? {
    guard !path.utf8.contains(0), let buffer = realpath(path, nil) else { return nil }
    defer { free(buffer) }
    return String(cString: buffer)
  }

  /// Whether there is anything of that name, be it a link that leads nowhere.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return !path.utf8.contains(0) && lstat(path, &status) == 0
  }

  private static func openRegularFile(_ path: String, shown: String) throws(SafetensorsError)
    -> (descriptor: Int32, size: Int)
  {
    // Without O_NONBLOCK a named pipe would be waited for.
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(file: shown, reason: reason()) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      defer { close(descriptor) }
      throw .unreadable(file: shown, reason: reason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .unreadable(file: shown, reason: "not a regular file")
    }
    return (descriptor, Int(status.st_size))
  }

  package static func reason() -> String { String(cString: strerror(errno)) }
}
