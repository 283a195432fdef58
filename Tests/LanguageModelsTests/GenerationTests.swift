import Bytes
import Execution
import LanguageModels
import Testing
import Tokenizers

@Suite struct GenerationTests {
  private let sampled = Sampling(temperature: 1.2, topK: 40, topP: 0.95)

  private func prompts(_ lengths: [Int]) -> [[Int32]] {
    lengths.enumerated().map {
      randomTokens($1, vocabulary: Shapes.grouped.vocabularySize, seed: UInt64($0))
    }
  }

  /// A model over bytes, so that any token is some text.
  private func byteModel(endsAt end: Int32? = nil) throws -> DecoderModel {
    var shape = Shapes.plain
    let tokenizer = try Tokenizer.bytes(specialTokens: ["<|endoftext|>"])
    shape.vocabularySize = tokenizer.vocabularySize
    shape.endTokens = end.map { [$0] } ?? []
    let random = try randomModel(shape)
    return try DecoderModel(configuration: shape, weights: random.weights, tokenizer: tokenizer)
  }

  @Test func aResultDependsOnItsPromptAndPlaceAlone() throws {
    let model = try randomModel(Shapes.grouped)
    let prompts = prompts([3, 20, 1, 9, 33, 5, 7])
    func run(batch: Int, threads: Int) throws -> [Generated] {
      try Generator(
        model,
        options: GenerationOptions(maxTokens: 12, sampling: sampled, seed: 4, batch: batch)
      ).run(prompts, context: WorkContext(threads: threads)).results
    }
    let reference = try run(batch: 1, threads: 1)
    #expect(reference.allSatisfy { $0.tokens.count == 12 && $0.reason == .length })
    #expect(try run(batch: 3, threads: 2) == reference)
    #expect(try run(batch: 16, threads: 3) == reference)
  }

  @Test func seedsAndPlacesHaveStreamsOfTheirOwn() throws {
    let model = try randomModel(Shapes.grouped)
    let same = Array(repeating: prompts([6])[0], count: 3)
    func run(_ seed: UInt64) throws -> [[Int32]] {
      try Generator(
        model, options: GenerationOptions(maxTokens: 10, sampling: sampled, seed: seed)
      ).run(same, context: WorkContext()).results.map(\.tokens)
    }
    let first = try run(1)
    #expect(Set(first).count == 3)
    #expect(try run(1) == first)
    #expect(try run(2) != first)
  }

  @Test func greedyFollowsTheLogits() throws {
    let model = try randomModel(Shapes.grouped)
    let prompt = prompts([8])[0]
    let result = try #require(
      try Generator(model, options: GenerationOptions(maxTokens: 6)).run(
        [prompt], context: WorkContext()
      ).results.first)
    let logits = try ReferenceDecoder(model).logits(prompt + result.tokens)
    for (place, token) in result.tokens.enumerated() {
      let row = logits[prompt.count + place - 1]
      #expect(row[Int(token)] == row.max())
    }
    #expect(result.logProbabilities.count == 6 && result.entropies.count == 6)
    #expect(result.logProbabilities.allSatisfy { $0 < 0 })
  }

  @Test func stopsMaySpanTokens() throws {
    let model = try byteModel()
    let free = try #require(
      try Generator(model, options: GenerationOptions(maxTokens: 20)).run(
        ["Once"], context: WorkContext()
      ).results.first)
    #expect(free.tokens.count == 20)
    let bytes = free.tokens.compactMap { UInt8(exactly: $0) }
    // Three bytes that are tokens of their own, somewhere in the middle.
    guard let text = String(validating: bytes[5..<8], as: UTF8.self) else { return }
    let stopped = try #require(
      try Generator(model, options: GenerationOptions(maxTokens: 20, stops: ["zzzz", text])).run(
        ["Once"], context: WorkContext()
      ).results.first)
    #expect(stopped.reason == .stop)
    #expect(!stopped.text.contains(text))
    #expect(free.text.hasPrefix(stopped.text))
  }

  @Test func endsAndLeastTokens() throws {
    // Whatever the model says first ends the text.
    let first = try #require(
      try Generator(byteModel(), options: GenerationOptions(maxTokens: 1)).run(
        ["Once"], context: WorkContext()
      ).results.first?.tokens.first)
    let model = try byteModel(endsAt: first)
    func run(least: Int) throws -> Generated {
      try #require(
        try Generator(model, options: GenerationOptions(maxTokens: 5, minTokens: least)).run(
          ["Once"], context: WorkContext()
        ).results.first)
    }
    let ended = try run(least: 0)
    #expect(ended.reason == .end && ended.tokens.isEmpty && ended.text == "")
    let longer = try run(least: 2)
    #expect(longer.tokens.count >= 2 && !longer.tokens.prefix(2).contains(first))
  }

  @Test func theContextIsTheLimit() throws {
    let model = try byteModel()
    let context = model.configuration.context
    let result = try #require(
      try Generator(model, options: GenerationOptions(maxTokens: 10_000)).run(
        ["Once"], context: WorkContext()
      ).results.first)
    #expect(result.reason == .context)
    #expect(result.promptTokens + result.tokens.count == context)
    let long = try #require(
      try Generator(model, options: GenerationOptions(maxTokens: 3)).run(
        [String(repeating: "a", count: context + 10)], context: WorkContext()
      ).results.first)
    #expect(long.droppedTokens == 11 && long.tokens.count == 1 && long.reason == .context)
    let empty = try #require(
      try Generator(model, options: GenerationOptions(maxTokens: 3)).run(
        [""], context: WorkContext()
      ).results.first)
    #expect(empty.promptTokens == 1 && empty.tokens.count == 3)
  }

  @Test func withoutATokenizerThereIsNoText() throws {
    let model = try randomModel(Shapes.plain)
    #expect(throws: InferenceError.noTokenizer) {
      try Generator(model, options: GenerationOptions(maxTokens: 3)).run(
        ["Once"], context: WorkContext())
    }
  }

  /// The tokens that transformers gives, greedily, from its own checkpoints.
  @Test(arguments: [
    "llama-tied", "qwen2-bias", "llama-bf16-sharded", "llama-f16", "llama-rope-scaled",
  ])
  func continuesAsTransformersDoes(_ name: String) throws {
    let folder =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
      .joined(separator: "/") + "/Fixtures/huggingface/" + name
    let loaded = try HuggingFaceFolder.load(folder, context: WorkContext())
    var configuration = loaded.configuration
    configuration.endTokens = []
    let model = try DecoderModel(
      configuration: configuration, weights: loaded.weights, tokenizer: nil)
    let expected = try SafetensorsFixture.json(folder + "/expected.json")
    func tokens(_ value: JSONValue?) throws -> [Int32] {
      try #require(value?.list).map { try Int32(#require($0.integer)) }
    }
    let result = try #require(
      try Generator(model, options: GenerationOptions(maxTokens: 12)).run(
        [tokens(expected["greedy"]?["prompt"])], context: WorkContext()
      ).results.first)
    #expect(result.tokens == (try tokens(expected["greedy"]?["tokens"])))

    // And the logits behind them, at every position.
    let values = try #require(expected["logits"]?["values"]?.list).map {
      try #require($0.double)
    }
    let rows = try #require(expected["tokens"]?.list).map { try tokens($0) }
    let session = try DecoderSession(
      model, limits: .init(batch: rows.count, length: 16), context: WorkContext())
    let ids = rows.map { _ in session.begin() }
    var worst = 0.0
    try session.extend(ids, by: rows, wanting: .all) { row, position, logits in
      for (token, value) in logits.enumerated() {
        let index = (row * rows[0].count + position) * logits.count + token
        worst = max(worst, abs(Double(value) - values[index]))
      }
    }
    #expect(worst < 1e-4)
  }
}
