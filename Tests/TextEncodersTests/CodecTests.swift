import Bytes
import Corpora
import Execution
import Testing
import TextEncoders
import Tokenizers

@Suite struct CodecTests {
  private func stored(_ name: String) throws -> [UInt8] {
    let codec = try EncoderModelCodec(
      Fixtures.model(name), notes: [(name: "origin", text: "a fixture")])
    var bytes: [UInt8] = []
    try codec.encode { bytes.append(contentsOf: $0) }
    #expect(bytes.count == codec.encodedSize)
    return bytes
  }

  @Test(arguments: Fixtures.names)
  func whatIsStoredIsReadAgain(_ name: String) throws {
    let model = try Fixtures.model(name)
    let bytes = SharedBytes(try stored(name))
    let again = try EncoderModel(decoding: bytes)
    #expect(again.configuration == model.configuration && again.pooling == model.pooling)
    #expect(again.maximumLength == model.maximumLength && again.normalizes == model.normalizes)
    #expect(again.tokenizer == model.tokenizer)
    #expect(again.weights.bytes.elementsEqual(model.weights.bytes))
    // In place: within the bytes that were given.
    let start = try #require(bytes.bytes.baseAddress)
    let weights = try #require(again.weights.bytes.baseAddress)
    #expect(weights >= start && weights < start + bytes.bytes.count)
    #expect(try EncoderModelCodec.note("origin", in: bytes) == "a fixture")
    #expect(try EncoderModelCodec.note("other", in: bytes) == nil)
    #expect(try stored(name) == stored(name))
  }

  @Test func changedBytesNeverTrap() throws {
    let sound = try stored("cls")
    var random = RandomTexts("changed/encoder")
    let header = sound.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    for round in 0..<3000 {
      var bytes = sound
      for _ in 0...random.below(3) {
        // Mostly in the header, where sizes and names are.
        let place = random.below(round % 3 == 0 ? bytes.count : min(header, 4000))
        bytes[place] = UInt8(random.below(256))
      }
      if random.below(5) == 0 { bytes.removeLast(random.below(bytes.count)) }
      guard let model = try? EncoderModel(decoding: SharedBytes(bytes)) else { continue }
      if round % 10 == 0 {
        _ = try BertEncoder(model, name: "changed").encode(
          ["a ferry"], as: .query, context: WorkContext())
      }
    }
  }
}
