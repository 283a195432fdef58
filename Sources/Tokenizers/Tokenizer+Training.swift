import Bytes
public import Execution

extension Tokenizer {
  /// Trains byte-level BPE: 256 bytes, and merges until the vocabulary has its size.
  ///
  /// The ids: special tokens in the order given, then the bytes in the order of the characters
  /// that stand for them, then merges. Of pairs that occur equally often the one with the lower
  /// left id is merged first, then that with the lower right id. Merges and ids are those of
  /// Hugging Face's `BpeTrainer` with the alphabet of all bytes.
  ///
  /// - Parameters:
  ///   - texts: The documents; words do not span them. Special tokens in them count as text.
  ///   - vocabularySize: How many tokens there are at most. It is reached unless the texts are
  ///     too short. At least 256 and the special tokens.
  ///   - specialTokens: Names of special tokens; all different, none empty.
  ///   - pattern: How texts fall into words.
  ///   - minimumFrequency: How often a pair has to occur to be merged.
  ///   - composing: Whether text is brought into NFC first, as Qwen2 does; decoding gives the
  ///     composed text then.
  ///   - context: Where progress is reported, and when to stop. One thread is used.
  /// - Returns: The tokenizer; it adds no special tokens around a text.
  /// - Throws: ``TokenizerError`` for settings; `CancellationRequested`.
  /// - Complexity: O(n log n) in the bytes of the distinct words; a merge touches the words that it
  ///   is in and no others.
  public static func trainByteLevelBPE(
    _ texts: some Sequence<String>, vocabularySize: Int, specialTokens: [String] = [],
    pattern: SplitPattern = .gpt2, minimumFrequency: Int = 0, composing: Bool = false,
    context: WorkContext
  ) throws -> Tokenizer {
    let specials = try NewVocabulary.checked(specialTokens)
    let sizes = 256 + specials.count...TokenizerFile.largestSize
    guard sizes.contains(vocabularySize) else {
      throw TokenizerError.wrongSetting(
        name: "vocabularySize",
        expected: "a number from \(sizes.lowerBound) to \(sizes.upperBound)",
        got: "\(vocabularySize)")
    }
    var vocabulary = NewVocabulary()
    for special in specials { vocabulary.add(special) }
    var byteTokens = [Int32](repeating: 0, count: 256)
    for (scalar, byte) in zip(ByteAlphabet.scalars, 0...).sorted(by: { $0.0 < $1.0 }) {
      byteTokens[byte] = vocabulary.add(Array(String(scalar).utf8))
    }
    let words = try WordCounts(
      texts, split: .pattern(pattern), composes: composing, context: context)
    var trainer = try MergeTrainer(words, byteTokens: byteTokens, context: context)
    while vocabulary.count < vocabularySize,
      let (left, right, list) = trainer.next(minimumFrequency: minimumFrequency)
    {
      try context.check()
      let result = vocabulary.merge(left, right)
      let merge = Merge(left: left, right: right, result: result)
      try trainer.apply(merge, words: list, context: context)
      context.report(
        Progress(
          task: "training a tokenizer", completed: vocabulary.count, total: vocabularySize,
          unit: "tokens"))
    }
    return try vocabulary.tokenizer(
      .byteLevel(pattern), specials: specialTokens, composing: composing)
  }

  /// The tokenizer whose tokens are the 256 bytes, with their values as ids, and special tokens
  /// from 256 on: byte-level BPE without merges. Every text round-trips.
  ///
  /// - Throws: ``TokenizerError`` for special tokens that are empty, too long or repeated.
  public static func bytes(specialTokens: [String] = []) throws -> Tokenizer {
    var vocabulary = NewVocabulary()
    for scalar in ByteAlphabet.scalars { vocabulary.add(Array(String(scalar).utf8)) }
    for special in try vocabulary.new(specialTokens) { vocabulary.add(special) }
    return try vocabulary.tokenizer(.byteLevel(nil), specials: specialTokens)
  }

  /// The tokenizer whose tokens are the characters (Unicode scalars) of texts in their order, and
  /// special tokens after them: BPE over characters without merges.
  ///
  /// Decoding is lossless. Characters that the texts lack become the unknown token; without one
  /// they are left out.
  ///
  /// - Parameters:
  ///   - texts: The documents.
  ///   - specialTokens: Names of special tokens; all different, none empty.
  ///   - unknown: The name of the token for other characters; it comes first among the special
  ///     ones.
  ///   - context: When to stop.
  /// - Returns: The tokenizer.
  /// - Throws: ``TokenizerError`` for special tokens that are empty, too long, repeated, or a
  ///   character of the texts; `CancellationRequested`.
  public static func trainCharacters(
    _ texts: some Sequence<String>, specialTokens: [String] = [], unknown: String? = nil,
    context: WorkContext
  ) throws -> Tokenizer {
    var seen: Set<Unicode.Scalar> = []
    var count = 0
    for text in texts {
      for scalar in text.unicodeScalars {
        count += 1
        if count & 0xFFFF == 0 { try context.check() }
        seen.insert(scalar)
      }
    }
    var vocabulary = NewVocabulary()
    for scalar in seen.sorted() { vocabulary.add(Array(String(scalar).utf8)) }
    let names = (unknown.map { [$0] } ?? []) + specialTokens.filter { $0 != unknown }
    for special in try vocabulary.new(names) { vocabulary.add(special) }
    return try vocabulary.tokenizer(.characters(unknown: unknown), specials: names)
  }

  /// How a tokenizer of words finds them.
  public enum WordSplit: Hashable, Sendable {
    /// By GPT-2's pattern, so that a word has the space before it, and ` cat` and `cat` are two
    /// tokens. Decoding is lossless for texts of known words.
    case spaced
    /// Runs of letters, marks, digits and underscores, and runs of other characters that are not
    /// white space (Hugging Face's `Whitespace`). Decoding puts one space between tokens.
    case whitespace
    /// Runs of what is not white space. Decoding puts one space between tokens.
    case whitespaceOnly
  }

  /// Trains a tokenizer whose tokens are words: special tokens, and then the most frequent words of
  /// texts, of equally frequent ones the first by bytes.
  ///
  /// - Parameters:
  ///   - texts: The documents.
  ///   - vocabularySize: How many tokens there are at most, special ones included; all words where
  ///     it is nil.
  ///   - specialTokens: Names of special tokens, which get the ids after that of `unknown`.
  ///   - unknown: The name of the special token for all other words; it has the id 0.
  ///   - split: How texts fall into words.
  ///   - minimumFrequency: How often a word has to occur.
  ///   - context: Where progress is reported, and when to stop.
  /// - Returns: The tokenizer.
  /// - Throws: ``TokenizerError`` for settings; `CancellationRequested`.
  public static func trainWords(
    _ texts: some Sequence<String>, vocabularySize: Int? = nil, specialTokens: [String] = [],
    unknown: String = "<unk>", split: WordSplit = .spaced, minimumFrequency: Int = 0,
    context: WorkContext
  ) throws -> Tokenizer {
    let names = [unknown] + specialTokens.filter { $0 != unknown }
    var vocabulary = NewVocabulary()
    for special in try vocabulary.new(names) { vocabulary.add(special) }
    let limit = vocabularySize ?? TokenizerFile.largestSize
    guard vocabulary.count...TokenizerFile.largestSize ~= limit else {
      throw TokenizerError.wrongSetting(
        name: "vocabularySize",
        expected: "a number from \(vocabulary.count) to \(TokenizerFile.largestSize)",
        got: "\(limit)")
    }
    let rule: TokenizerParts.Split =
      switch split {
      case .spaced: .pattern(.gpt2)
      case .whitespace: .whitespace
      case .whitespaceOnly: .whitespaceSplit
      }
    let words = try WordCounts(texts, split: rule, composes: false, context: context)
    let frequent = (0..<words.count).filter { words.counts[$0] >= minimumFrequency }
    let order = try frequent.sorted { a, b in
      try context.check()
      return words.counts[a] != words.counts[b]
        ? words.counts[a] > words.counts[b]
        : words.word(a).lexicographicallyPrecedes(words.word(b))
    }
    for word in order where vocabulary.count < limit { vocabulary.add(Array(words.word(word))) }
    return try vocabulary.tokenizer(.words(split, unknown: unknown), specials: names)
  }
}
