import Bytes
import Corpora
import Execution
import Language
import Retrieval
import Tensors

extension VerbLibrary {
  /// What dense indexes are made of: each has a key of its own, so that indexes share it.
  static var vectorVerbs: [Verb] { [embed, embedTokens, link] }

  /// Vectors, and how many tokens and texts they were made of.
  private struct Embedded {
    let vectors: any Sendable
    let tokens: Int
    let cut: Int
    var empty = 0
  }

  /// A verb that gives vectors of a corpus's texts.
  ///
  /// - Parameters:
  ///   - name: The verb's name.
  ///   - version: Its version.
  ///   - summary: What the documentation says.
  ///   - example: A call.
  ///   - more: Parameters beside the corpus and the encoder.
  ///   - kind: What it gives.
  ///   - estimate: What it will take.
  ///   - vectors: Encodes the texts.
  /// - Returns: The verb.
  private static func embedding(
    _ name: String, version: Int = 1, _ summary: String, example: String,
    _ more: [VerbSignature.Parameter] = [], gives kind: ArtifactKind,
    estimate: @escaping @Sendable (Arguments) throws -> PlannedWork,
    vectors: @escaping @Sendable (Corpus, StoredEncoder, Arguments, WorkContext) throws -> Embedded
  ) -> Verb {
    Verb(
      VerbSignature(
        name, topic: "retrieval", .compute, version: version, summary: summary, example: example,
        parameters: [corpusParameter, encoderParameter] + more,
        result: { _ in .artifact(kind.rawValue) }),
      estimate: { arguments, _ in try estimate(arguments) }
    ) { arguments, context in
      let encoder = try arguments.handle("encoder", .encoder).object(as: StoredEncoder.self)
      let corpus = try arguments.handle("corpus", .corpus).object(as: Corpus.self)
      let embedded = try vectors(corpus, encoder, arguments, context.work)
      context.count(WorkCount.tokens, Double(embedded.tokens))
      context.count(WorkCount.operations, try encoder.operations(tokens: embedded.tokens))
      if embedded.cut > 0 { context.count("texts cut", Double(embedded.cut)) }
      if embedded.empty > 0 { context.count("empty texts", Double(embedded.empty)) }
      context.recordKernels()
      return try context.artifact(kind, embedded.vectors)
    }
  }

  private static let embed = embedding(
    "embed", "The vectors of a corpus's documents; flat and hnsw make them by themselves.",
    example: "vectors = embed(scifact.corpus, encoder: encoder(\"minilm\"))", gives: .vectors,
    estimate: { try DensePlan.embedding($0) }
  ) { corpus, encoder, _, context in
    let matrix = try VectorMatrix.embed(
      corpus, encoder: try encoder.encoder(), context: context)
    return Embedded(
      vectors: matrix, tokens: matrix.tokenCount, cut: matrix.truncatedCount,
      empty: matrix.emptyCount)
  }

  private static let embedTokens = embedding(
    "embed_tokens", version: 2,
    "The vectors of all tokens of a corpus; late_interaction makes them by itself.",
    example: "tokens = embed_tokens(scifact.corpus, encoder: encoder(\"minilm\"))",
    [precisionParameter], gives: .tokenVectors, estimate: { try DensePlan.tokens($0) }
  ) { corpus, encoder, arguments, context in
    let matrix = try TokenMatrix.embed(
      corpus, encoder: try encoder.tokenEncoder(),
      precision: try arguments.string("precision") == "float32" ? .float32 : .int8,
      context: context)
    return Embedded(vectors: matrix, tokens: matrix.tokenCount, cut: matrix.truncatedCount)
  }

  private static let link = Verb(
    VerbSignature(
      "link", topic: "retrieval", .compute, version: 2,
      summary: "The graph that hnsw searches, over vectors; hnsw makes it by itself.",
      example: "graph = link(embed(scifact.corpus, encoder: encoder(\"minilm\")))",
      parameters: [
        VerbSignature.Parameter(
          "vectors", .artifact("vectors"), positional: true, "What embed gave.")
      ] + linkParameters + [levelSeedParameter],
      result: { _ in .artifact("graph") }),
    estimate: { arguments, _ in
      let matrix = try arguments.handle("vectors", .vectors).object(as: VectorMatrix.self)
      return try DensePlan.linking(matrix, arguments)
    }
  ) { arguments, context in
    let vectors = try arguments.handle("vectors", .vectors)
    let graph = try HNSWGraph.build(
      try vectors.object(as: VectorMatrix.self).rows,
      options: try HNSWOptions(
        m: try arguments.integer("m", in: 2...512),
        efConstruction: try arguments.integer("ef_construction", in: 1...100_000),
        seed: UInt64(try arguments.integer("seed", in: 0...Int(1) << 53))),
      context: context.work)
    context.count(WorkCount.operations, 2 * graph.operations)
    context.recordKernels()
    return try context.artifact(.graph, StoredGraph(graph: graph, vectors: vectors))
  }
}

extension VerbContext {
  /// Says which kernels numbers were computed with.
  func recordKernels() {
    if let blas = try? BLAS.shared() { kernel("\(Vectors.instructionSet) + \(blas.kernel)") }
  }
}
