import Bytes
import Execution
import Glibc
import LanguageModels
import TestModels
import Testing
import Tokenizers

@Suite struct ScoringTests {
  private let text = "What is scored, “long” or not, is scored by each of its tokens; 1 of them."

  private func score(
    _ model: DecoderModel, _ text: String, threads: Int = 1
  ) throws -> [ScoredToken] {
    try Scorer(model).score(text, context: WorkContext(threads: threads)).tokens
  }

  /// What windows read by the reference give, with the definition of windows written down anew.
  private func expected(
    _ model: DecoderModel, _ tokens: [Int32]
  ) throws -> [(logProbability: Double, entropy: Double)] {
    let limit = model.configuration.context
    var result: [(Double, Double)] = []
    var start = 0
    while result.count < tokens.count - 1 {
      let read = Array(tokens[start..<min(tokens.count, start + limit)])
      let logits = try ReferenceDecoder(model).logits(read)
      for position in result.count + 1..<start + read.count {
        let distribution = Distribution(logits[position - start - 1])
        result.append(
          (distribution.logProbabilities[Int(tokens[position])], distribution.entropy))
      }
      start += limit / 2
    }
    return result
  }

  @Test(arguments: [2, 3, 7, 20, 64, 128]) func tokensAgreeWithTheReference(_ context: Int) throws {
    let bare = try ByteModels.random(context: context)
    let scored = try score(bare, text, threads: 2)
    let tokens = Array(text.utf8).map { Int32($0) }
    #expect(scored.map(\.token) == tokens)
    #expect(scored[0].logProbability == nil && scored[0].entropy == nil)
    let reference = try expected(bare, tokens)
    for (got, expected) in zip(scored.dropFirst(), reference) {
      #expect(abs((got.logProbability ?? .nan) - expected.logProbability) < 1e-4)
      #expect(abs((got.entropy ?? .nan) - expected.entropy) < 1e-4)
    }
    #expect(try score(bare, text) == scored)
    // With a start, which is read and not shown, all tokens are scored.
    let started = try ByteModels.random(context: context, specials: ["<s>"])
    let all = try score(started, text)
    #expect(all.map(\.token) == tokens)
    for (got, expected) in zip(all, try self.expected(started, [256] + tokens)) {
      #expect(abs((got.logProbability ?? .nan) - expected.logProbability) < 1e-4)
    }
  }

  @Test func windowsScoreEachPositionOnce() {
    for count in 0...70 {
      for limit in 2...40 {
        var scored = [Int](repeating: 0, count: count)
        for window in Scorer.windows(count, limit: limit) {
          #expect(window.read.count <= limit && window.read.upperBound <= count)
          // The first token of a window is only read.
          #expect(window.scoredFrom > window.read.lowerBound)
          // What is not in the first window has at least half of one before it.
          #expect(
            window.read.lowerBound == 0
              || window.scoredFrom - window.read.lowerBound >= limit / 2)
          for position in window.scoredFrom..<window.read.upperBound { scored[position] += 1 }
        }
        #expect(scored.first ?? 0 == 0)
        #expect(scored.dropFirst().allSatisfy { $0 == 1 }, "\(count) by \(limit)")
      }
    }
  }

  @Test func aContextOfOneScoresEachTokenByTheOneBefore() throws {
    let model = try ByteModels.random(context: 1)
    let scored = try score(model, "abc")
    for (token, pair) in [[97, 98], [98, 99]].enumerated() {
      let logits = try ReferenceDecoder(model).logits([Int32(pair[0])])
      let expected = Distribution(logits[0]).logProbabilities[pair[1]]
      #expect(abs((scored[token + 1].logProbability ?? .nan) - expected) < 1e-4)
    }
  }

  @Test func likelihoodsAreSums() throws {
    for specials in [[], ["<s>"]] {
      let model = try ByteModels.random(context: 24, specials: specials)
      // More windows than are read at once, some texts within one and some not.
      let texts = (0..<23).map { String(text.dropFirst($0).prefix(1 + $0 * 7 % 60)) } + ["", "x"]
      let (scores, operations) = try Scorer(model).likelihoods(
        of: texts, context: WorkContext(threads: 2))
      #expect(operations > 0 && scores.count == texts.count)
      for (text, total) in zip(texts, scores) {
        let parts = try score(model, text).compactMap(\.logProbability)
        #expect(total.tokens == parts.count && total.bytes == text.utf8.count)
        #expect(total.tokens == max(0, text.utf8.count - (specials.isEmpty ? 1 : 0)))
        #expect(abs(total.negativeLogLikelihood + parts.reduce(0, +)) < 1e-9)
      }
    }
  }

  @Test func shortTexts() throws {
    let bare = try ByteModels.random()
    #expect(try score(bare, "") == [])
    #expect(try score(bare, "x").map(\.logProbability) == [nil])
    let started = try ByteModels.random(specials: ["<s>"])
    #expect(try score(started, "") == [])
    #expect(try score(started, "x")[0].logProbability != nil)
    let (scores, operations) = try Scorer(bare).likelihoods(of: ["", "x"], context: WorkContext())
    #expect(scores.map(\.tokens) == [0, 0] && operations == 0)
    #expect(try Scorer(bare).likelihoods(of: [], context: WorkContext()).scores.isEmpty)
  }

  @Test func choicesAreRankedByTheLikelihoodOfTheirTokens() throws {
    let model = try ByteModels.random(context: 128)
    let answers =
      ["yes", "no", "maybe so", "n", "“”", "no"]
      + (0..<20).map { String(text.dropFirst($0).prefix($0 % 5 + 1)) }
    let prompt = "A question that is longer than one block of the cache? "
    let (choices, _) = try Scorer(model).choose(
      prompt, among: answers, context: WorkContext(threads: 2))
    #expect(choices.map(\.index).sorted() == Array(answers.indices))
    #expect(abs(choices.reduce(0) { $0 + $1.share } - 1) < 1e-12)
    for (a, b) in zip(choices, choices.dropFirst()) {
      #expect((b.logProbability, a.index) < (a.logProbability, b.index))
      #expect(a.share >= b.share)
    }
    for choice in choices {
      let scored = try score(model, prompt + answers[choice.index])
      let own = scored.suffix(answers[choice.index].utf8.count).compactMap(\.logProbability)
      // The same kernels on the same positions: but for the order of sums the same bits.
      #expect(abs(choice.logProbability - own.reduce(0, +)) < 1e-9)
      #expect(abs(choice.meanLogProbability - choice.logProbability / Double(own.count)) < 1e-12)
    }
    let expected = choices[1].logProbability - choices[0].logProbability
    #expect(
      abs(log(choices[1].share / choices[0].share) - expected) < 1e-9)
  }

  @Test func choicesOfEmptyPrompts() throws {
    let model = try ByteModels.random(specials: ["<s>"])
    let (choices, _) = try Scorer(model).choose("", among: ["a", "b"], context: WorkContext())
    for choice in choices {
      let scored = try score(model, ["a", "b"][choice.index])
      #expect(scored[0].logProbability == choice.logProbability)
    }
  }

  @Test func refusals() throws {
    let bare = try randomModel(Shapes.plain)
    #expect(throws: InferenceError.noTokenizer) { try score(bare, "x") }
    let model = try ByteModels.random(context: 16)
    let context = WorkContext()
    #expect(throws: InferenceError.tooFewTokens(got: 0, needed: 1)) {
      try Scorer(model).choose("a", among: [], context: context)
    }
    #expect(throws: InferenceError.tooFewTokens(got: 0, needed: 1)) {
      try Scorer(model).choose("a", among: ["b", ""], context: context)
    }
    #expect(throws: InferenceError.tooLong(got: 17, limit: 16)) {
      try Scorer(model).choose("0123456789", among: ["a", "0123456"], context: context)
    }
  }

  @Test func weightsThatAreNoNumbersAreSeen() throws {
    let sound = try ByteModels.random()
    for poison in [Float.nan, .infinity, -.infinity] {
      let bytes = SharedBytes(count: sound.weights.count) { buffer in
        buffer.copyMemory(from: sound.weights.bytes)
        buffer.bindMemory(to: Float.self)[sound.layout.layers[1].down + 5] = poison
      }
      let model = try DecoderModel(
        configuration: sound.configuration, weights: bytes, tokenizer: sound.tokenizer)
      let isSeen = { (error: any Error) in
        guard case InferenceError.notFinite = error else { return false }
        return true
      }
      #expect { try score(model, "some text") } throws: { isSeen($0) }
      #expect {
        try Scorer(model).likelihoods(of: ["some text"], context: WorkContext())
      } throws: { isSeen($0) }
      #expect {
        try Scorer(model).choose("some text", among: ["a"], context: WorkContext())
      } throws: { isSeen($0) }
      #expect {
        try Generator(model, options: GenerationOptions(maxTokens: 3)).run(
          ["a"], context: WorkContext())
      } throws: { isSeen($0) }
    }
  }
}
