import Corpora
import Execution
import Language

extension VerbLibrary {
  /// Lists and strings are split where they stand; the parts of a corpus are stored.
  static let split = Verb(
    VerbSignature(
      "split", topic: "tables", .compute, version: 2,
      summary: "Splits a list, table or corpus at random into two, or a string at a separator.",
      example: "parts = split(docs.corpus, test: 0.1, seed: 1)",
      parameters: [
        .init(
          "items", .union([.list(.any), .string, .artifact("corpus")]), positional: true,
          "What to split."),
        .init(
          "separator", StaticType.string.optional, positional: true, default: "none",
          "For a string: where to split it."),
        .init(
          "share", .number, default: "0.8",
          "The share of the first part, train; between 0 and 1."),
        .init(
          "test", StaticType.number.optional, default: "none",
          "The share of the second part, test, instead."),
        .init("seed", .number, default: "0", "Which of the random splits."),
      ],
      result: { types in
        types["items"] == .string
          ? .list(.string)
          : .record(
            [.init("train", types["items"] ?? .any), .init("test", types["items"] ?? .any)],
            isOpen: false)
      }),
    isStored: { arguments in
      if case .artifact = arguments["items"] { true } else { false }
    }
  ) { arguments, context in
    if let text = arguments["items"].text {
      return try pieces(of: text, at: arguments.string("separator"))
    }
    let shares = try SplitShares(arguments)
    let seed = try arguments.integer("seed", in: 0...Int(Int32.max))
    if case .artifact = arguments["items"] {
      let corpus = try arguments.handle("items", .corpus).object(as: Corpus.self)
      return try documents(of: corpus, shares, seed: UInt64(seed), context)
    }
    let items = try arguments.list("items")
    var stream = RandomStream(seed: UInt64(seed), purpose: "split/items")
    var order = Array(items.indices)
    for index in order.indices.dropLast() {
      order.swapAt(index, index + stream.below(order.count - index))
    }
    let cut = shares.trainCount(of: items.count)
    // Both parts keep the order of the whole, so that tables stay readable.
    return .record(
      Record([
        ("train", .list(order[..<cut].sorted().map { items[$0] })),
        ("test", .list(order[cut...].sorted().map { items[$0] })),
      ]))
  }

  private static func pieces(of text: String, at separator: String) throws -> Value {
    guard !separator.isEmpty else {
      throw VerbError("the separator is empty", parameter: "separator")
    }
    let pieces = TableOperations.split(text, at: separator)
    guard pieces.count <= ValueBudget.itemLimit else {
      throw VerbError(
        "a list holds at most \(grouped(ValueBudget.itemLimit)) items, this one would have "
          + grouped(pieces.count), parameter: "items")
    }
    return .list(pieces.map { .string($0) })
  }

  private static func documents(
    of corpus: Corpus, _ shares: SplitShares, seed: UInt64, _ context: VerbContext
  ) throws -> Value {
    guard corpus.count > 1 else {
      throw VerbError("a corpus of one document can't be divided", parameter: "items")
    }
    // Neither part is empty, however small the share.
    let drawn = corpus.count - min(max(1, shares.trainCount(of: corpus.count)), corpus.count - 1)
    var stream = RandomStream(seed: seed, purpose: "split/documents")
    let order = (0..<corpus.count).map { (key: stream.next(), index: $0) }.sorted { $0 < $1 }
    let tested = Set(order.prefix(drawn).map(\.index))
    // Documents keep their order, so that a text's passages still follow each other.
    var (train, test) = (CorpusBuilder(), CorpusBuilder())
    for (index, document) in corpus.documents.enumerated() {
      if tested.contains(index) { test.append(document) } else { train.append(document) }
    }
    var record = Record(
      headline: "\(counted(corpus.count - drawn, "document")) to learn from, "
        + "\(grouped(drawn)) to test on")
    record["train"] = try context.artifact(.corpus, train.finish(name: "train"))
    record["test"] = try context.artifact(.corpus, test.finish(name: "test"))
    return .record(record)
  }
}

/// How large the parts of a split are.
private struct SplitShares {
  private let train: Double
  private let test: Double?

  init(_ arguments: Arguments) throws {
    train = try Self.share(arguments, "share")
    test = arguments.isNone("test") ? nil : try Self.share(arguments, "test")
    guard test == nil || arguments.omitted.contains("share") else {
      throw VerbError(
        "share and test both say how large the parts are", parameter: "test",
        help: "leave one of them out")
    }
  }

  func trainCount(of count: Int) -> Int {
    guard let test else { return Int((Double(count) * train).rounded()) }
    return count - Int((Double(count) * test).rounded())
  }

  private static func share(_ arguments: Arguments, _ name: String) throws -> Double {
    let share = try arguments.number(name)
    guard share > 0, share < 1 else {
      throw VerbError(
        "expected a share between 0 and 1, got \(formatNumber(share))", parameter: name)
    }
    return share
  }
}
