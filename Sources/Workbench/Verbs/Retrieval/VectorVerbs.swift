import Bytes
import Corpora
import Execution
import Language
import Retrieval
import Tensors

extension VerbLibrary {
  /// What dense indexes are made of: each has a key of its own, so that indexes share it.
  static var vectorVerbs: [Verb] { [embed, embedTokens, link] }

  private static let embed = Verb(
    VerbSignature(
      "embed", topic: "retrieval", .compute,
      summary: "The vectors of a corpus's documents; flat and hnsw make them by themselves.",
      example: "vectors = embed(scifact.corpus, encoder: encoder(\"minilm\"))",
      parameters: [corpusParameter, encoderParameter],
      result: { _ in .artifact("vectors") }),
    estimate: { arguments, _ in try DensePlan.embedding(arguments) }
  ) { arguments, context in
    let encoder = try arguments.handle("encoder", .encoder).object(as: StoredEncoder.self)
    let corpus = try arguments.handle("corpus", .corpus).object(as: Corpus.self)
    let matrix = try VectorMatrix.embed(
      corpus, encoder: try encoder.encoder(), context: context.work)
    context.count(WorkCount.tokens, Double(matrix.tokenCount))
    context.count(
      WorkCount.operations, try encoder.operations(tokens: matrix.tokenCount))
    if matrix.truncatedCount > 0 { context.count("texts cut", Double(matrix.truncatedCount)) }
    if matrix.emptyCount > 0 { context.count("empty texts", Double(matrix.emptyCount)) }
    context.recordKernels()
    return try context.artifact(.vectors, matrix)
  }

  private static let embedTokens = Verb(
    VerbSignature(
      "embed_tokens", topic: "retrieval", .compute, version: 2,
      summary: "The vectors of all tokens of a corpus; late_interaction makes them by itself.",
      example: "tokens = embed_tokens(scifact.corpus, encoder: encoder(\"minilm\"))",
      parameters: [
        corpusParameter, encoderParameter,
        precisionParameter,
      ],
      result: { _ in .artifact("token vectors") }),
    estimate: { arguments, _ in try DensePlan.tokens(arguments) }
  ) { arguments, context in
    let stored = try arguments.handle("encoder", .encoder).object(as: StoredEncoder.self)
    let corpus = try arguments.handle("corpus", .corpus).object(as: Corpus.self)
    let matrix = try TokenMatrix.embed(
      corpus, encoder: try stored.tokenEncoder(),
      precision: try arguments.string("precision") == "float32" ? .float32 : .int8,
      context: context.work)
    context.count(WorkCount.tokens, Double(matrix.tokenCount))
    context.count(WorkCount.operations, try stored.operations(tokens: matrix.tokenCount))
    if matrix.truncatedCount > 0 { context.count("texts cut", Double(matrix.truncatedCount)) }
    context.recordKernels()
    return try context.artifact(.tokenVectors, matrix)
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
