import Bytes
package import Execution
import Glibc

/// A file read into memory and known to be UTF-8, with its lines.
package struct TextFile {
  /// The path in messages.
  let shown: String
  private let storage: SharedBytes
  /// Where the text begins: past a byte order mark.
  let start: Int

  package static let sizeLimit = 4 << 30
  private static let step = 8 << 20

  package var bytes: UnsafeRawBufferPointer { storage.bytes }

  /// Reads a regular file.
  ///
  /// - Throws: ``CollectionError`` where it cannot be read, is larger than `limit` or is not
  ///   UTF-8; `CancellationRequested`.
  package init(path: String, shown: String, limit: Int = sizeLimit, context: WorkContext) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.unreadable(shown) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(shown) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CollectionError.unreadable(path: shown, reason: "not a regular file")
    }
    let size = Int(status.st_size)
    guard size <= limit else {
      throw CollectionError.tooLarge(path: shown, bytes: size, limit: limit)
    }
    storage = try SharedBytes(count: size) { target in
      var done = 0
      while done < size, let base = target.baseAddress {
        try context.check()
        let got = Glibc.read(descriptor, base + done, min(Self.step, size - done))
        if got < 0, errno == EINTR { continue }
        guard got >= 0 else { throw Self.unreadable(shown) }
        guard got > 0 else {
          throw CollectionError.unreadable(path: shown, reason: "it shrank while being read")
        }
        done += got
        context.report(
          Progress(
            task: "reading \(shown)", completed: done >> 20, total: size >> 20, unit: "MB"))
      }
    }
    self.shown = shown
    start = storage.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    if let offset = firstInvalidUTF8(in: storage.bytes) {
      throw CollectionError.notUTF8(
        path: shown, line: line(ofOffset: offset), byte: storage.bytes[offset])
    }
  }

  /// A text in memory, for tests and for text that is not in a file.
  init(text: String, shown: String) {
    storage = SharedBytes(Array(text.utf8))
    self.shown = shown
    start = 0
  }

  static func unreadable(_ shown: String) -> CollectionError {
    .unreadable(path: shown, reason: String(cString: strerror(errno)))
  }

  /// The line, counted from 1, that a byte is on.
  func line(ofOffset offset: Int) -> Int {
    1 + bytes.prefix(offset).reduce(0) { $1 == 0x0A ? $0 + 1 : $0 }
  }

  /// Calls `body` with each line's number, counted from 1, and byte range without its LF or
  /// CRLF; checks for cancellation now and then.
  func forEachLine(context: WorkContext, _ body: (Int, Range<Int>) throws -> Void) throws {
    guard let base = bytes.baseAddress else { return }
    var line = 0
    var at = start
    while at < bytes.count {
      line += 1
      if line % 4096 == 0 { try context.check() }
      let found = memchr(base + at, 0x0A, bytes.count - at)
      let end = found.map { UnsafeRawPointer($0) - base } ?? bytes.count
      let stripped = end > at && bytes[end - 1] == 0x0D ? end - 1 : end
      try body(line, at..<stripped)
      at = end + 1
    }
  }

  func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// The runs of a line between spaces and tabs.
  func columns(_ range: Range<Int>) -> [String] {
    bytes[range].split(whereSeparator: { $0 == 0x20 || $0 == 0x09 })
      .map { String(decoding: $0, as: UTF8.self) }
  }

  func isBlank(_ range: Range<Int>) -> Bool {
    bytes[range].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }
}
