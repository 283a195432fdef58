public import Bytes

extension Projection {
  private static let magic: StaticString = "POISPROJ"
  private static let version: UInt32 = 1
  private static let format = "projection"

  /// The projection as bytes: magic, version, method, dimensions, matrix and bias, little-endian.
  public func encoded() -> [UInt8] {
    var writer = BinaryWriter(magic: Self.magic, version: Self.version)
    writer.put(method.rawValue)
    writer.put(UInt32(input))
    writer.put(UInt32(output))
    writer.put(keptVariance)
    writer.put(UInt64(matrix.count))
    for number in matrix { writer.put(number.bitPattern) }
    writer.put(UInt64(bias.count))
    for number in bias { writer.put(number.bitPattern) }
    return writer.bytes
  }

  /// The projection in bytes that ``encoded()`` wrote.
  ///
  /// - Throws: `BinaryCodingError`.
  public init(decoding bytes: SharedBytes) throws {
    var reader = try BinaryReader(
      bytes.bytes, magic: Self.magic, version: Self.version, format: Self.format)
    func invalid(_ what: String) -> BinaryCodingError {
      .invalid(format: Self.format, what: what)
    }
    guard let method = Method(rawValue: try reader.string()) else {
      throw invalid("the method is unknown")
    }
    let input = Int(try reader.number(UInt32.self))
    let output = Int(try reader.number(UInt32.self))
    guard 1...Self.largest ~= input, 1...input ~= output else {
      throw invalid("the dimensions are \(input) and \(output)")
    }
    let kept = try reader.double()
    guard kept >= 0, kept <= 1.001 else { throw invalid("the share of variance is \(kept)") }
    let matrix = try Self.floats(&reader)
    let bias = try Self.floats(&reader)
    try reader.end()
    let isPlain = method == .truncate
    guard matrix.count == (isPlain ? 0 : input * output),
      bias.count == (method == .pca ? output : 0)
    else { throw invalid("the matrix has \(matrix.count) numbers, the bias \(bias.count)") }
    guard matrix.allSatisfy(\.isFinite), bias.allSatisfy(\.isFinite) else {
      throw invalid("a number is infinite or NaN")
    }
    self.init(
      method: method, input: input, output: output, keptVariance: kept, matrix: matrix, bias: bias)
  }

  private static func floats(_ reader: inout BinaryReader) throws -> [Float] {
    let count = try reader.count(each: 4)
    var numbers: [Float] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count { numbers.append(Float(bitPattern: try reader.number(UInt32.self))) }
    return numbers
  }
}
