import Bytes
public import Corpora
public import Execution
import Tensors
import Tokenizers

/// How a static encoder is made from a corpus.
public struct StaticTraining: Sendable, Hashable {
  /// The number of components of a vector.
  public var dimension: Int
  /// The most words that get a vector, the most frequent ones.
  public var vocabulary: Int
  /// How often a word has to occur.
  public var minimumFrequency: Int
  /// How many words to each side count as seen together.
  public var window: Int
  /// What the random projection is drawn by.
  public var seed: UInt64

  /// Settings; those given suit a few thousand documents and more.
  public init(
    dimension: Int = 256, vocabulary: Int = 30_000, minimumFrequency: Int = 2, window: Int = 10,
    seed: UInt64 = 0
  ) {
    self.dimension = dimension
    self.vocabulary = vocabulary
    self.minimumFrequency = minimumFrequency
    self.window = window
    self.seed = seed
  }

  func validate() throws(StaticEncoderError) {
    func check(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>)
      throws(StaticEncoderError)
    {
      guard allowed.contains(value) else {
        throw .outOfRange(name: name, got: value, allowed: allowed)
      }
    }
    try check("the dimension", dimension, 1...4096)
    try check("the vocabulary", vocabulary, 2...4_000_000)
    try check("the frequency of a word", minimumFrequency, 1...1_000_000)
    try check("the window", window, 1...1000)
  }
}

extension StaticEncoder {
  /// An encoder of the words of a corpus, made from which words occur together.
  ///
  /// Token vectors are the leading directions of the matrix of positive pointwise mutual
  /// information, with contexts smoothed (Levy, Goldberg and Dagan 2015), by a seeded randomised
  /// projection (Halko, Martinsson and Tropp 2011), less the direction that all texts share
  /// (Arora, Liang and Ma 2017). Weights are the words' inverse document frequencies. The bits
  /// depend on the corpus and the settings, and on OpenBLAS's kernels; not on threads.
  ///
  /// - Parameters:
  ///   - corpus: Where words are seen together.
  ///   - settings: Sizes and the seed.
  ///   - name: A short name.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: The encoder.
  /// - Throws: ``StaticEncoderError`` for settings and for a corpus with too few words; `TensorError`;
  ///   cancellation.
  /// - Complexity: Pairs of words in a window, and words that go together times the dimension.
  public static func train(
    _ corpus: Corpus, _ settings: StaticTraining = StaticTraining(), name: String = "static",
    context: WorkContext
  ) throws -> StaticEncoder {
    try settings.validate()
    let words = try CorpusWords(
      corpus, vocabulary: settings.vocabulary, minimumFrequency: settings.minimumFrequency,
      context: context)
    // A word more than dimensions at least: the projection has nothing to leave out otherwise.
    guard words.knownCount > settings.dimension else {
      throw StaticEncoderError.tooFewWords(got: words.knownCount, needed: settings.dimension + 1)
    }
    let matrix = try CooccurrenceMatrix(words, window: settings.window, context: context)
    let vectors = try matrix.leadingDirections(
      settings.dimension, seed: settings.seed, context: context)
    return try words.encoder(name: name, vectors: vectors, dimension: settings.dimension)
  }

  /// An encoder of the words of a corpus whose vectors are what another encoder makes of each
  /// word alone (model2vec), less the direction that all texts share.
  ///
  /// - Parameters:
  ///   - encoder: What words are encoded by, such as a BERT-type encoder.
  ///   - corpus: Where words and their weights come from.
  ///   - vocabulary: The most words that get a vector.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: An encoder of the other's dimension, named `static-` and the other's name.
  /// - Throws: ``StaticEncoderError``; what the encoder throws; cancellation.
  /// - Complexity: The encoding of each word.
  public static func distill(
    _ encoder: some TextEncoder, corpus: Corpus, vocabulary: Int = 30_000,
    context: WorkContext
  ) throws -> StaticEncoder {
    try StaticTraining(dimension: encoder.dimension, vocabulary: vocabulary).validate()
    let words = try CorpusWords(
      corpus, vocabulary: vocabulary, minimumFrequency: 2, context: context)
    guard words.knownCount > 1 else {
      throw StaticEncoderError.tooFewWords(got: words.knownCount, needed: 2)
    }
    let texts = (0..<words.size).map { words.tokenizer.token(Int32($0)) ?? "" }
    let encoded = try encoder.encode(texts, as: .document, context: context)
    let vectors = FloatBuffer(count: words.size * encoder.dimension)
    vectors.fill(from: encoded.vectors.bytes)
    return try words.encoder(
      name: "static-\(encoder.name)", vectors: vectors, dimension: encoder.dimension)
  }
}

/// The words of a corpus: what the vocabulary is, where each occurs, and how much it says.
struct CorpusWords {
  let tokenizer: Tokenizer
  /// V, the unknown token included.
  let size: Int
  /// All documents' tokens, one document after the other; -1 for unknown words.
  let tokens: [Int32]
  /// Where each document begins, and the end.
  let starts: [Int]
  /// How many documents each word is in.
  let documentCounts: [Int]

  /// Words other than the unknown token.
  var knownCount: Int { size - 1 }

  init(
    _ corpus: Corpus, vocabulary: Int, minimumFrequency: Int, context: WorkContext
  ) throws {
    let texts = try parallelMap(corpus.count, context: context) {
      corpus[$0].encodedText.lowercased()
    }
    tokenizer = try Tokenizer.trainWords(
      texts, vocabularySize: vocabulary + 1, split: .whitespace,
      minimumFrequency: minimumFrequency, context: context)
    size = tokenizer.vocabularySize
    let tokenizer = tokenizer
    let unknown = tokenizer.unknown
    let encoded = try parallelMap(texts.count, context: context) { document in
      tokenizer.encode(texts[document]).map { $0 == unknown ? -1 : $0 }
    }
    var starts = [0]
    var tokens: [Int32] = []
    var documentCounts = [Int](repeating: 0, count: size)
    var lastSeen = [Int](repeating: -1, count: size)
    for (document, found) in encoded.enumerated() {
      tokens += found
      starts.append(tokens.count)
      for token in found where token >= 0 && lastSeen[Int(token)] != document {
        lastSeen[Int(token)] = document
        documentCounts[Int(token)] += 1
      }
    }
    self.tokens = tokens
    self.starts = starts
    self.documentCounts = documentCounts
  }

  /// log(1 + N / n): what BM25 gives a term, without its dip for frequent ones.
  var weights: [Float] {
    let documents = Double(starts.count - 1)
    return documentCounts.map { count in
      count == 0 ? 0 : Float(logarithm(1 + documents / Double(count)))
    }
  }

  /// The encoder of token vectors, which are changed: rows to length 1, less what texts share.
  func encoder(name: String, vectors: FloatBuffer, dimension: Int) throws -> StaticEncoder {
    var weights = weights
    normalizeRows(vectors, dimension: dimension)
    removeShared(vectors, weights: weights, dimension: dimension)
    // A word without a direction says nothing.
    for word in 0..<size {
      let row = UnsafeBufferPointer(start: vectors.base + word * dimension, count: dimension)
      if row.allSatisfy({ $0 == 0 }) { weights[word] = 0 }
    }
    let buffer = FloatBuffer(count: size)
    for (word, weight) in weights.enumerated() { buffer.base[word] = weight }
    return try StaticEncoder(
      name: name, tokenizer: tokenizer, lowercases: true, dimension: dimension,
      vectors: vectors.shared(), weights: buffer.shared())
  }

  /// Takes the direction of the corpus's mean text out of every row.
  private func removeShared(_ vectors: FloatBuffer, weights: [Float], dimension: Int) {
    var mean = [Double](repeating: 0, count: dimension)
    var occurrences = [Int](repeating: 0, count: size)
    for token in tokens where token >= 0 { occurrences[Int(token)] += 1 }
    for word in 0..<size {
      let weight = Double(weights[word]) * Double(occurrences[word])
      for place in 0..<dimension {
        mean[place] += weight * Double(vectors.base[word * dimension + place])
      }
    }
    let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return }
    for word in 0..<size {
      let row = vectors.base + word * dimension
      var along = 0.0
      for place in 0..<dimension { along += Double(row[place]) * mean[place] / length }
      for place in 0..<dimension {
        row[place] -= Float(along * mean[place] / length)
      }
    }
  }

  private func normalizeRows(_ vectors: FloatBuffer, dimension: Int) {
    for word in 0..<size {
      let row = vectors.base + word * dimension
      let squares = Vectors.sumOfSquares(row, count: dimension)
      guard squares > 0 else { continue }
      let factor = Float(1 / squares.squareRoot())
      for place in 0..<dimension { row[place] *= factor }
    }
  }
}
