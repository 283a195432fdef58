/// An array whose length never changes and whose elements are reached without checks of
/// uniqueness or bounds: what the tables of a tokenizer are made of.
///
/// Sendable because nothing writes to it after the value that owns it was made.
final class FixedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
  let count: Int

  init(repeating value: Element, count: Int) {
    base = .allocate(capacity: max(1, count))
    base.initialize(repeating: value, count: count)
    self.count = count
  }

  init(_ elements: [Element]) {
    base = .allocate(capacity: max(1, elements.count))
    for (index, element) in elements.enumerated() {
      (base + index).initialize(to: element)
    }
    count = elements.count
  }

  deinit { base.deallocate() }
}

/// The smallest power of two that is at least `count`, and at least 8.
func tableSize(atLeast count: Int) -> Int {
  var size = 8
  while size < count { size *= 2 }
  return size
}

/// Folds the 128-bit product of two words into one, as wyhash does
/// (https://github.com/wangyi-fudan/wyhash).
@inline(__always) func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let product = a.multipliedFullWidth(by: b)
  return product.high ^ product.low
}

/// A hash of a byte string, the same in every process.
@inline(__always) func hashed(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
  let raw = UnsafeRawPointer(bytes)
  var hash = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: count)
  var at = 0
  while at &+ 8 <= count {
    let word = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
    hash = mixed(hash ^ word, 0xA076_1D64_78BD_642F)
    at &+= 8
  }
  var tail: UInt64 = 0
  while at < count {
    tail = tail << 8 | UInt64(bytes[at])
    at &+= 1
  }
  return mixed(hash ^ tail, 0xE703_7ED1_A0B4_28DB)
}
