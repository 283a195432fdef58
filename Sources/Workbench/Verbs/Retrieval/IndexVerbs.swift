import Bytes
import Corpora
import Execution
import Language
import Retrieval

extension VerbLibrary {
  /// Building indexes.
  static var indexVerbs: [Verb] { [bm25, flat, hnsw, lateInteraction, fuse, rerank] }

  private static let bm25 = Verb(
    VerbSignature(
      "bm25", topic: "retrieval", .compute, version: 2,
      summary: "Builds a BM25 index over title and text, in Lucene's form.",
      example: "lexical = bm25(scifact.corpus, k1: 0.9, b: 0.4)",
      parameters: [
        corpusParameter,
        .init(
          "k1", .number, default: formatNumber(BM25Options.defaultK1),
          "How fast repeated terms saturate; at least 0."),
        .init(
          "b", .number, default: formatNumber(BM25Options.defaultB),
          "How far long documents are discounted; 0 to 1."),
        .init(
          "stem", StaticType.string.optional, default: "\"english\"",
          choices: TextAnalyzer.stemmers, "The Snowball stemmer, or none."),
        .init(
          "stopwords", StaticType.string.optional, default: "\"english\"", choices: ["english"],
          "The words left out, or none."),
        .init(
          "title_weight", .number, default: "1",
          "How often a word of the title counts; a multiple of 0.25 up to 64."),
        .init(
          "fields", .list(.string), default: "[\"title\", \"text\"]", choices: ["title", "text"],
          "What is searched."),
      ],
      result: { _ in .artifact("index") }),
    // Some 16 bytes a posting while building, and words have about six letters.
    estimate: { arguments, _ in
      let bytes = try arguments.handle("corpus", .corpus).object(as: Corpus.self).textByteCount
      return PlannedWork(
        memoryBytes: (64 << 20) + bytes * 6,
        parts: [
          PlannedWork.Part(count: WorkCount.textBytes, amount: Double(bytes), assumedRate: 4e7)
        ])
    }
  ) { arguments, context in
    let settings = BM25Settings(options: try BM25Settings.options(arguments))
    context.count(
      WorkCount.textBytes,
      Double(try arguments.handle("corpus", .corpus).object(as: Corpus.self).textByteCount))
    return try ofOnePart(StoredIndex(.bm25, settings: settings.members), arguments, context)
  }

  static let corpusParameter = VerbSignature.Parameter(
    "corpus", .artifact("corpus"), positional: true, "The documents.")

  static let encoderParameter = VerbSignature.Parameter(
    "encoder", .artifact("encoder"), "What turns texts into vectors.")

  static let precisionParameter = VerbSignature.Parameter(
    "precision", .string, default: "\"int8\"", choices: ["int8", "float32"],
    "How a vector's components are kept.")

  /// How a graph is built; beside them `hnsw` has one for how it is searched.
  static let linkParameters: [VerbSignature.Parameter] = [
    .init("m", .number, default: "16", "Links of a document; twice as many on the lowest level."),
    .init(
      "ef_construction", .number, default: "200",
      "How many near documents are looked at to link one."),
  ]

  static let levelSeedParameter = VerbSignature.Parameter(
    "seed", .number, default: "0", "What levels are drawn by.")

  private static let flat = Verb(
    VerbSignature(
      "flat", topic: "retrieval", .compute, version: 2,
      summary: "Builds an index that compares a query's vector with every document's: exact.",
      example: "dense = flat(scifact.corpus, encoder: encoder(\"minilm\"))",
      parameters: [corpusParameter, encoderParameter],
      result: { _ in .artifact("index") }),
    estimate: { arguments, _ in try DensePlan.embedding(arguments, by: "embed") },
    computes: ["embed"]
  ) { arguments, context in
    try dense(.flat, settings: [], arguments, context)
  }

  private static let hnsw = Verb(
    VerbSignature(
      "hnsw", topic: "retrieval", .compute, version: 2,
      summary: "Builds a graph over documents' vectors, searched by walking to nearer ones.",
      example: "fast = hnsw(scifact.corpus, encoder: encoder(\"minilm\"), ef_search: 100)",
      parameters: [corpusParameter, encoderParameter] + linkParameters + [
        VerbSignature.Parameter(
          "ef_search", .number, default: "100",
          "How many near documents a search keeps in view; more finds more and takes longer."),
        levelSeedParameter,
      ],
      result: { _ in .artifact("index") }),
    estimate: { arguments, _ in try DensePlan.graph(arguments) }, computes: ["embed", "link"]
  ) { arguments, context in
    try dense(
      .hnsw,
      settings: [
        .init("m", .number(try arguments.integer("m", in: 2...512))),
        .init(
          "ef_construction", .number(try arguments.integer("ef_construction", in: 1...100_000))),
        .init("ef_search", .number(try arguments.integer("ef_search", in: 1...100_000))),
        .init("seed", .number(try arguments.integer("seed", in: 0...Int(1) << 53))),
      ], arguments, context)
  }

  private static let lateInteraction = Verb(
    VerbSignature(
      "late_interaction", topic: "retrieval", .compute, version: 2,
      summary: "Builds an index of all tokens' vectors: each of a query's finds its best match.",
      example: "late = late_interaction(scifact.corpus, encoder: encoder(\"minilm\"))",
      parameters: [
        corpusParameter, encoderParameter,
        .init(
          "rescored", StaticType.number.optional, default: "256",
          "How many documents are scored in full after all were by their tokens' centroids; "
            + "none for all."),
        precisionParameter,
      ],
      result: { _ in .artifact("index") }),
    estimate: { arguments, _ in try DensePlan.tokens(arguments, by: "embed_tokens") },
    computes: ["embed_tokens"]
  ) { arguments, context in
    let precision = try arguments.string("precision")
    guard ["int8", "float32"].contains(precision) else {
      throw VerbError(
        "expected int8 or float32, got '\(precision)'", parameter: "precision")
    }
    var settings: [JSONValue.Member] = [.init("precision", .string(precision))]
    if !arguments.isNone("rescored") {
      settings.append(
        .init("rescored", .number(try arguments.integer("rescored", in: 1...1_000_000))))
    }
    return try dense(.lateInteraction, settings: settings, arguments, context)
  }

  private static func dense(
    _ kind: StoredIndex.Kind, settings: [JSONValue.Member], _ arguments: Arguments,
    _ context: VerbContext
  ) throws -> Value {
    try ofOnePart(
      StoredIndex(kind, settings: settings, reader: try arguments.handle("encoder", .encoder)),
      arguments, context)
  }

  /// An index of a corpus's documents.
  private static func ofOnePart(
    _ index: StoredIndex, _ arguments: Arguments, _ context: VerbContext
  ) throws -> Value {
    let corpus = try arguments.handle("corpus", .corpus)
    return try context.artifact(
      .index,
      index.replacing(parts: [
        try StoredIndex.Part(
          corpus: corpus, structures: try index.structures(of: corpus, isFirst: true, context))
      ]))
  }

  private static let fuse = Verb(
    VerbSignature(
      "fuse", topic: "retrieval", .compute,
      summary: "Combines what several indexes find into one ranking.",
      example: "both = fuse([lexical, dense])",
      parameters: [
        .init("indexes", .list(.artifact("index")), positional: true, "Two or more indexes."),
        .init(
          "method", .string, default: "\"rrf\"", choices: ["rrf", "weighted"],
          "By places (reciprocal rank fusion), or by scores brought to one scale."),
        .init(
          "weights", StaticType.list(.number).optional, default: "none",
          "How much each index counts; none for all the same."),
        .init(
          "scale", .string, default: "\"range\"", choices: ScoreScale.allCases.map(\.rawValue),
          "With weighted: scores from 0 to 1, or in standard deviations."),
        .init("constant", .number, default: "60", "With rrf: what is added to a place."),
        .init("depth", .number, default: "1000", "How many documents of each index count."),
      ],
      result: { _ in .artifact("index") })
  ) { arguments, context in
    let children = try arguments.list("indexes").map { item -> ArtifactHandle in
      guard case .artifact(let handle) = item, handle.kind == .index else {
        throw VerbError("expected indexes, got \(item.typeName)", parameter: "indexes")
      }
      return handle
    }
    guard children.count >= 2, children.count <= 100 else {
      throw VerbError("expected 2 to 100 indexes, got \(children.count)", parameter: "indexes")
    }
    let documents = try children.map {
      try $0.object(as: StoredIndex.self).retriever().documents
    }
    for (place, other) in documents.enumerated().dropFirst()
    where documents[0].count > 0 && other.count > 0 && !documents[0].shares(with: other) {
      throw VerbError(
        "index \(place + 1) has no document of index 1", parameter: "indexes",
        help: "fuse combines indexes over the same documents")
    }
    let method = try known(arguments, "method", ["rrf", "weighted"])
    var settings: [JSONValue.Member] = [
      .init("method", .string(method)),
      .init("depth", .number(try arguments.integer("depth", in: 1...1_000_000))),
    ]
    if method == "rrf" {
      let constant = try arguments.number("constant")
      guard constant >= 0, constant <= 1e6 else {
        throw VerbError(
          "expected a number from 0 to 1000000, got \(formatNumber(constant))",
          parameter: "constant")
      }
      settings.append(.init("constant", .number(constant)))
    } else {
      settings.append(
        .init(
          "scale", .string(try known(arguments, "scale", ScoreScale.allCases.map(\.rawValue)))))
    }
    if !arguments.isNone("weights") {
      let weights = try arguments.list("weights").map { item -> Double in
        guard let weight = item.point, weight.isFinite, weight >= 0 else {
          throw VerbError("a weight is a number from 0, got \(item.quoted)", parameter: "weights")
        }
        return weight
      }
      guard weights.count == children.count, weights.contains(where: { $0 > 0 }) else {
        throw VerbError(
          "expected a weight for each of \(children.count) indexes, not all 0, got "
            + arguments["weights"].interpolated, parameter: "weights")
      }
      settings.append(.init("weights", .list(weights.map { .number($0) })))
    }
    return try context.artifact(
      .index, StoredIndex(.fuse, settings: settings, children: children))
  }

  /// One of several words: those that a notebook computes are not checked before the run.
  static func known(_ arguments: Arguments, _ name: String, _ words: [String]) throws -> String {
    let word = try arguments.string(name)
    guard words.contains(word) else {
      throw VerbError(
        "there is no \(name) '\(word)'", parameter: name,
        help: "there are \(words.joined(separator: ", "))")
    }
    return word
  }
}

/// BM25's options in a stored index.
struct BM25Settings {
  let options: BM25Options

  /// The options of a call.
  static func options(_ arguments: Arguments) throws -> BM25Options {
    let k1 = try arguments.number("k1")
    let b = try arguments.number("b")
    guard k1 >= 0, k1 <= 1000 else {
      throw VerbError("expected k1 from 0 to 1000, got \(formatNumber(k1))", parameter: "k1")
    }
    guard (0...1).contains(b) else {
      throw VerbError("expected b from 0 to 1, got \(formatNumber(b))", parameter: "b")
    }
    let fields = try arguments.strings("fields")
    for field in fields where !["title", "text"].contains(field) {
      throw VerbError(
        "there is no field '\(field)'", parameter: "fields", help: "there are title, text")
    }
    do {
      return try BM25Options(
        k1: k1, b: b,
        analyzer: TextAnalyzer(
          stopwords: try arguments.optionalString("stopwords") == nil ? .none : .english,
          stemmer: try arguments.optionalString("stem")),
        titleWeight: try arguments.number("title_weight"), fields: set(fields))
    } catch let error as BM25OptionsError {
      throw VerbError("\(error)", parameter: fields.isEmpty ? "fields" : "title_weight")
    }
  }

  init(options: BM25Options) { self.options = options }

  /// The options of a stored index.
  init(_ settings: JSONValue) throws {
    func number(_ name: String) throws -> Double {
      guard let value = settings[name]?.double else {
        throw VerbError("not an index: it has no '\(name)'")
      }
      return value
    }
    options = try BM25Options(
      k1: try number("k1"), b: try number("b"),
      analyzer: TextAnalyzer(
        stopwords: settings["stopwords"]?.string == nil ? .none : .english,
        stemmer: settings["stem"]?.string),
      titleWeight: try number("title_weight"),
      fields: Self.set((settings["fields"]?.list ?? []).compactMap(\.string)))
  }

  private static func set(_ names: [String]) -> BM25Options.Fields {
    var fields: BM25Options.Fields = []
    if names.contains("title") { fields.insert(.title) }
    if names.contains("text") { fields.insert(.text) }
    return fields
  }

  var members: [JSONValue.Member] {
    let analyzer = options.analyzer
    let fields =
      (options.fields.contains(.title) ? ["title"] : [])
      + (options.fields.contains(.text) ? ["text"] : [])
    return [
      .init("k1", .number(options.k1)), .init("b", .number(options.b)),
      .init("stem", analyzer.stemmer.map { .string($0) } ?? .null),
      .init("stopwords", analyzer.stopwords == .english ? .string("english") : .null),
      .init("title_weight", .number(options.titleWeight)),
      .init("fields", .list(fields.map { .string($0) })),
    ]
  }
}
