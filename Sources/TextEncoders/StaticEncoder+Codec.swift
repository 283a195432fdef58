public import Bytes
import Tokenizers

extension StaticEncoder {
  private static let magic: StaticString = "poiseSTE"
  private static let version: UInt32 = 1
  private static let format = "static encoder"
  private static let alignment = 64

  /// The stored form: a header with name, sizes and the text of the tokenizer; then the weights
  /// and the vectors, float32, each at a multiple of 64 bytes, read in place.
  public func encoded() -> SharedBytes {
    var header = BinaryWriter(magic: Self.magic, version: Self.version)
    header.put(UInt32(lowercases ? 1 : 0))
    header.put(UInt64(vocabularySize))
    header.put(UInt64(dimension))
    header.put(UInt64(maximumLength))
    header.put(name)
    header.put(String(decoding: tokenizer.tokenizerJSON(), as: UTF8.self))
    let weightsStart = Self.aligned(header.bytes.count)
    let vectorsStart = Self.aligned(weightsStart + weights.count)
    let bytes = header.bytes
    return SharedBytes(count: vectorsStart + vectors.count) { target in
      target.initializeMemory(as: UInt8.self, repeating: 0)
      target.copyBytes(from: bytes)
      UnsafeMutableRawBufferPointer(rebasing: target[weightsStart...])
        .copyBytes(from: weights.bytes)
      UnsafeMutableRawBufferPointer(rebasing: target[vectorsStart...])
        .copyBytes(from: vectors.bytes)
    }
  }

  /// Reads a stored encoder, whose numbers stay where they are.
  ///
  /// - Throws: `BinaryCodingError`, `TokenizerError` or ``StaticEncoderError`` for anything that
  ///   ``encoded()`` does not write.
  public init(decoding stored: SharedBytes) throws {
    let bytes = stored.bytes
    var reader = try BinaryReader(
      bytes, magic: Self.magic, version: Self.version, format: Self.format)
    let flags = try reader.number(UInt32.self)
    guard flags <= 1 else {
      throw BinaryCodingError.invalid(format: Self.format, what: "its flags are \(flags)")
    }
    func size(_ name: String, _ most: Int) throws -> Int {
      let value = try reader.number(UInt64.self)
      guard let size = Int(exactly: value), 1...most ~= size else {
        throw BinaryCodingError.invalid(format: Self.format, what: "\(name) is \(value)")
      }
      return size
    }
    let vocabulary = try size("the vocabulary", 1 << 24)
    let dimension = try size("the dimension", 65_536)
    let maximumLength = try size("the maximum length", 1 << 40)
    let name = try reader.string()
    let json = try reader.string()
    // The sizes are limited above: nothing here overflows.
    let weightsStart = Self.aligned(reader.position)
    let vectorsStart = Self.aligned(weightsStart + vocabulary * 4)
    let end = vectorsStart + vocabulary * dimension * 4
    guard bytes.count == end else {
      throw BinaryCodingError.truncated(
        format: Self.format, expectedBytes: UInt64(end), gotBytes: UInt64(bytes.count))
    }
    let tokenizer = try Tokenizer(tokenizerJSON: Array(json.utf8), file: "the stored tokenizer")
    guard tokenizer.vocabularySize == vocabulary else {
      throw BinaryCodingError.invalid(
        format: Self.format,
        what: "\(vocabulary) tokens where the tokenizer has \(tokenizer.vocabularySize)")
    }
    func view(_ start: Int, _ count: Int) -> SharedBytes {
      SharedBytes(
        viewing: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]), owner: stored)
    }
    try self.init(
      name: name, tokenizer: tokenizer, lowercases: flags == 1, dimension: dimension,
      vectors: view(vectorsStart, vocabulary * dimension * 4),
      weights: view(weightsStart, vocabulary * 4), maximumLength: maximumLength)
  }

  private static func aligned(_ count: Int) -> Int { (count + alignment - 1) & ~(alignment - 1) }
}
