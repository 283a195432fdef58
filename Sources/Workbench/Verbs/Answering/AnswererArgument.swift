import Artifacts
import Bytes
import Corpora
import Evaluation
package import Language
import LanguageModels
import Retrieval
import Tokenizers
package import Routing

/// Answerers in the language: what describe verbs such as `closed_book(base)` give.
package enum AnswererArgument {
  /// The verbs that make one.
  package static let verbs = [
    "closed_book", "prompted", "answerer", "long_context", "relational", "abstain",
  ]

  /// What parameters that take an answerer have as their type.
  package static var type: StaticType { .union(verbs.map { .option($0) }) }

  /// What parameters that take a model to ask have as their type.
  package static var modelType: StaticType {
    .union([.artifact("model"), .option("calibrated")])
  }

  /// The answerer that a value describes.
  ///
  /// - Parameters:
  ///   - value: What a describe verb gave.
  ///   - parameter: Where it was given, for messages.
  /// - Returns: What answers.
  /// - Throws: `VerbError` for another value, and for what can't answer: an empty index, a model
  ///   without a tokenizer, settings out of range.
  package static func answerer(_ value: Value, parameter: String) throws -> any Answerer {
    guard case .option(let option) = value, verbs.contains(option.verb) else {
      throw VerbError(
        "expected \(alternatives(verbs.map { "\($0)(…)" })), got \(value.typeName)",
        parameter: parameter)
    }
    do {
      return try answerer(option)
    } catch let error as RoutingError {
      throw VerbError("\(option.verb): \(error)", parameter: parameter)
    }
  }

  private static func answerer(_ option: OptionValue) throws -> any Answerer {
    let arguments = Arguments(option.arguments)
    switch option.verb {
    case "closed_book": return ClosedBook(try reader(arguments))
    case "prompted":
      return ClosedBook(try reader(arguments), examples: try examples(arguments))
    case "answerer":
      let handle = try arguments.handle("index", .index)
      let index = try handle.object(as: StoredIndex.self)
      return try RoutedAnswerer(
        try reader(arguments), retriever: try index.retriever(),
        k: try arguments.integer("k", in: 1...1000),
        router: try RouterArgument.router(arguments["router"], parameter: "router"),
        searchOperations: { try index.searchOperations($0) })
    case "long_context":
      return try LongContext(
        try reader(arguments),
        corpus: try arguments.handle("corpus", .corpus).object(as: Corpus.self))
    case "relational":
      return Relational(
        try arguments.handle("tables", .tables).object(as: FactTables.self))
    default:
      return try Abstaining(
        try answerer(arguments["answerer"], parameter: "answerer"),
        below: try arguments.number("below"))
    }
  }

  /// The model that is asked, with its temperature where it was calibrated.
  static func reader(_ arguments: Arguments) throws -> ReadingModel {
    var temperature = 1.0
    let handle: ArtifactHandle
    if case .option(let calibrated) = arguments["model"], calibrated.verb == "calibrated" {
      let inner = Arguments(calibrated.arguments)
      handle = try inner.handle("model", .model)
      temperature = try inner.number("temperature")
    } else {
      handle = try arguments.handle("model", .model)
    }
    let model = try handle.object(as: StoredModel.self).model
    do {
      return try ReadingModel(
        model, temperature: temperature,
        maxTokens: try arguments.integer("max_tokens", in: 1...10_000))
    } catch let error as RoutingError {
      throw VerbError("\(error)", parameter: "model")
    }
  }

  /// Questions with answers that are shown first.
  private static func examples(_ arguments: Arguments) throws -> [PromptAssembler.Example] {
    let count = try arguments.integer("count", in: 1...1000)
    if case .artifact = arguments["examples"] {
      let set = try arguments.handle("examples", .questions).object(as: JudgedSet.self)
      let known = set.queries.compactMap { query in
        query.answers.first.map { (question: query.text, answer: $0) }
      }
      guard !known.isEmpty else {
        throw VerbError("none of the questions has an answer", parameter: "examples")
      }
      return Array(known.prefix(count))
    }
    let records = try arguments.table("examples")
    guard !records.isEmpty else {
      throw VerbError("there are no examples", parameter: "examples")
    }
    return try records.prefix(count).enumerated().map { index, record in
      guard let question = record["question"]?.text, let answer = record["answer"]?.text else {
        throw VerbError(
          "example \(index) needs the fields question and answer", parameter: "examples",
          help: "it has \(record.names.joined(separator: ", "))")
      }
      return (question, answer)
    }
  }

  // MARK: What a comparison asks

  /// How an answerer comes by its answers. A model that was made from another was fine-tuned; one
  /// that was trained from nothing or loaded is a base.
  static func approach(of value: Value) throws -> Approach? {
    guard case .option(let option) = value else { return nil }
    let isTuned = try models(of: value).contains { handle in
      try !handle.object(as: StoredModel.self).versions.ancestors.isEmpty
    }
    switch option.verb {
    case "closed_book", "prompted": return isTuned ? .fineTuning : .prompt
    case "answerer":
      if case .option(let router)? = option.arguments["router"], router.verb == "never" {
        return isTuned ? .fineTuning : .prompt
      }
      return isTuned ? .both : .rag
    case "long_context": return .longContext
    case "relational": return .tables
    case "abstain": return try option.arguments["answerer"].flatMap(approach(of:))
    default: return nil
    }
  }

  /// The models that an answerer asks.
  package static func models(of value: Value) -> [ArtifactHandle] {
    switch value {
    case .artifact(let handle): handle.kind == .model ? [handle] : []
    case .option(let option):
      ["model", "answerer"].flatMap { name in
        option.arguments[name].map(models(of:)) ?? []
      }
    default: []
    }
  }

  /// The model that training began with, asked from memory; nil for what was not trained.
  static func untrained(_ value: Value) throws -> Value? {
    guard case .option(let option) = value else { return nil }
    if let inner = option.arguments["answerer"] { return try untrained(inner) }
    guard let model = models(of: value).first,
      let root = try model.object(as: StoredModel.self).root,
      let length = option.arguments["max_tokens"]
    else { return nil }
    return .option(
      OptionValue(
        verb: "closed_book", version: VerbLibrary.closedBook.signature.version,
        arguments: Record([("model", .artifact(root)), ("max_tokens", length)])))
  }

  /// Refuses answerers whose models cut texts into different tokens: their token counts, entropies
  /// and confidences can't be compared.
  ///
  /// - Parameters:
  ///   - arms: Answerers by name.
  ///   - parameter: Where they were given, for messages.
  /// - Throws: `VerbError` naming two of them.
  package static func checkVocabularies(
    _ arms: [(name: String, answerer: Value)], parameter: String
  ) throws {
    var first: (name: String, digest: Digest, count: Int)?
    for arm in arms {
      for handle in models(of: arm.answerer) {
        guard let tokenizer = try handle.object(as: StoredModel.self).model.tokenizer else {
          continue
        }
        let digest = Digest(hashing: tokenizer.tokenizerJSON())
        let count = tokenizer.tokenCount
        guard let known = first else {
          first = (arm.name, digest, count)
          continue
        }
        guard known.digest == digest else {
          throw VerbError(
            "the models of '\(known.name)' and '\(arm.name)' have different vocabularies, of "
              + "\(grouped(known.count)) and \(grouped(count)) tokens, so their counts and "
              + "confidences can't be compared", parameter: parameter,
            help: "compare models that share a tokenizer")
        }
      }
    }
  }
}

extension StoredIndex {
  /// Floating-point operations of a search with so much text: what encoders read. Comparing
  /// vectors and postings is not counted.
  func searchOperations(_ query: String) throws -> Double {
    var operations = try children.reduce(0) {
      try $0 + $1.object(as: StoredIndex.self).searchOperations(query)
    }
    if let reader, reader.kind == .encoder {
      // About four tokens for three words, and two special ones.
      let words = query.split(separator: " ").count
      operations += try reader.object(as: StoredEncoder.self)
        .operations(tokens: words * 4 / 3 + 2)
    }
    return operations
  }
}
