import Corpora
import Diagnostics
import Language
import Retrieval

extension VerbLibrary {
  /// Corpora and indexes that change.
  static var liveVerbs: [Verb] { [documents, upsert, delete, compact] }

  private static let documents = Verb(
    VerbSignature(
      "documents", topic: "retrieval", .compute,
      summary: "Makes a corpus of documents written as records.",
      example: "notes = documents([{id: \"n1\", text: \"Zinc helps immunity.\", user: \"ann\"}])",
      parameters: [
        .init(
          "records", .table, positional: true,
          "Records of id, text and maybe title; what else they have are fields to filter by.")
      ],
      result: { _ in .artifact("corpus") })
  ) { arguments, context in
    try context.artifact(
      .corpus, try DocumentRecords.corpus(arguments.table("records"), parameter: "records"))
  }

  private static let upsert = Verb(
    VerbSignature(
      "upsert", topic: "retrieval", .compute, version: 2,
      summary: "A new version of an index with documents added, replacing those of the same id.",
      example: "today = upsert(lexical, [{id: \"d9\", text: \"Zinc was found to help.\"}])",
      parameters: [
        .init(
          "index", .artifact("index"), positional: true, "What to start from; it stays as it is."),
        .init(
          "documents", .union([.artifact("corpus"), .table]), positional: true,
          "A corpus, or records of id, text and maybe title and fields."),
      ],
      result: { _ in .artifact("index") }),
    computes: ["upsert", "embed", "link", "embed_tokens"]
  ) { arguments, context in
    let index = try arguments.handle("index", .index).object(as: StoredIndex.self)
    let corpus: ArtifactHandle
    if case .artifact(let handle) = arguments["documents"], handle.kind == .corpus {
      corpus = handle
    } else {
      let records = try DocumentRecords.corpus(
        arguments.table("documents"), parameter: "documents")
      corpus = try context.handle(.corpus, records)
    }
    if !index.children.isEmpty {
      return try changingChildren(of: index, "upsert", context) {
        Record([("index", $0), ("documents", .artifact(corpus))])
      }
    }
    let added = try corpus.object(as: Corpus.self)
    guard !added.isEmpty else { return arguments["index"] }
    let before = try index.indexedDocuments()
    var parts = zip(index.parts, before.adding(added).parts).map { part, now in
      var part = part
      part.deleted = now.deletedRanks
      return part
    }
    parts.append(
      try StoredIndex.Part(
        corpus: corpus, structures: try index.structures(of: corpus, isFirst: false, context)))
    return try context.artifact(.index, index.replacing(parts: parts))
  }

  private static let delete = Verb(
    VerbSignature(
      "delete", topic: "retrieval", .compute,
      summary: "A new version of an index without some documents.",
      example: "without = delete(lexical, [\"d1\"])",
      parameters: [
        .init(
          "index", .artifact("index"), positional: true, "What to start from; it stays as it is."),
        .init("ids", .union([.string, .list(.string)]), positional: true, "The documents' ids."),
      ],
      result: { _ in .artifact("index") }),
    computes: ["delete", "embed", "embed_tokens"]
  ) { arguments, context in
    let index = try arguments.handle("index", .index).object(as: StoredIndex.self)
    let ids = try arguments.strings("ids")
    if !index.children.isEmpty {
      return try changingChildren(of: index, "delete", context) {
        Record([("index", $0), ("ids", .list(ids.map { .string($0) }))])
      }
    }
    let before = try index.indexedDocuments()
    let after: IndexedDocuments
    do throws(UnknownDocuments) {
      after = try before.removing(ids)
    } catch {
      throw VerbError(
        "\(error)", parameter: "ids", help: error.ids.first.flatMap(before.suggestion))
    }
    let parts = zip(index.parts, after.parts).map { part, now in
      var part = part
      part.deleted = now.deletedRanks
      return part
    }
    return try context.artifact(.index, index.replacing(parts: parts))
  }

  private static let compact = Verb(
    VerbSignature(
      "compact", topic: "retrieval", .compute, version: 2,
      summary: "The same documents in one part: what updates and deletes left behind is gone.",
      example: "tidy = compact(upsert(lexical, [{id: \"d9\", text: \"Zinc was found to help.\"}]))",
      parameters: [
        .init("index", .artifact("index"), positional: true, "An index that was updated.")
      ],
      result: { _ in .artifact("index") }),
    computes: ["compact", "embed", "embed_tokens"]
  ) { arguments, context in
    let index = try arguments.handle("index", .index).object(as: StoredIndex.self)
    if !index.children.isEmpty {
      return try changingChildren(of: index, "compact", context) { Record([("index", $0)]) }
    }
    if index.parts.count == 1, index.parts[0].deleted.isEmpty { return arguments["index"] }
    return try context.artifact(.index, try index.compacted(context))
  }

  /// An index of indexes changes as they do; each child's new version is a node of its own.
  private static func changingChildren(
    of index: StoredIndex, _ verb: String, _ context: VerbContext,
    _ arguments: (Value) -> Record
  ) throws -> Value {
    let children = try index.children.map { child -> ArtifactHandle in
      guard case .artifact(let changed) = try context.compute(verb, arguments(.artifact(child)))
      else { return child }
      return changed
    }
    return try context.artifact(
      .index,
      try index.replacing(children: children).withCandidates(
        merging: verb == "compact", context))
  }
}

extension IndexedDocuments {
  /// Where an id may be a slip of the pen: the one that was meant. Ids are many and often numbers,
  /// so a large index says nothing.
  func suggestion(for id: String) -> String? {
    guard count <= 10_000 else { return nil }
    let ids = parts.lazy.flatMap { part in part.live.ranks.lazy.map { part.id(ofRank: $0) } }
    return closestName(to: id, among: ids).map { "did you mean \"\($0)\"?" }
  }
}
