public import Bytes
public import Execution

/// What a text is to a search; some encoders treat the two apart.
public enum TextRole: String, Sendable, Hashable, CaseIterable {
  case query
  case document
}

/// Turns texts into vectors that are near each other where the texts mean the same.
///
/// The same text gives the same bits, whatever texts are encoded with it and on how many threads.
public protocol TextEncoder: Sendable {
  /// A short name, used in tables and as part of the tags of runs.
  var name: String { get }

  /// The number of components of a vector.
  var dimension: Int { get }

  /// The longest text in tokens, special tokens included; what is beyond is left out and counted.
  var maximumLength: Int { get }

  /// One vector a text, of length 1, or all zeros where nothing is known of the text.
  ///
  /// - Parameters:
  ///   - texts: Any texts, empty ones included.
  ///   - role: What the texts are to a search.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: The vectors in the order of the texts.
  /// - Throws: What the kind of encoder says, or `CancellationRequested`.
  func encode(_ texts: [String], as role: TextRole, context: WorkContext) throws -> EncodedTexts
}

/// An encoder that also gives a vector for each token of a text, for late interaction.
public protocol TokenEncoder: TextEncoder {
  /// The vectors of each text's tokens, without special tokens, each of length 1.
  ///
  /// - Throws: As ``TextEncoder/encode(_:as:context:)``.
  func encodeTokens(
    _ texts: [String], as role: TextRole, context: WorkContext
  ) throws -> EncodedTokens
}

/// Vectors of texts, and what became of the texts on the way.
public struct EncodedTexts: Sendable {
  /// texts × dimension, row after row.
  package let vectors: FloatBuffer
  /// The number of components of a vector.
  public let dimension: Int
  /// How many texts there are.
  public let count: Int
  /// How many tokens were read, special tokens included.
  public let tokenCount: Int
  /// How many texts were longer than the encoder reads.
  public let truncatedCount: Int
  /// How many texts have no token of their own.
  public let emptyCount: Int

  package init(
    vectors: FloatBuffer, dimension: Int, count: Int, tokenCount: Int, truncatedCount: Int,
    emptyCount: Int
  ) {
    self.vectors = vectors
    self.dimension = dimension
    self.count = count
    self.tokenCount = tokenCount
    self.truncatedCount = truncatedCount
    self.emptyCount = emptyCount
  }

  /// The vector of a text.
  public subscript(text: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: vectors.base + text * dimension, count: dimension))
  }
}

/// Vectors of the tokens of texts: text `t` has rows `starts[t]..<starts[t + 1]`.
public struct EncodedTokens: Sendable {
  /// tokens × dimension, row after row.
  package let vectors: FloatBuffer
  /// The number of components of a vector.
  public let dimension: Int
  /// Where each text's rows begin, and the end.
  public let starts: [Int]
  /// The vocabulary's id of each row's token.
  public let tokenIDs: [Int32]
  /// How many texts were longer than the encoder reads.
  public let truncatedCount: Int

  package init(
    vectors: FloatBuffer, dimension: Int, starts: [Int], tokenIDs: [Int32], truncatedCount: Int
  ) {
    self.vectors = vectors
    self.dimension = dimension
    self.starts = starts
    self.tokenIDs = tokenIDs
    self.truncatedCount = truncatedCount
  }
}

/// Scores how well documents answer a query, reading both together.
public protocol PairScorer: Sendable {
  /// A short name, used as part of the tags of runs.
  var name: String { get }

  /// A score for each document; higher is better.
  ///
  /// - Throws: What the kind of scorer says, or `CancellationRequested`.
  func scores(
    of documents: [Document], for query: String, context: WorkContext
  ) throws -> [Double]
}

extension Document {
  /// What encoders read: the title, where there is one, and the text, with a space between.
  public var encodedText: String {
    title.isEmpty ? text : text.isEmpty ? title : title + " " + text
  }
}
