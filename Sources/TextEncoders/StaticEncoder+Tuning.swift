public import Bytes
public import Corpora
public import Tensors

/// The static encoder's computation on a ``Tape``: the mean of rows of one table, of length 1.
///
/// A row of the table is a token's vector times its weight, so weights are learned as the lengths
/// of rows.
public struct StaticGraph: EmbeddingGraph {
  /// V
  public let vocabularySize: Int
  /// The number of components of a vector.
  public let dimension: Int

  /// A table of V rows.
  public init(vocabularySize: Int, dimension: Int) {
    self.vocabularySize = vocabularySize
    self.dimension = dimension
  }

  /// V · dimension
  public var parameterCount: Int { vocabularySize * dimension }

  /// Any.
  public var positions: Int? { nil }

  /// The table. It does not decay: rows that a batch lacks would only shrink.
  public var parts: [EmbeddingGraphPart] {
    [EmbeddingGraphPart(name: "table", range: 0..<parameterCount, decays: false)]
  }

  /// The looked-up rows and their gradients.
  public var floatsPerToken: Int { 2 * dimension + 1 }

  /// An addition a number forwards and one backwards.
  public func operations(lengths: [Int]) -> Double {
    2 * Double(dimension) * lengths.reduce(0.0) { $0 + Double($1) }
  }

  /// The vectors of sequences; see ``EmbeddingGraph``.
  public func vectors(
    _ tape: Tape, weights: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
    trains: (Int) -> Bool = { _ in true }, tokens: UnsafeBufferPointer<Int32>, starts: [Int]
  ) throws -> Variable {
    let table = tape.parameter(
      weights, gradient: trains(0) ? gradients : nil, rows: vocabularySize, columns: dimension)
    return try tape.normalize(
      tape.meanPooling(tape.embedding(table, tokens: tokens), starts: starts))
  }
}

extension StaticEncoder: TunableEncoder {
  /// The mean of a table's rows.
  public var graph: StaticGraph {
    StaticGraph(vocabularySize: vocabularySize, dimension: dimension)
  }

  /// A step moves every number by about the rate, and rows are of about unit length.
  public var usualLearningRate: Double { 3e-3 }

  /// The tokens that have a weight.
  public func tokens(of text: String, as role: TextRole, limit: Int) -> [Int32] {
    knownTokens(text, limit: min(limit, maximumLength))
  }

  /// Vectors times weights.
  public func fillWeights(_ target: UnsafeMutableBufferPointer<Float>) {
    guard target.count == vectorValues.count else { return }
    for place in target.indices {
      target[place] = vectorValues[place] * weightValues[place / dimension]
    }
  }

  /// Takes a table apart: a row's length is its token's weight, its direction the vector.
  public func replacingWeights(_ weights: SharedBytes) throws -> StaticEncoder {
    guard weights.count == vectors.count else {
      throw StaticEncoderError.wrongSize(
        name: "the vectors", expected: vectors.count, got: weights.count)
    }
    let table = weights.bytes.assumingMemoryBound(to: Float.self)
    let directions = FloatBuffer(count: table.count)
    let lengths = FloatBuffer(count: vocabularySize)
    for token in 0..<vocabularySize {
      let row = token * dimension
      var squares = 0.0
      for place in row..<row + dimension { squares += Double(table[place]) * Double(table[place]) }
      let length = squares.squareRoot()
      guard length > 0 else { continue }
      lengths.base[token] = Float(length)
      for place in row..<row + dimension {
        directions.base[place] = Float(Double(table[place]) / length)
      }
    }
    return try StaticEncoder(
      name: name, tokenizer: tokenizer, lowercases: lowercases, dimension: dimension,
      vectors: directions.shared(), weights: lengths.shared(), maximumLength: maximumLength)
  }
}
