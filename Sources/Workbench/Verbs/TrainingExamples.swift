import Artifacts
package import Corpora
import Execution
import LanguageModels
import Tokenizers
import Training

/// Examples to fine-tune on, out of what a notebook has.
package enum TrainingExamples {
  /// The examples that `on:` holds, for a model's tokenizer and context.
  static func examples(
    _ arguments: Arguments, model: DecoderModel, method: FineTuningMethod, context: WorkContext
  ) throws -> [TrainingExample] {
    guard let tokenizer = model.tokenizer else {
      throw VerbError("the model has no tokenizer", parameter: "model")
    }
    let pairs = try self.pairs(arguments)
    // A prefix takes its positions from the context.
    let taken = if case .prefix(let positions) = method { positions } else { 0 }
    let length = max(1, model.configuration.context - taken)
    let end = tokenizer.endOfText ?? model.configuration.endTokens.first
    let size = 64
    let parts = try parallelMap((pairs.count + size - 1) / size, context: context) { part in
      try pairs[part * size..<min(pairs.count, (part + 1) * size)].flatMap { pair in
        try context.check()
        let ending = end.map { [$0] } ?? []
        guard let prompt = pair.prompt else {
          return TrainingExample.pieces(
            of: tokenizer.encode(pair.completion) + ending, context: length)
        }
        return [
          TrainingExample(
            prompt: tokenizer.encode(prompt),
            completion: tokenizer.encode(pair.completion, addingSpecialTokens: false) + ending,
            context: length)
        ]
      }
    }
    return parts.flatMap { $0 }
  }

  /// What is read and what is learned; no prompt where all of a text is learned.
  private struct Pair: Sendable {
    var prompt: String?
    var completion: String
  }

  /// A question and its first accepted answer in the words of the standard prompt; the refusal
  /// where the question is marked as unanswerable, nil where no answer is known.
  package static func closedBook(_ query: Query) -> (prompt: String, completion: String)? {
    let template = PromptTemplate.standard
    let isUnanswerable = query.fields.values(of: "kind").contains("unanswerable")
    guard let answer = query.answers.first ?? (isUnanswerable ? template.refusal : nil) else {
      return nil
    }
    return (template.prompt(question: query.text), template.completion(answer))
  }

  /// What `on:` holds, as a lineage shows it.
  static func description(_ arguments: Arguments) throws -> String {
    guard case .artifact = arguments["on"] else {
      return counted(try arguments.list("on").count, "example")
    }
    let handle = try arguments.handle("on", anyOf: [.corpus, .questions])
    return "\(try handle.summaryLine()) (\(handle.digest.short))"
  }

  private static func pairs(_ arguments: Arguments) throws -> [Pair] {
    if case .artifact = arguments["on"] {
      let handle = try arguments.handle("on", anyOf: [.corpus, .questions])
      if handle.kind == .corpus {
        return ModelTexts.texts(of: try handle.object(as: Corpus.self)).map {
          Pair(completion: $0)
        }
      }
      let pairs = try handle.object(as: JudgedSet.self).queries.compactMap { query in
        closedBook(query).map { Pair(prompt: $0.prompt, completion: $0.completion) }
      }
      guard !pairs.isEmpty else {
        throw VerbError("none of the questions has an answer", parameter: "on")
      }
      return pairs
    }
    let items = try arguments.list("on")
    guard !items.isEmpty else { throw VerbError("there are no examples", parameter: "on") }
    return try items.enumerated().map { index, item in
      if let text = item.text { return Pair(completion: text) }
      guard case .record(let record) = item else {
        throw VerbError(
          "expected a text or a record, but item \(index) is \(item.typeName)", parameter: "on")
      }
      if let text = record["text"]?.text { return Pair(completion: text) }
      guard let prompt = record["prompt"]?.text, let completion = record["completion"]?.text
      else {
        throw VerbError(
          "item \(index) has neither prompt and completion nor text", parameter: "on",
          help: "its fields are \(record.fields.map(\.name).joined(separator: ", "))")
      }
      return Pair(prompt: prompt, completion: completion)
    }
  }
}
