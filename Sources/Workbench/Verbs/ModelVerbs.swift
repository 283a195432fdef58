import Corpora
import Diagnostics
import Execution
import Language
import LanguageModels
import Tokenizers

extension VerbLibrary {
  /// Models and tokenizers.
  static var modelVerbs: [Verb] { [loadModel, tokenizer] }

  private static let loadModel = Verb(
    VerbSignature(
      "load_model", topic: "models", .compute,
      summary: "Loads a Llama or Qwen2 model from a Hugging Face folder.",
      example: "base = load_model(\"base-model\")",
      parameters: [
        .init(
          "path", .path, positional: true,
          "A folder with config.json, safetensors and tokenizer.json.")
      ],
      result: { _ in .artifact("model") }),
    files: { try HuggingFaceFolder.inputs($0) },
    estimate: { _, inputs in
      guard let path = inputs["path"]?.path else { return nil }
      let configuration = try HuggingFaceFolder.configuration(path)
      return PlannedWork(memoryBytes: 8 * configuration.parameterCount)
    }
  ) { arguments, context in
    let input = try context.input("path")
    // What may be read was decided when the path was resolved: those files and no others.
    let allowed = Set(input.files)
    let model = try HuggingFaceFolder.load(
      input.path, mayRead: { allowed.contains($0) }, context: context.work
    ) { try Tokenizer(tokenizerJSON: $0, file: $1) }
    context.count(WorkCount.parameters, Double(model.layout.count))
    return try context.artifact(.model, StoredModel(model: model, training: nil))
  }

  private static let tokenizer = Verb(
    VerbSignature(
      "tokenizer", topic: "models", .compute,
      summary: "Learns a tokenizer from a corpus: byte-level BPE, or plainer units.",
      example: "tokens = tokenizer(docs.corpus, vocabulary: 2048)",
      parameters: [
        .init("corpus", .artifact("corpus"), positional: true, "The texts."),
        .init(
          "vocabulary", .number, default: "2048",
          "How many tokens at most; only bpe and words learn so many."),
        .init(
          "units", .string, default: "\"bpe\"", choices: TokenizerUnits.names,
          "What a token is: merged bytes, bytes, characters or words."),
      ],
      result: { _ in .artifact("tokenizer") })
  ) { arguments, context in
    let corpus = try arguments.handle("corpus", .corpus).object(as: Corpus.self)
    let trained = try TokenizerUnits.train(
      try TokenizerUnits.known(arguments.string("units"), parameter: "units"),
      texts: ModelTexts.texts(of: corpus),
      vocabulary: try arguments.integer("vocabulary", in: 2...1_000_000), context: context.work)
    return try context.artifact(.tokenizer, trained)
  }
}

/// The tokenizers that can be learned from a corpus. All end a text with a token of its own.
enum TokenizerUnits {
  static let names = ["bpe", "bytes", "characters", "words"]
  static let endOfText = "<|endoftext|>"

  /// The units where they are some that can be learned: words that a notebook computes are not
  /// checked before the run.
  static func known(_ units: String, parameter: String) throws -> String {
    guard names.contains(units) else {
      throw VerbError(
        "there are no units '\(units)'", parameter: parameter,
        help: closestName(to: units, among: names).map { "did you mean '\($0)'?" }
          ?? "there are \(names.joined(separator: ", "))")
    }
    return units
  }

  static func train(
    _ units: String, texts: [String], vocabulary: Int, context: WorkContext
  ) throws -> Tokenizer {
    switch units {
    case "bytes": return try Tokenizer.bytes(specialTokens: [endOfText])
    case "characters":
      return try Tokenizer.trainCharacters(
        texts, specialTokens: [endOfText, "<unk>"], unknown: "<unk>", context: context)
    case "words":
      return try Tokenizer.trainWords(
        texts, vocabularySize: vocabulary, specialTokens: [endOfText], context: context)
    default:
      guard vocabulary >= 257 else {
        throw VerbError(
          "expected a vocabulary of at least 257 for 256 bytes and the end of a text, "
            + "got \(vocabulary)", parameter: "vocabulary",
          help: "'characters' and 'words' can have fewer tokens")
      }
      return try Tokenizer.trainByteLevelBPE(
        texts, vocabularySize: vocabulary, specialTokens: [endOfText], minimumFrequency: 2,
        context: context)
    }
  }
}

/// Texts that models read, out of the engine's objects.
enum ModelTexts {
  /// Each document: its title, where it has one, on a line of its own, then its text.
  static func texts(of corpus: Corpus) -> [String] {
    corpus.documents.map { $0.title.isEmpty ? $0.text : $0.title + "\n" + $0.text }
  }

  /// The tokens of all texts, each ended by the token for that where there is one.
  static func tokens(
    _ texts: [String], _ tokenizer: Tokenizer, context: WorkContext
  ) throws -> [Int32] {
    // In parts of fixed size, so that the order is that of the texts.
    let size = 64
    let parts = try parallelMap((texts.count + size - 1) / size, context: context) { part in
      var tokens: [Int32] = []
      for text in texts[part * size..<min(texts.count, (part + 1) * size)] {
        try context.check()
        tokens += tokenizer.encode(text)
        if let end = tokenizer.endOfText { tokens.append(end) }
      }
      return tokens
    }
    return parts.flatMap { $0 }
  }
}
