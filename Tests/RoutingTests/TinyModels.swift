import Bytes
import Corpora
import Evaluation
import Execution
import LanguageModels
import Retrieval
import Routing
import TestModels
import Tokenizers

/// Models that cost nothing.
enum TinyModels {
  /// A decoder of bytes with random weights, a space for nearly every answer.
  static func random(context: Int = 192, seed: UInt64 = 1, scale: Double = 0.9) throws
    -> DecoderModel
  {
    let configuration = DecoderConfiguration(
      vocabularySize: 257, width: 24, layers: 2, heads: 3, keyValueHeads: 1, headDimension: 8,
      feedForwardWidth: 20, context: context, tiesEmbeddings: false, endTokens: [256])
    return try randomModel(
      configuration, seed: seed, scale: scale,
      tokenizer: Tokenizer.bytes(specialTokens: ["<|end|>"]))
  }

  /// A model that writes the same word after whatever it reads, then ends: its layers add nothing,
  /// and its head asks for what follows the byte just read.
  static func saying(_ word: String, context: Int = 192) throws -> DecoderModel {
    let configuration = DecoderConfiguration(
      vocabularySize: 257, width: 256, layers: 1, heads: 2, headDimension: 2,
      feedForwardWidth: 1, context: context, tiesEmbeddings: false, endTokens: [256])
    let layout = DecoderLayout(configuration)
    let said = Array(word.utf8)
    // Every byte is followed by the word's first, those of the word by the next of it.
    var next = [Int](repeating: Int(said[0]), count: 256)
    for (place, byte) in said.enumerated() {
      next[Int(byte)] = place + 1 < said.count ? Int(said[place + 1]) : 256
    }
    let weights = SharedBytes(count: 4 * layout.count) { buffer in
      let floats = buffer.bindMemory(to: Float.self)
      floats.update(repeating: 0)
      for i in 0..<256 {
        floats[layout.finalNorm + i] = 1
        floats[layout.embedding + i * 256 + i] = 1
        floats[layout.head + next[i] * 256 + i] = 1
      }
    }
    return try DecoderModel(
      configuration: configuration, weights: weights,
      tokenizer: Tokenizer.bytes(specialTokens: ["<|end|>"]))
  }

  static func questions(_ count: Int, seed: UInt64 = 3) -> [Query] {
    var stream = RandomStream(seed: seed, purpose: "test/questions")
    let words = ["red", "blue", "tea", "iron", "zinc", "Oslo", "who", "pet"]
    return (0..<count).map { index in
      let text =
        (0..<2 + stream.below(4)).map { _ in words[stream.below(words.count)] }
        .joined(separator: " ") + "?"
      return Query(
        id: "q\(index)", text: text, answers: ["zinc"],
        fields: DocumentFields([("exposure", ["\(index)"])]))
    }
  }

  static func corpus(_ count: Int = 12, words: Int = 3) throws -> Corpus {
    let names = ["red", "blue", "tea", "iron", "zinc", "Oslo"]
    return try Corpus(
      name: "tiny",
      documents: (0..<count).map { index in
        Document(
          id: "d\(index)",
          text: (0..<words).map { names[(index * 7 + $0 * (index + 1)) % names.count] }
            .joined(separator: " "))
      })
  }

  static func index(_ corpus: Corpus? = nil) throws -> BM25Index {
    try BM25Index.build(corpus ?? self.corpus(), context: WorkContext())
  }
}
