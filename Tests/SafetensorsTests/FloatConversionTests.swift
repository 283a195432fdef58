import Execution
import Safetensors
import Testing

@Suite struct FloatConversionTests {
  @Test func everyHalfIsConvertedExactlyAndBack() {
    for bits in UInt16.min...UInt16.max {
      let expected = Float(Float16(bitPattern: bits))
      let got = FloatConversion.float(half: bits)
      if expected.isNaN {
        #expect(got.isNaN && (got.bitPattern >> 31) == UInt32(bits >> 15))
        #expect(FloatConversion.half(got) & 0x7C00 == 0x7C00)
        #expect(FloatConversion.half(got) & 0x03FF != 0)
      } else if got.bitPattern != expected.bitPattern || FloatConversion.half(got) != bits {
        Issue.record("half \(bits) gives \(got) instead of \(expected)")
      }
    }
  }

  @Test func everyBrainFloatIsConvertedExactlyAndBack() {
    for bits in UInt16.min...UInt16.max {
      let got = FloatConversion.float(brain: bits)
      #expect(got.bitPattern == UInt32(bits) << 16)
      let back = FloatConversion.brain(got)
      if got.isNaN {
        #expect(back & 0x7F80 == 0x7F80 && back & 0x7F != 0)
      } else if back != bits {
        Issue.record("brain float \(bits) comes back as \(back)")
      }
    }
  }

  /// Numbers of all magnitudes, those halfway between two, and their neighbours.
  private static func numbers(_ purpose: String, lostBits: UInt32) -> [Float] {
    var random = RandomStream(seed: 0, purpose: purpose)
    return (0..<200_000).flatMap { _ -> [Float] in
      let any = UInt32.random(in: .min ... .max, using: &random)
      let half = ((any >> lostBits) << lostBits) | (1 << (lostBits - 1))
      return [any, half, half &- 1, half &+ 1].map(Float.init(bitPattern:))
    }
  }

  @Test func halvesAreRoundedToTheNearestTiesToEven() {
    var random = RandomStream(seed: 0, purpose: "half")
    let middle = (0..<200_000).map { _ in
      // Exponents around those that binary16 has, subnormal ones too.
      let exponent = UInt32.random(in: 98...146, using: &random) << 23
      let mantissa = UInt32.random(in: 0..<1 << 10, using: &random) << 13
      return Float(
        bitPattern: exponent | mantissa
          | UInt32([0, 0x1000, 0xFFF, 0x1001].randomElement(using: &random) ?? 0))
    }
    let all =
      middle + Self.numbers("half/any", lostBits: 13)
      + [0, -0.0, 65504, 65519.996, 65520, 65536, .infinity, -.infinity, 0x1p-24, 0x1p-25]
      + [0x1.8p-25, 0x1.8p-24, Float(0x1p-25).nextUp, 0x1.FFCp-15, 0x1.FFEp-15, 0x1p-149]
    for value in all where !value.isNaN {
      if FloatConversion.half(value) != Float16(value).bitPattern {
        Issue.record("\(value) gives \(FloatConversion.half(value))")
      }
    }
  }

  @Test func brainFloatsAreRoundedToTheNearestTiesToEven() {
    for value in Self.numbers("brain", lostBits: 16) where value.isFinite {
      let got = FloatConversion.brain(value)
      // The two numbers around it, in double, where their distances are exact.
      let low = UInt16(value.bitPattern >> 16)
      let below = Double(FloatConversion.float(brain: low))
      let above =
        low & 0x7FFF == 0x7F7F
        ? (value < 0 ? -0x1p128 : 0x1p128) : Double(FloatConversion.float(brain: low + 1))
      let down = abs(Double(value) - below)
      let up = abs(above - Double(value))
      let expected = down < up || (down == up && low & 1 == 0) ? low : low + 1
      if got != expected { Issue.record("\(value) gives \(got) instead of \(expected)") }
    }
    #expect(FloatConversion.brain(.nan) & 0x7FFF > 0x7F80)
    #expect(FloatConversion.brain(Float(bitPattern: 0x7F80_0001)) & 0x7FFF > 0x7F80)
  }

  @Test func theFirstNumberThatIsNotFiniteIsFound() {
    var numbers = [Float](repeating: 1, count: 100)
    func found() -> Int? {
      numbers.withUnsafeBufferPointer { FloatConversion.firstNotFinite(in: $0) }
    }
    #expect(found() == nil)
    numbers[99] = -.infinity
    #expect(found() == 99)
    numbers[3] = .signalingNaN
    #expect(found() == 3)
    numbers = [.greatestFiniteMagnitude, -.leastNonzeroMagnitude, -0.0]
    #expect(found() == nil)
  }
}
