// The standard library normalises strings for their comparison and has this behind an SPI; the
// public ways all go through Foundation.
@_spi(_Unicode) import Swift

/// Canonical composition (NFC, Unicode Standard Annex 15) of the parts of a text that may need it.
enum Composition {
  /// A part of a text that came out changed.
  struct Change: Hashable {
    var original: Range<Int>
    var composed: Range<Int>
  }

  /// The text in NFC and what was changed, or nil where it is already in that form.
  ///
  /// A scalar is inert if it is its own NFC, has combining class 0 and never joins what is before
  /// it: the text can be cut before every inert scalar, and a stretch of one with the others after
  /// it is composed by itself. ASCII costs a look at each byte.
  ///
  /// `check` is called every few thousand scalars.
  static func composed(
    _ bytes: UnsafeBufferPointer<UInt8>, check: () throws -> Void
  ) rethrows -> (bytes: [UInt8], changes: [Change])? {
    guard let base = bytes.baseAddress else { return nil }
    var result: [UInt8] = []
    var changes: [Change] = []
    var copied = 0
    var segment = 0
    var at = 0
    var untilCheck = 1 << 14
    while at < bytes.count {
      untilCheck -= 1
      if untilCheck == 0 {
        try check()
        untilCheck = 1 << 14
      }
      let (value, length) = decodedScalar(base, at, bytes.count)
      let kind = kind(value)
      if kind != Kind.active {
        segment = kind == Kind.inert ? at : at + length
        at += length
        continue
      }
      var end = at + length
      while end < bytes.count {
        let (value, length) = decodedScalar(base, end, bytes.count)
        if Self.kind(value) != Kind.active { break }
        end += length
      }
      let stretch = UnsafeBufferPointer(rebasing: bytes[segment..<end])
      let composed = composition(of: String(decoding: stretch, as: UTF8.self))
      if !composed.elementsEqual(stretch) {
        result.append(contentsOf: bytes[copied..<segment])
        let start = result.count
        result.append(contentsOf: composed)
        changes.append(Change(original: segment..<end, composed: start..<result.count))
        copied = end
      }
      at = end
      segment = end
    }
    if changes.isEmpty { return nil }
    result.append(contentsOf: bytes[copied...])
    return (result, changes)
  }

  /// The text in NFC.
  static func composed(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBufferPointer { composed($0, check: {})?.bytes } ?? bytes
  }

  private static func composition(of text: String) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in text._nfc { result.append(contentsOf: String(scalar).utf8) }
    return result
  }

  private enum Kind {
    /// May change, or change what is before it.
    static let active: UInt8 = 0
    /// Begins a stretch, and ends the one before.
    static let inert: UInt8 = 1
    /// Belongs to no stretch.
    static let unassigned: UInt8 = 2
  }

  @inline(__always)
  private static func kind(_ value: UInt32) -> UInt8 {
    if value < 0x300 || 0x3400...0x9FFF ~= value || 0xAC00...0xD7A3 ~= value { return Kind.inert }
    if value < 0x20000 { return table.base[Int(value)] }
    return 0x2F800...0x2FA1F ~= value ? Kind.active : Kind.inert
  }

  /// The newest version of Unicode whose scalars are composed and reordered: that of Hugging Face's
  /// tables. By the standard, text of older versions has the same normal form in every later one.
  private static let newestVersion = (major: 9, minor: 0)

  /// The kinds of scalars below U+20000.
  private static let table: FixedBuffer<UInt8> = {
    let table = FixedBuffer<UInt8>(repeating: Kind.inert, count: 0x20000)
    for value in 0x300..<0x20000 where !(0x3400...0x9FFF ~= value || 0xAC00...0xD7A3 ~= value) {
      guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
      let properties = scalar.properties
      guard let age = properties.age, (age.major, age.minor) <= newestVersion else {
        table.base[value] = Kind.unassigned
        continue
      }
      switch properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: table.base[value] = Kind.active
      default:
        let text = String(scalar)
        // Hangul vowels and trailing consonants are letters that join what is before them.
        let isInert =
          properties.canonicalCombiningClass == .notReordered && !(0x1161...0x11C2 ~= value)
          && composition(of: text).elementsEqual(text.utf8)
        table.base[value] = isInert ? Kind.inert : Kind.active
      }
    }
    return table
  }()
}
