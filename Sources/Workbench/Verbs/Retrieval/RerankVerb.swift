import Bytes
import Language
import Retrieval

extension VerbLibrary {
  static let rerank = Verb(
    VerbSignature(
      "rerank", topic: "retrieval", .compute, version: 2,
      summary: "Puts an index's best documents in order anew, by an encoder or a language model.",
      example: "better = rerank(lexical, encoder: encoder(\"minilm\"), depth: 50)",
      parameters: [
        .init("index", .artifact("index"), positional: true, "What finds the documents."),
        .init(
          "encoder", StaticType.artifact("encoder").optional, default: "none",
          "Orders by the vectors of query and document."),
        .init(
          "model", StaticType.artifact("model").optional, default: "none",
          "Orders by how likely a model finds the query after the document."),
        .init(
          "tokens", .boolean, default: "false",
          "With an encoder: match the vectors of all tokens, as late_interaction does."),
        .init("depth", .number, default: "100", "How many documents are put in order."),
        .init(
          "ahead", .boolean, default: "true",
          "With an encoder: make all documents' vectors now, as flat does; false to make those of "
            + "the best when a search finds them."),
      ],
      result: { _ in .artifact("index") }),
    estimate: { arguments, _ in try DensePlan.candidates(arguments) },
    computes: ["embed", "embed_tokens"]
  ) { arguments, context in
    let reader: ArtifactHandle
    switch (arguments.isNone("encoder"), arguments.isNone("model")) {
    case (false, true): reader = try arguments.handle("encoder", .encoder)
    case (true, false): reader = try arguments.handle("model", .model)
    case (true, true):
      throw VerbError(
        "expected an encoder or a model to order by, got neither",
        help: "give encoder: or model:")
    case (false, false):
      throw VerbError(
        "expected an encoder or a model to order by, got both", parameter: "model",
        help: "rerank twice to order by one after the other")
    }
    let index = StoredIndex(
      .rerank,
      settings: [
        .init("depth", .number(try arguments.integer("depth", in: 1...100_000))),
        .init("tokens", .boolean(try arguments.boolean("tokens"))),
        .init("ahead", .boolean(try arguments.boolean("ahead"))),
      ], reader: reader, children: [try arguments.handle("index", .index)])
    return try context.artifact(.index, try index.withCandidates(context))
  }
}
