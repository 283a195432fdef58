import Bytes
import Execution
import FoundationEssentials
import LanguageModels
import Tensors
import Testing
import Tokenizers

/// Reads what PyTorch computed.
enum SafetensorsFixture {
  static func json(_ path: String) throws -> JSONValue {
    let bytes = try Array(Data(contentsOf: URL(filePath: path)))
    return try bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
  }
}

@Suite struct ScoringTests {
  private func byteModel() throws -> DecoderModel {
    var shape = Shapes.grouped
    let tokenizer = try Tokenizer.bytes(specialTokens: ["<|endoftext|>"])
    shape.vocabularySize = tokenizer.vocabularySize
    let random = try randomModel(shape)
    return try DecoderModel(configuration: shape, weights: random.weights, tokenizer: tokenizer)
  }

  /// log-softmax in double.
  private func statistics(_ logits: [Double]) -> (log: [Double], entropy: Double) {
    let top = logits.max() ?? 0
    let total = logits.reduce(0) { $0 + exponential($1 - top) }
    let logs = logits.map { $0 - top - logarithm(total) }
    return (logs, -logs.reduce(0) { $0 + exponential($1) * $1 })
  }

  @Test func tokensAreScoredAsTheReferenceDoes() throws {
    let model = try byteModel()
    let text = "The miller weighed 3 pounds."
    let scored = try Scorer(model).score(text, context: WorkContext(threads: 2)).tokens
    let tokens = [Int32(256)] + text.utf8.map { Int32($0) }
    #expect(scored.map(\.token) == Array(tokens.dropFirst()))
    let logits = try ReferenceDecoder(model).logits(tokens)
    for (place, token) in scored.enumerated() {
      let (logs, entropy) = statistics(logits[place])
      #expect(abs((token.logProbability ?? 0) - logs[Int(token.token)]) < 1e-4)
      #expect(abs((token.entropy ?? 0) - entropy) < 1e-4)
    }
    let sum = try Scorer(model).likelihoods(of: ["x", text, ""], context: WorkContext()).scores
    let all = -scored.reduce(0) { $0 + ($1.logProbability ?? 0) }
    #expect(abs(sum[1].negativeLogLikelihood - all) < 1e-9)
    #expect(sum.map(\.tokens) == [1, text.utf8.count, 0])
    #expect(sum.map(\.bytes) == [1, text.utf8.count, 0])
  }

  @Test func longTextsAreScoredOnceEach() throws {
    let model = try byteModel()
    let text = String(repeating: "flour and salt, ", count: 40)
    let scored = try Scorer(model).score(text, context: WorkContext()).tokens
    #expect(scored.count == text.utf8.count)
    #expect(scored.allSatisfy { $0.logProbability != nil && $0.entropy != nil })
    // The first window is the text's own beginning.
    let start = try Scorer(model).score(String(text.prefix(50)), context: WorkContext()).tokens
    #expect(Array(scored.prefix(50)) == start)
  }

  @Test func answersAreRankedByTheirLikelihood() throws {
    let model = try byteModel()
    let answers = [" flour", " a", " the long way round", "?"]
    let prompt = "Mira weighed"
    let (choices, _) = try Scorer(model).choose(prompt, among: answers, context: WorkContext())
    #expect(Set(choices.map(\.index)) == Set(answers.indices))
    #expect(abs(choices.reduce(0) { $0 + $1.share } - 1) < 1e-9)
    for (a, b) in zip(choices, choices.dropFirst()) {
      #expect(a.logProbability >= b.logProbability)
    }
    for choice in choices {
      let answer = answers[choice.index]
      let tokens = (prompt + answer).utf8.map { Int32($0) }
      let logits = try ReferenceDecoder(model).logits(tokens)
      var sum = 0.0
      for place in prompt.utf8.count..<tokens.count {
        sum += statistics(logits[place - 1]).log[Int(tokens[place])]
      }
      #expect(abs(choice.logProbability - sum) < 1e-3)
      #expect(abs(choice.meanLogProbability - sum / Double(answer.utf8.count)) < 1e-3)
    }
    #expect(throws: InferenceError.self) {
      try Scorer(model).choose(prompt, among: ["", "x"], context: WorkContext())
    }
  }

  /// What training computes, against the plain decoder.
  @Test func theTapesLossIsTheReferences() throws {
    for shape in [Shapes.plain, Shapes.grouped] {
      let model = try randomModel(shape)
      let sequences = [7, 1, 19].enumerated().map {
        randomTokens($1, vocabulary: shape.vocabularySize, seed: UInt64(9 + $0))
      }
      let tokens = sequences.flatMap { $0 }
      let labels = sequences.flatMap { $0.dropFirst() + [-1] }
      let tape = try Tape(recordsGradients: false)
      let graph = DecoderGraph(model.layout)
      let base = try #require(model.floats.baseAddress)
      let declared = graph.declare(on: tape, weights: base)
      let (sum, rows) = try tokens.withUnsafeBufferPointer { tokens in
        try labels.withUnsafeBufferPointer { labels in
          let hidden = try graph.hidden(tape, declared, tokens: tokens, starts: [0, 7, 8])
          return try tape.crossEntropy(hidden, head: declared.head, labels: labels, scale: 1)
        }
      }
      var expected = 0.0
      for sequence in sequences {
        let logits = try ReferenceDecoder(model).logits(sequence)
        for (place, next) in sequence.dropFirst().enumerated() {
          expected -= statistics(logits[place]).log[Int(next)]
        }
      }
      #expect(rows == tokens.count - 3)
      #expect(abs(sum - expected) < 1e-3)
    }
  }

  private func exponential(_ x: Double) -> Double {
    if x < -1 { return 1 / exponential(-x) }
    if x > 1 { return exponential(x / 2) * exponential(x / 2) }
    return (1...30).reversed().reduce(1.0) { 1 + $0 * x / Double($1) }
  }

  /// By Newton's method on the exponential.
  private func logarithm(_ x: Double) -> Double {
    var y = x > 1 ? Double(x.exponent) * 0.693 : x - 1
    for _ in 0..<60 { y -= 1 - x / exponential(y) }
    return y
  }
}
