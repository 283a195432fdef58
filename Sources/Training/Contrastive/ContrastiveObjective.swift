public import TextEncoders
public import Tensors

/// InfoNCE (van den Oord et al. 2018) over pairs of queries and documents: for each query the
/// cross-entropy of its document among all documents of the batch, by cosine over temperature, as
/// dense retrievers are trained (Karpukhin et al. 2020).
///
/// With vectors q and d of length 1, query i loses -log(exp(qᵢ·dₚ₍ᵢ₎ / τ) / Σⱼ exp(qᵢ·dⱼ / τ)),
/// where j runs over the batch's documents but those that ``Contrast/ignored`` names.
public struct ContrastiveObjective<Graph: EmbeddingGraph>: CoupledObjective {
  /// The encoder's computation.
  public let graph: Graph
  /// τ: the smaller, the more the nearest negatives count.
  public let temperature: Double
  /// Runs of the parameters that stay as they are.
  public let frozen: [Range<Int>]
  /// All matrices.
  public let decayed: [Range<Int>]
  private let frozenOffsets: Set<Int>

  /// - Parameters:
  ///   - graph: The encoder.
  ///   - temperature: τ, above 0.
  ///   - freeze: Which parts stay as they are, by name.
  public init(_ graph: Graph, temperature: Double, freeze: (String) -> Bool = { _ in false }) {
    self.graph = graph
    self.temperature = temperature
    let parts = graph.parts
    let still = parts.filter { freeze($0.name) }
    frozen = still.map(\.range)
    frozenOffsets = Set(still.map(\.range.lowerBound))
    decayed = parts.filter(\.decays).map(\.range)
  }

  /// All weights of the encoder.
  public var parameterCount: Int { graph.parameterCount }

  /// The number of components of a vector.
  public var outputWidth: Int { graph.dimension }

  /// Those of the encoder; the batch's scores are few beside them and not counted.
  public func operations(lengths: [Int]) -> Double { graph.operations(lengths: lengths) }

  /// The vectors of texts; see ``CoupledObjective``.
  public func outputs(
    _ tape: Tape, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
    tokens: UnsafeBufferPointer<Int32>, starts: [Int]
  ) throws -> Variable {
    try graph.vectors(
      tape, weights: parameters, gradients: gradients,
      trains: { !frozenOffsets.contains($0) }, tokens: tokens, starts: starts)
  }

  /// The sum of the queries' losses; see ``CoupledObjective``. O(queries · documents · dimension).
  public func loss(
    _ tape: Tape, outputs: Variable, of batch: Batch, scale: Float
  ) throws -> Double {
    guard let contrast = batch.contrast else { return 0 }
    let queries = contrast.positives.count
    let texts = tape.shape(of: outputs).rows
    let documents = texts - queries
    let scores = try tape.scaled(
      tape.linear(
        tape.rows(outputs, from: 0, to: queries),
        weight: tape.rows(outputs, from: queries, to: texts)),
      by: Float(1 / temperature))
    let mask = try tape.input(rows: queries, columns: documents) { mask in
      mask.update(repeating: 0)
      for (query, ignored) in contrast.ignored.enumerated() where query < queries {
        for document in ignored where document != contrast.positives[query] {
          guard document >= 0, Int(document) < documents else {
            throw TensorError.index(
              operation: "contrast", got: Int(document), count: documents)
          }
          // Far below any cosine over temperature: its exponential is 0.
          mask[query * documents + Int(document)] = -1e30
        }
      }
    }
    return try contrast.positives.withUnsafeBufferPointer {
      try tape.softmaxCrossEntropy(tape.add(scores, mask), labels: $0, scale: scale).sum
    }
  }
}
