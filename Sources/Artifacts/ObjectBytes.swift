import Glibc

/// The bytes of a stored file: an array where they are few, the file mapped into memory where
/// they are many.
///
/// A mapped file costs address space, not memory, and its pages are read as they are touched.
/// Objects are immutable and replaced only by renaming, so the mapping stays what it was, even
/// when the file is deleted meanwhile.
public struct ObjectBytes: Sendable {
  private enum Contents: Sendable {
    case array([UInt8])
    /// The first so many bytes of a mapping.
    case mapped(FileMapping, Int)
  }

  private var contents: Contents

  /// Bytes that are already in memory.
  public init(_ bytes: [UInt8]) { contents = .array(bytes) }

  init(_ mapping: FileMapping) { contents = .mapped(mapping, mapping.count) }

  /// How many bytes there are.
  public var count: Int {
    switch contents {
    case .array(let bytes): bytes.count
    case .mapped(_, let count): count
    }
  }

  /// Whether the bytes are a mapped file.
  public var isMapped: Bool {
    if case .mapped = contents { true } else { false }
  }

  /// Calls `body` with the bytes, which are valid during the call only. No copy.
  ///
  /// A mapping starts at a page boundary; an array is aligned to 16 bytes.
  public func withUnsafeBytes<T, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> T
  ) throws(Failure) -> T {
    switch contents {
    case .array(let bytes):
      // Array's own method does not keep the type of the error.
      let result = bytes.withUnsafeBytes { buffer in
        Result<T, Failure> { () throws(Failure) in try body(buffer) }
      }
      return try result.get()
    case .mapped(let mapping, let count):
      return try mapping.withUnsafeBytes { bytes throws(Failure) in
        try body(UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
      }
    }
  }

  /// The bytes as an array; copies a mapped file.
  public var array: [UInt8] {
    switch contents {
    case .array(let bytes): bytes
    case .mapped: withUnsafeBytes { [UInt8]($0) }
    }
  }

  /// The first bytes, at most `count`; of a mapped file without a copy.
  func prefix(_ count: Int) -> ObjectBytes {
    switch contents {
    case .array(let bytes): return ObjectBytes(Array(bytes.prefix(count)))
    case .mapped(let mapping, let own):
      var shorter = self
      shorter.contents = .mapped(mapping, min(own, max(0, count)))
      return shorter
    }
  }

  /// What keeps the bytes readable and in their place for as long as it lives; nil for bytes in an
  /// array, which have no place of their own.
  public var owner: (any AnyObject & Sendable)? {
    switch contents {
    case .array: nil
    case .mapped(let mapping, _): mapping
    }
  }
}

/// A file mapped read-only, unmapped when nobody holds it any more.
///
/// `@unchecked Sendable`: the mapping is never written and its address never changes.
final class FileMapping: @unchecked Sendable {
  private let start: UnsafeMutableRawPointer
  let count: Int

  /// Maps `count` bytes of an open file; `count` is not 0.
  init(_ file: borrowing Descriptor, count: Int, path: String) throws(FileFailure) {
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.number, 0),
      start != MAP_FAILED
    else { throw FileFailure(.map, path, code: errno) }
    self.start = start
    self.count = count
  }

  deinit { munmap(start, count) }

  func withUnsafeBytes<T, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> T
  ) throws(Failure) -> T {
    let result = try body(UnsafeRawBufferPointer(start: start, count: count))
    extendLifetime(self)
    return result
  }
}
