/// What the patterns of pre-tokenisers ask of a scalar.
///
/// The classes are those of Unicode 16, whatever later version the standard library knows, so
/// that ids do not change with the compiler: scalars that are newer count as unassigned.
enum ScalarClass {
  /// Neither of the others.
  static let other: UInt8 = 0
  /// `\p{L}`.
  static let letter: UInt8 = 1
  /// `\p{N}`.
  static let number: UInt8 = 2
  /// `\s` without the two of ``newline``.
  static let space: UInt8 = 3
  /// Carriage return and line feed.
  static let newline: UInt8 = 4
  /// In the table of bytes: the first of several, look at the scalar.
  static let several: UInt8 = 5
  /// The bits that hold the class.
  static let mask: UInt8 = 7
  /// Set for `\w`: letters, marks, decimal digits, connectors, joiners and other alphabetic ones.
  static let word: UInt8 = 8

  /// Scalars from here on are of class ``other``: private use, tags, variation selectors and
  /// noncharacters. (Variation selectors are marks, so `\w`; ``table`` has an answer for them in
  /// ``Lookup/entry(_:)``.)
  static let limit = 0x34000

  /// The newest version of Unicode whose scalars count.
  static let newestVersion = (major: 16, minor: 0)

  private static let table: FixedBuffer<UInt8> = {
    let table = FixedBuffer<UInt8>(repeating: 0, count: limit)
    for value in 0..<limit {
      guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
      table.base[value] = entry(of: scalar)
    }
    return table
  }()

  private static func entry(of scalar: Unicode.Scalar) -> UInt8 {
    let properties = scalar.properties
    guard let age = properties.age, (age.major, age.minor) <= newestVersion else { return other }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return letter | word
    case .decimalNumber: return number | word
    case .letterNumber, .otherNumber: return number | (properties.isAlphabetic ? word : 0)
    case .nonspacingMark, .spacingMark, .enclosingMark, .connectorPunctuation:
      return other | word
    default:
      if scalar == "\n" || scalar == "\r" { return newline }
      if properties.isWhitespace { return space }
      return properties.isAlphabetic || properties.isJoinControl ? other | word : other
    }
  }

  /// A view for inner loops.
  static var lookup: Lookup { Lookup(table: table.base) }

  struct Lookup: @unchecked Sendable {
    // Sendable because the table is never freed or written again.
    let table: UnsafeMutablePointer<UInt8>

    /// The class of a scalar with its ``ScalarClass/word`` bit.
    @inline(__always) func entry(_ scalar: UInt32) -> UInt8 {
      if scalar < UInt32(ScalarClass.limit) { return table[Int(scalar)] }
      return 0xE0100...0xE01EF ~= scalar ? ScalarClass.word : ScalarClass.other
    }

    /// The class of the byte at `at` if that is ASCII, else ``ScalarClass/several``.
    @inline(__always) func ascii(_ byte: UInt8) -> UInt8 {
      byte < 0x80 ? table[Int(byte)] & ScalarClass.mask : ScalarClass.several
    }
  }
}

/// The scalar that begins at `at`, and its length in bytes. A byte that begins no well-formed
/// sequence before `end` counts as one scalar of its own, U+FFFD.
@inline(__always)
func decodedScalar(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> (
  value: UInt32, length: Int
) {
  let first = bytes[at]
  if first < 0x80 { return (UInt32(first), 1) }
  return decodedSequence(bytes, at, end)
}

private func decodedSequence(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> (
  value: UInt32, length: Int
) {
  let first = UInt32(bytes[at])
  let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
  guard first >= 0xC2, first <= 0xF4, at &+ length <= end else { return (0xFFFD, 1) }
  var value = length == 2 ? first & 0x1F : length == 3 ? first & 0x0F : first & 0x07
  for place in 1..<length {
    let byte = UInt32(bytes[at &+ place])
    guard byte & 0xC0 == 0x80 else { return (0xFFFD, 1) }
    value = value << 6 | (byte & 0x3F)
  }
  let isShortest = length == 2 || (length == 3 ? value >= 0x800 : value >= 0x10000)
  guard isShortest, value <= 0x10FFFF, !(0xD800...0xDFFF ~= value) else { return (0xFFFD, 1) }
  return (value, length)
}

/// What the patterns take a scalar for, as tests ask it.
package enum ScalarProbe {
  package static func isLetter(_ scalar: UInt32) -> Bool { kind(scalar) == ScalarClass.letter }
  package static func isNumber(_ scalar: UInt32) -> Bool { kind(scalar) == ScalarClass.number }
  package static func isWhiteSpace(_ scalar: UInt32) -> Bool { kind(scalar) >= ScalarClass.space }
  package static func isWord(_ scalar: UInt32) -> Bool {
    ScalarClass.lookup.entry(scalar) & ScalarClass.word != 0
  }

  private static func kind(_ scalar: UInt32) -> UInt8 {
    ScalarClass.lookup.entry(scalar) & ScalarClass.mask
  }
}
