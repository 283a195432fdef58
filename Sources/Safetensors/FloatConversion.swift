/// Conversions between the number formats of checkpoints, without branches in the loops so that
/// they are done several at a time.
package enum FloatConversion {
  /// binary16 to binary32: exact, subnormals, infinities and NaN included.
  @inline(__always)
  package static func float(half: UInt16) -> Float {
    let magnitude = UInt32(half & 0x7FFF)
    // Subnormals are whole multiples of 2^-24; the exponents of the others differ by 112, and
    // those of infinities and NaN by 224.
    let subnormal = (Float(Int32(bitPattern: magnitude)) * 0x1p-24).bitPattern
    let normal = (magnitude << 13) &+ (112 << 23)
    let special = (magnitude << 13) | 0x7F80_0000
    let bits = magnitude < 0x400 ? subnormal : magnitude < 0x7C00 ? normal : special
    return Float(bitPattern: bits | UInt32(half & 0x8000) << 16)
  }

  /// bfloat16 to binary32: exact.
  @inline(__always)
  package static func float(brain: UInt16) -> Float { Float(bitPattern: UInt32(brain) << 16) }

  /// binary32 to binary16, to the nearest, ties to even; too large becomes infinite.
  @inline(__always)
  package static func half(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let bits = value.bitPattern & 0x7FFF_FFFF
    if bits > 0x7F80_0000 { return sign | 0x7E00 }
    // 65520 is halfway between the largest number and what would come next.
    if bits >= 0x477F_F000 { return sign | 0x7C00 }
    if bits < 0x3880_0000 {
      let scaled = (Float(bitPattern: bits) * 0x1p24).rounded(.toNearestOrEven)
      return sign | UInt16(scaled)
    }
    let rounded = bits &- 0x3800_0000 &+ 0x0FFF &+ ((bits >> 13) & 1)
    return sign | UInt16(truncatingIfNeeded: rounded >> 13)
  }

  /// binary32 to bfloat16, to the nearest, ties to even; too large becomes infinite.
  @inline(__always)
  package static func brain(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if bits & 0x7FFF_FFFF > 0x7F80_0000 { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }

  /// Whether an element is neither infinite nor NaN, by its bits.
  @inline(__always)
  package static func isFinite(_ value: Float) -> Bool {
    value.bitPattern & 0x7F80_0000 != 0x7F80_0000
  }

  /// The first number that is infinite or NaN.
  package static func firstNotFinite(in values: UnsafeBufferPointer<Float>) -> Int? {
    // Without an exit in the loop it is vectorised; the place is looked for only where there is one.
    var found = false
    for value in values { found = found || !isFinite(value) }
    return found ? values.firstIndex { !isFinite($0) } : nil
  }
}
