import Bytes
import Execution
import LanguageModels
import Tensors
import TestModels
import Testing

/// What a decoder computes, against what `transformers` computes with the same weights, and the
/// training forward against the reference.
@Suite struct TransformersLogitsTests {
  private func integers(_ value: JSONValue?) -> [Int32] {
    (value?.list ?? []).compactMap { $0.integer.map { Int32($0) } }
  }

  @Test(arguments: HuggingFaceFixtures.names) func logitsAreThose(_ name: String) throws {
    let model = try HuggingFaceFixtures.load(HuggingFaceFixtures.path(name))
    let expected = try HuggingFaceFixtures.expected(name)
    let rows = try #require(expected["tokens"]?.list).map { integers($0) }
    let values = try #require(expected["logits"]?["values"]?.list).compactMap(\.double)
    let vocabulary = model.configuration.vocabularySize
    #expect(values.count == 20 * vocabulary)
    let session = try DecoderSession(
      model, limits: .init(batch: 2, length: 10), context: WorkContext(threads: 2))
    let sequences = rows.map { _ in session.begin() }
    var largest = 0.0
    var seen = 0
    try session.extend(sequences, by: rows, wanting: .all) { row, position, logits in
      seen += 1
      for (token, logit) in logits.enumerated() {
        let other = values[(row * 10 + position) * vocabulary + token]
        largest = max(largest, abs(Double(logit) - other))
      }
    }
    #expect(seen == 20)
    #expect(largest < 1e-4)
  }

  @Test(arguments: HuggingFaceFixtures.names) func greedyContinuationsAreThose(_ name: String)
    throws
  {
    let loaded = try HuggingFaceFixtures.load(HuggingFaceFixtures.path(name))
    let greedy = try #require(try HuggingFaceFixtures.expected(name)["greedy"])
    let expected = integers(greedy["tokens"])
    #expect(expected.count == 12)
    var configuration = loaded.configuration
    configuration.endTokens = []
    let model = try DecoderModel(
      configuration: configuration, weights: loaded.weights, tokenizer: nil)
    let generator = try Generator(model, options: GenerationOptions(maxTokens: 12))
    let (results, _) = try generator.run(
      [integers(greedy["prompt"])], context: WorkContext(threads: 2))
    #expect(results.map(\.tokens) == [expected])
    #expect(results.map(\.reason) == [.length])
  }

  /// Sequences of several lengths on one tape: logits and loss.
  @Test(arguments: Shapes.all, [true, false])
  func theTapeComputesTheSame(_ shape: DecoderConfiguration, _ recordsGradients: Bool) throws {
    let model = try randomModel(shape)
    let texts = [1, 33, 18].enumerated().map {
      randomTokens($1, vocabulary: shape.vocabularySize, seed: UInt64($0))
    }
    let tokens = texts.flatMap { $0 }
    let labels = texts.flatMap { $0.dropFirst() + [-1] }
    let reference = try texts.map { try ReferenceDecoder(model).logits($0) }.flatMap { $0 }
    let tape = try Tape(recordsGradients: recordsGradients)
    let graph = DecoderGraph(model.layout)
    let weights = try #require(model.floats.baseAddress)
    var gradients = [Float](repeating: 0, count: model.layout.count)
    try gradients.withUnsafeMutableBufferPointer { gradients in
      let parameters = graph.declare(
        on: tape, weights: weights, gradients: recordsGradients ? gradients.baseAddress : nil)
      try tokens.withUnsafeBufferPointer { tokens in
        let hidden = try graph.hidden(tape, parameters, tokens: tokens, starts: [0, 1, 34])
        let logits = tape.values(of: try tape.linear(hidden, weight: parameters.head))
        var largest = 0.0
        for (row, expected) in reference.enumerated() {
          for (token, logit) in expected.enumerated() {
            let got = Double(logits[row * shape.vocabularySize + token])
            largest = max(largest, abs(got - logit))
          }
        }
        #expect(largest < 1e-4)
        let (sum, rows) = try labels.withUnsafeBufferPointer {
          try tape.crossEntropy(hidden, head: parameters.head, labels: $0, scale: 1)
        }
        #expect(rows == tokens.count - 3)
        let loss = zip(reference, labels).reduce(0.0) { sum, row in
          row.1 < 0 ? sum : sum - Distribution(row.0).logProbabilities[Int(row.1)]
        }
        #expect(abs(sum - loss) < 1e-4 * Double(rows))
        if recordsGradients { try tape.backward() }
      }
    }
    #expect(gradients.contains { $0 != 0 } == recordsGradients)
  }
}
