import Execution
import LanguageModels
import TestModels
import Testing
import Tokenizers

@Suite struct GenerationTests {
  private func run(
    _ model: DecoderModel, _ prompts: [String], _ options: GenerationOptions, threads: Int = 1
  ) throws -> [Generated] {
    try Generator(model, options: options).run(prompts, context: WorkContext(threads: threads))
      .results
  }

  private let prompts = ["a", "some words", "", "one more, and a longer one", "zz", "2 3 5 7 11"]

  @Test func aPromptDoesNotDependOnItsNeighboursOrThreads() throws {
    let model = try ByteModels.random(specials: ["<s>", "</s>"], endTokens: [32, 101])
    var options = GenerationOptions(
      maxTokens: 30, minTokens: 3, sampling: Sampling(temperature: 0.9, topK: 90, topP: 0.97),
      seed: 7, batch: 1)
    let alone = try run(model, prompts, options)
    #expect(Set(alone.map(\.reason)).isSuperset(of: [.end]))
    for (batch, threads) in [(2, 1), (4, 2), (6, 3), (100, 2)] {
      options.batch = batch
      #expect(try run(model, prompts, options, threads: threads) == alone)
    }
    // Neighbours that are not the same: what comes first keeps its stream.
    options.batch = 3
    let shorter = try run(model, Array(prompts.prefix(2)) + ["another"], options)
    #expect(Array(shorter.prefix(2)) == Array(alone.prefix(2)))
    options.sampling = .greedy
    let greedy = try run(model, prompts, options)
    for (prompt, result) in zip(prompts, greedy) {
      #expect(try run(model, [prompt], options, threads: 2) == [result])
    }
  }

  @Test func whatWasChosenIsWhatTheReferenceMakesLikely() throws {
    let model = try ByteModels.random()
    let prompt = Array("a prompt".utf8).map { Int32($0) }
    let (results, operations) = try Generator(
      model, options: GenerationOptions(maxTokens: 9, sampling: Sampling())
    ).run([prompt], context: WorkContext())
    let result = try #require(results.first)
    #expect(result.tokens.count == 9 && operations > 0)
    let logits = try ReferenceDecoder(model).logits(prompt + result.tokens)
    for (place, token) in result.tokens.enumerated() {
      let expected = Distribution(logits[prompt.count - 1 + place])
      #expect(
        abs(result.logProbabilities[place] - expected.logProbabilities[Int(token)]) < 1e-4)
      #expect(abs(result.entropies[place] - expected.entropy) < 1e-4)
    }
  }

  @Test func seedsGiveOtherTexts() throws {
    let model = try ByteModels.random()
    var options = GenerationOptions(maxTokens: 12, sampling: Sampling(), seed: 1)
    let first = try run(model, ["x", "x"], options)
    #expect(try run(model, ["x", "x"], options) == first)
    #expect(first[0].tokens != first[1].tokens)
    options.seed = 2
    #expect(try run(model, ["x", "x"], options).map(\.tokens) != first.map(\.tokens))
  }

  @Test func asManyTokensAsAskedFor() throws {
    let model = try ByteModels.reciter("abcdefg")
    for count in [1, 2, 10] {
      let result = try run(model, ["a"], GenerationOptions(maxTokens: count))[0]
      #expect(result.text == String("bcdefgabcdefg".prefix(count)))
      #expect(result.reason == .length && result.tokens.count == count)
      #expect(result.promptTokens == 1 && result.droppedTokens == 0)
    }
  }

  @Test func anEndEndsAndIsNotShown() throws {
    let model = try ByteModels.reciter("abcdefg", endTokens: [101, 99])
    #expect(try run(model, ["a"], GenerationOptions(maxTokens: 9))[0].text == "b")
    let result = try run(model, ["c"], GenerationOptions(maxTokens: 9))[0]
    #expect(result.text == "d" && result.reason == .end && result.tokens == [100])
    #expect(result.logProbabilities.count == 1 && result.entropies.count == 1)
    let empty = try run(model, ["ab"], GenerationOptions(maxTokens: 9))[0]
    #expect(empty.text.isEmpty && empty.tokens.isEmpty && empty.reason == .end)
    // Until there are enough tokens no end is chosen, whatever its logit.
    let options = GenerationOptions(maxTokens: 9, minTokens: 4)
    let longer = try run(model, ["d"], options)[0]
    #expect(longer.tokens.count >= 4 && !longer.tokens.contains { $0 == 101 || $0 == 99 })
    for seed in 0..<20 {
      let sampled = try run(
        model, ["d"],
        GenerationOptions(
          maxTokens: 5, minTokens: 5, sampling: Sampling(temperature: 0.1), seed: UInt64(seed)))
      #expect(sampled[0].reason == .length && sampled[0].tokens.count == 5)
    }
  }

  @Test func stopsAreFoundAcrossTokens() throws {
    let model = try ByteModels.reciter("abcdefg")
    func check(
      _ stops: [String], _ text: String, _ tokens: Int, _ reason: Generated.Reason = .stop
    ) throws {
      let result = try run(model, ["a"], GenerationOptions(maxTokens: 20, stops: stops))[0]
      #expect(result.text == text && result.reason == reason, "\(stops)")
      #expect(result.tokens.count == tokens && result.logProbabilities.count == tokens)
    }
    try check(["de"], "bc", 4)
    try check(["b"], "", 1)
    try check(["fgab", "ga"], "bcdef", 7)
    try check(["gab", "ga"], "bcdef", 7)
    try check(["", "efgabcdef"], "bcd", 12)
    try check(["", "ca", "zz"], "bcdefgabcdefgabcdefg", 20, .length)
    // The prompt is not searched.
    try check(["ab"], "bcdefg", 8)
  }

  /// Tokens that add no text: parts of a character, and special tokens.
  @Test func stopsAndTextsOfWholeCharacters() throws {
    let model = try ByteModels.reciter("a€b")
    func result(_ count: Int, stops: [String] = []) throws -> Generated {
      try run(model, ["a"], GenerationOptions(maxTokens: count, stops: stops))[0]
    }
    #expect(try result(4).text == "€b")
    #expect(try result(3).text == "€")
    #expect(try result(2).text == "\u{FFFD}")
    #expect(try result(1).text == "\u{FFFD}")
    #expect(try result(6).text == "€ba\u{FFFD}")
    #expect(try result(20, stops: ["€"]).text == "")
    #expect(try result(20, stops: ["a€"]).text == "€b")
    #expect(try result(20, stops: ["a€"]).tokens.count == 8)
    #expect(try result(20, stops: ["b", "zzzzzzzzz"]).text == "€")
  }

  @Test func theContextIsTheEnd() throws {
    let model = try ByteModels.reciter("abcdefg", context: 8)
    let result = try run(model, ["abc"], GenerationOptions(maxTokens: 100))[0]
    #expect(result.reason == .context)
    #expect(result.text == "defga" && result.promptTokens == 3 && result.droppedTokens == 0)
    let exact = try run(model, ["abc"], GenerationOptions(maxTokens: 5))[0]
    #expect(exact.reason == .length && exact.text == "defga")
    let long = try run(model, ["abcdefgabcd", "b"], GenerationOptions(maxTokens: .max))
    #expect(long[0].droppedTokens == 4 && long[0].promptTokens == 7)
    #expect(long[0].text == "e" && long[0].reason == .context)
    #expect(long[1].text == "cdefgab")
    let tiny = try ByteModels.reciter("abc", context: 1)
    let only = try run(tiny, ["ab"], GenerationOptions(maxTokens: 3))[0]
    #expect(only.text == "c" && only.reason == .context && only.droppedTokens == 1)
  }

  @Test func emptyPromptsAreTheStartOfAText() throws {
    let started = try ByteModels.random(specials: ["<s>"])
    let options = GenerationOptions(maxTokens: 6)
    let (expected, _) = try Generator(started, options: options).run(
      [[256]], context: WorkContext())
    #expect(try run(started, [""], options) == expected)
    #expect(throws: InferenceError.tooFewTokens(got: 0, needed: 1)) {
      try run(try ByteModels.random(), [""], options)
    }
    #expect(try run(started, [], options).isEmpty)
  }

  @Test func refusals() throws {
    let model = try randomModel(Shapes.plain)
    for options in [
      GenerationOptions(maxTokens: 0), GenerationOptions(maxTokens: 1, minTokens: -1),
      GenerationOptions(maxTokens: 1, batch: 0),
    ] {
      #expect {
        try Generator(model, options: options)
      } throws: {
        guard case InferenceError.option = $0 else { return false }
        return true
      }
    }
    #expect(throws: InferenceError.noTokenizer) {
      try Generator(model, options: GenerationOptions(maxTokens: 1, stops: ["a"]))
    }
    #expect(throws: InferenceError.noTokenizer) {
      try run(model, ["a"], GenerationOptions(maxTokens: 1))
    }
    #expect(throws: InferenceError.tokenOutOfRange(got: 61, vocabulary: 61)) {
      try Generator(model, options: GenerationOptions(maxTokens: 1)).run(
        [[61]], context: WorkContext())
    }
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: CancellationRequested.self) {
      try Generator(model, options: GenerationOptions(maxTokens: 1)).run(
        [[1]], context: WorkContext(cancellation: cancellation))
    }
  }
}
