/// The offset of the first byte that is not part of well-formed UTF-8, or nil.
///
/// Overlong forms, surrogates and scalars past U+10FFFF are ill-formed, as in the Unicode
/// standard's table 3-7. ASCII is skipped 32 bytes at a time.
package func firstInvalidUTF8(in bytes: UnsafeRawBufferPointer) -> Int? {
  guard let base = bytes.baseAddress else { return nil }
  let count = bytes.count
  var i = 0
  while i < count {
    while i &+ 32 <= count,
      (base.loadUnaligned(fromByteOffset: i, as: SIMD4<UInt64>.self)
        & SIMD4(repeating: 0x8080_8080_8080_8080)) == .zero
    {
      i &+= 32
    }
    while i < count, bytes[i] < 0x80 { i &+= 1 }
    guard i < count else { return nil }
    let length = multibyteLength(bytes, at: i)
    guard length > 0 else { return i }
    i &+= length
  }
  return nil
}

/// The length of the well-formed multi-byte sequence at `i`, or 0.
private func multibyteLength(_ bytes: UnsafeRawBufferPointer, at i: Int) -> Int {
  let first = bytes[i]
  let length: Int
  var lowest: UInt8 = 0x80
  var highest: UInt8 = 0xBF
  switch first {
  case 0xC2...0xDF: length = 2
  case 0xE0...0xEF:
    length = 3
    if first == 0xE0 { lowest = 0xA0 }
    if first == 0xED { highest = 0x9F }
  case 0xF0...0xF4:
    length = 4
    if first == 0xF0 { lowest = 0x90 }
    if first == 0xF4 { highest = 0x8F }
  default: return 0
  }
  guard i &+ length <= bytes.count, bytes[i &+ 1] >= lowest, bytes[i &+ 1] <= highest else {
    return 0
  }
  for k in 2..<max(length, 2) where bytes[i &+ k] & 0xC0 != 0x80 { return 0 }
  return length
}
