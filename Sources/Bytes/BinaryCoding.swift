/// Why stored bytes could not be read back as a value.
public enum BinaryCodingError: Error, Hashable, Sendable {
  /// The bytes do not begin as the format does.
  case wrongMagic(format: String)
  /// The format's version is one that this program does not read.
  case wrongVersion(format: String, expected: Int, got: Int)
  /// A length or offset points past the end of the bytes.
  case truncated(format: String, expectedBytes: UInt64, gotBytes: UInt64)
  /// Something else that no writer of this format makes.
  case invalid(format: String, what: String)
}

extension BinaryCodingError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .wrongMagic(let format):
      "not a stored \(format): the first bytes are those of something else"
    case .wrongVersion(let format, let expected, let got):
      "a stored \(format) of format version \(got); this program reads version \(expected)"
    case .truncated(let format, let expected, let got):
      "a stored \(format) is cut short: expected \(expected) bytes, got \(got)"
    case .invalid(let format, let what):
      "a stored \(format) is damaged: \(what)"
    }
  }
}

/// Appends little-endian numbers and length-prefixed strings to a byte array.
package struct BinaryWriter {
  package private(set) var bytes: [UInt8] = []

  /// Starts a value of a format: eight bytes of magic, and a version.
  package init(magic: StaticString, version: UInt32) {
    magic.withUTF8Buffer { bytes.append(contentsOf: $0.prefix(8)) }
    while bytes.count < 8 { bytes.append(0x20) }
    put(version)
  }

  package mutating func put<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func put(_ value: Double) { put(value.bitPattern) }

  package mutating func put(_ value: String) {
    var value = value
    value.withUTF8 { utf8 in
      put(UInt64(utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }

  package mutating func put(_ values: [String]) {
    put(UInt64(values.count))
    for value in values { put(value) }
  }
}

/// Reads what ``BinaryWriter`` writes, checking every length against what is left before
/// anything is allocated.
package struct BinaryReader {
  package let format: String
  private let bytes: UnsafeRawBufferPointer
  package private(set) var position = 0

  /// Checks the magic and the version.
  package init(
    _ bytes: UnsafeRawBufferPointer, magic: StaticString, version: UInt32, format: String
  ) throws(BinaryCodingError) {
    self.bytes = bytes
    self.format = format
    let expected = BinaryWriter(magic: magic, version: version).bytes
    guard bytes.count >= 12, bytes.prefix(8).elementsEqual(expected.prefix(8)) else {
      throw .wrongMagic(format: format)
    }
    position = 8
    let got = try number(UInt32.self)
    guard got == version else {
      throw .wrongVersion(format: format, expected: Int(version), got: Int(got))
    }
  }

  package var remaining: Int { bytes.count - position }

  package mutating func number<T: FixedWidthInteger>(_: T.Type) throws(BinaryCodingError) -> T {
    try need(UInt64(MemoryLayout<T>.size))
    let value = bytes.loadUnaligned(fromByteOffset: position, as: T.self)
    position += MemoryLayout<T>.size
    return T(littleEndian: value)
  }

  package mutating func double() throws(BinaryCodingError) -> Double {
    Double(bitPattern: try number(UInt64.self))
  }

  /// A count of things that take at least `size` bytes each.
  package mutating func count(each size: Int) throws(BinaryCodingError) -> Int {
    let count = try number(UInt64.self)
    let (needed, overflow) = count.multipliedReportingOverflow(by: UInt64(size))
    try need(overflow ? .max : needed)
    return Int(count)
  }

  package mutating func string() throws(BinaryCodingError) -> String {
    let length = try count(each: 1)
    let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
    guard firstInvalidUTF8(in: slice) == nil else {
      throw .invalid(format: format, what: "a string is not UTF-8")
    }
    position += length
    return String(decoding: slice, as: UTF8.self)
  }

  package mutating func strings() throws(BinaryCodingError) -> [String] {
    let count = try count(each: 8)
    var values: [String] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try string()) }
    return values
  }

  /// Fails unless all bytes were read.
  package func end() throws(BinaryCodingError) {
    guard remaining == 0 else {
      throw .invalid(format: format, what: "\(remaining) bytes follow its end")
    }
  }

  private func need(_ count: UInt64) throws(BinaryCodingError) {
    guard count <= UInt64(remaining) else {
      let (needed, overflow) = count.addingReportingOverflow(UInt64(position))
      throw .truncated(
        format: format, expectedBytes: overflow ? .max : needed, gotBytes: UInt64(bytes.count))
    }
  }
}
