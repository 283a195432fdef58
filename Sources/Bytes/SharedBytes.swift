import Glibc

/// An immutable run of bytes that values view instead of copying: freshly made, or a mapped file
/// that its owner keeps mapped.
///
/// The first byte is aligned to 16, so that arrays inside can be read in place. Numbers in the
/// binary formats of this project are little-endian, as the machines it runs on are.
public final class SharedBytes: @unchecked Sendable {
  // Sendable because nothing writes to the bytes after an initialiser has returned.
  package let base: UnsafeMutableRawPointer
  /// The number of bytes.
  public let count: Int
  private let owner: AnyObject?

  package static let alignment = 16

  /// Allocates `count` bytes and lets `fill` write every one of them.
  package init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    base = .allocate(byteCount: max(count, 1), alignment: Self.alignment)
    self.count = count
    owner = nil
    try fill(UnsafeMutableRawBufferPointer(start: base, count: count))
  }

  /// Copies `bytes`.
  public convenience init(_ bytes: [UInt8]) {
    self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// Views bytes that `owner` keeps readable and unchanged for as long as it lives, such as a
  /// mapped file. Bytes that are not aligned to 16 are copied.
  public init(viewing bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable) {
    count = bytes.count
    if let start = bytes.baseAddress, Int(bitPattern: start) % Self.alignment == 0 {
      base = UnsafeMutableRawPointer(mutating: start)
      self.owner = owner
    } else {
      base = .allocate(byteCount: max(bytes.count, 1), alignment: Self.alignment)
      UnsafeMutableRawBufferPointer(start: base, count: bytes.count).copyMemory(from: bytes)
      self.owner = nil
    }
  }

  deinit {
    if owner == nil { base.deallocate() }
  }

  /// The bytes, valid while this object lives.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// A copy of the bytes.
  public func copied() -> [UInt8] { Array(bytes) }
}

extension SharedBytes: Hashable {
  /// Whether the bytes are the same.
  public static func == (a: SharedBytes, b: SharedBytes) -> Bool {
    a === b || (a.count == b.count && memcmp(a.base, b.base, a.count) == 0)
  }

  /// Hashes the number of bytes and the first of them.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(4096)))
    hasher.combine(count)
  }
}

/// Compares two byte strings as unsigned bytes, a prefix before what it begins: for UTF-8 this
/// is the order of Unicode scalars, and the order in which ties between documents are broken.
package func precedes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
  compare(a, b) < 0
}

/// Below, at or above zero as `a` sorts before, with or after `b` by unsigned bytes.
package func compare(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
  let shared = min(a.count, b.count)
  if shared > 0, let x = a.baseAddress, let y = b.baseAddress {
    let order = memcmp(x, y, shared)
    if order != 0 { return Int(order) }
  }
  return a.count - b.count
}
