public import Bytes
import CKernels
public import Corpora
public import Execution
public import Tokenizers

/// An encoder without context: each token has a vector and a weight, and a text is the weighted
/// mean of its tokens' vectors, brought to length 1.
///
/// Encoding costs a table look-up and an addition a token, so a million texts take seconds. Tokens
/// of weight 0, the unknown token among them, say nothing; a text of nothing else is all zeros.
public struct StaticEncoder: TextEncoder {
  /// A short name, used in tables and as part of the tags of runs.
  public let name: String
  /// What finds the tokens of a text.
  public let tokenizer: Tokenizer
  /// Whether texts are brought to lower case before they are tokenized.
  public let lowercases: Bool
  /// The number of components of a vector.
  public let dimension: Int
  /// The longest text in tokens.
  public let maximumLength: Int
  /// V × dimension, row after row.
  let vectors: SharedBytes
  /// V
  let weights: SharedBytes

  /// The most that an encoder reads of a text, unless it says otherwise.
  public static let usualMaximumLength = 1 << 16

  /// An encoder of its parts.
  ///
  /// - Parameters:
  ///   - name: A short name.
  ///   - tokenizer: What finds tokens; V is its vocabulary's size.
  ///   - lowercases: Whether texts are brought to lower case first.
  ///   - dimension: The number of components of a vector, 1 to 65,536.
  ///   - vectors: V × dimension finite numbers, float32, row after row.
  ///   - weights: V finite numbers of at least 0, float32.
  ///   - maximumLength: The longest text in tokens.
  /// - Throws: ``StaticEncoderError`` where the parts do not fit each other.
  public init(
    name: String = "static", tokenizer: Tokenizer, lowercases: Bool, dimension: Int,
    vectors: SharedBytes, weights: SharedBytes,
    maximumLength: Int = StaticEncoder.usualMaximumLength
  ) throws(StaticEncoderError) {
    guard 1...65_536 ~= dimension else {
      throw .outOfRange(name: "the dimension", got: dimension, allowed: 1...65_536)
    }
    guard 1...1 << 40 ~= maximumLength else {
      throw .outOfRange(name: "the maximum length", got: maximumLength, allowed: 1...1 << 40)
    }
    let size = tokenizer.vocabularySize
    guard weights.count == size * 4 else {
      throw .wrongSize(name: "the weights", expected: size * 4, got: weights.count)
    }
    guard vectors.count == size * dimension * 4 else {
      throw .wrongSize(name: "the vectors", expected: size * dimension * 4, got: vectors.count)
    }
    self.name = name
    self.tokenizer = tokenizer
    self.lowercases = lowercases
    self.dimension = dimension
    self.maximumLength = maximumLength
    self.vectors = vectors
    self.weights = weights
    for (token, weight) in weightValues.enumerated() where !(weight.isFinite && weight >= 0) {
      throw .wrongNumber(name: "the weight of token \(token)", got: "\(weight)")
    }
    for (place, value) in vectorValues.enumerated() where !value.isFinite {
      throw .wrongNumber(name: "the vector of token \(place / dimension)", got: "\(value)")
    }
  }

  var vectorValues: UnsafeBufferPointer<Float> {
    vectors.bytes.assumingMemoryBound(to: Float.self)
  }

  var weightValues: UnsafeBufferPointer<Float> {
    weights.bytes.assumingMemoryBound(to: Float.self)
  }

  /// V
  public var vocabularySize: Int { tokenizer.vocabularySize }

  /// The vector of a token; nil for one that there is not.
  public func vector(of token: Int32) -> [Float]? {
    guard token >= 0, Int(token) < vocabularySize else { return nil }
    return Array(vectorValues[Int(token) * dimension..<(Int(token) + 1) * dimension])
  }

  /// The weight of a token; nil for one that there is not.
  public func weight(of token: Int32) -> Float? {
    token >= 0 && Int(token) < vocabularySize ? weightValues[Int(token)] : nil
  }

  /// The weighted mean of each text's tokens, of length 1. O(tokens · dimension).
  public func encode(
    _ texts: [String], as role: TextRole, context: WorkContext
  ) throws -> EncodedTexts {
    let result = FloatBuffer(count: texts.count * dimension)
    let chunk = 128
    let chunks = (texts.count + chunk - 1) / chunk
    let counts = try parallelMap(chunks, context: context) { number in
      let range = number * chunk..<min(texts.count, (number + 1) * chunk)
      context.report(
        Progress(
          task: "encoding", completed: range.lowerBound, total: texts.count, unit: "texts"))
      var counts = (tokens: 0, truncated: 0, empty: 0)
      for text in range {
        let all = allTokens(texts[text])
        counts.truncated += all.count > maximumLength ? 1 : 0
        let tokens = all.prefix(maximumLength)
        counts.tokens += tokens.count
        let isKnown = sum(tokens, into: result.base + text * dimension)
        counts.empty += isKnown ? 0 : 1
      }
      return counts
    }
    return EncodedTexts(
      vectors: result, dimension: dimension, count: texts.count,
      tokenCount: counts.reduce(0) { $0 + $1.tokens },
      truncatedCount: counts.reduce(0) { $0 + $1.truncated },
      emptyCount: counts.reduce(0) { $0 + $1.empty })
  }

  /// All tokens of a text, unknown ones included.
  private func allTokens(_ text: String) -> [Int32] {
    tokenizer.encode(lowercases ? text.lowercased() : text)
  }

  /// The tokens of a text that say something.
  func knownTokens(_ text: String, limit: Int) -> [Int32] {
    allTokens(text).prefix(limit).filter { weightValues[Int($0)] > 0 }
  }

  /// Adds weighted vectors up and brings the sum to length 1; false where there is none.
  private func sum(_ tokens: ArraySlice<Int32>, into target: UnsafeMutablePointer<Float>) -> Bool {
    guard let vectors = vectorValues.baseAddress else { return false }
    for token in tokens {
      let weight = weightValues[Int(token)]
      guard weight > 0 else { continue }
      ck_axpy(Int64(dimension), weight, vectors + Int(token) * dimension, target)
    }
    let length = ck_sum_of_squares(Int64(dimension), target).squareRoot()
    guard length.isFinite, length > 1e-30 else {
      target.update(repeating: 0, count: dimension)
      return false
    }
    ck_scale(Int64(dimension), Float(1 / length), target, target)
    return true
  }
}

/// Why there is no such static encoder.
public enum StaticEncoderError: Error, Hashable, Sendable {
  /// A number is outside of what an encoder can have.
  case outOfRange(name: String, got: Int, allowed: ClosedRange<Int>)
  /// A run of numbers has another size in bytes than the vocabulary and the dimension ask for.
  case wrongSize(name: String, expected: Int, got: Int)
  /// A number that is not finite, or a weight below 0.
  case wrongNumber(name: String, got: String)
  /// The texts have too few different words that occur often enough.
  case tooFewWords(got: Int, needed: Int)
  /// The co-occurrences have no directions to be found; no finite counts are known to do that.
  case noDirections
}

extension StaticEncoderError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .outOfRange(let name, let got, let allowed):
      "\(name) is \(got); it has to be between \(allowed.lowerBound) and \(allowed.upperBound)"
    case .wrongSize(let name, let expected, let got):
      "\(name) take \(got) bytes; expected \(expected)"
    case .wrongNumber(let name, let got): "\(name) is \(got)"
    case .tooFewWords(let got, let needed):
      """
      the texts have \(got) words that occur often enough; at least \(needed) are needed to train \
      token vectors
      """
    case .noDirections: "the words' co-occurrences have no leading directions"
    }
  }
}
