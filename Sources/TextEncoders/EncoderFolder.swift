import Bytes
public import Execution
import LanguageModels
public import Safetensors
import Tokenizers

/// A folder as sentence-transformers or transformers writes a BERT-type encoder: `config.json`,
/// safetensors files, `tokenizer.json` or `vocab.txt`, and, from sentence-transformers,
/// `modules.json`, `1_Pooling/config.json` and `sentence_bert_config.json`.
public enum EncoderFolder {
  static let configurationName = "config.json"
  static let modulesName = "modules.json"
  static let sentenceName = "sentence_bert_config.json"
  static let tokenizerName = "tokenizer.json"
  static let vocabularyName = "vocab.txt"
  static let tokenizerConfigurationName = "tokenizer_config.json"
  private static let configurationLimit = 1 << 20
  private static let tokenizerLimit = 100_000_000

  /// The paths of the files that ``load(_:mayRead:context:)`` reads: what a stored result depends
  /// on.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - mayRead: Which files may be read, by their path with links resolved; nil for those in the
  ///     folder alone.
  /// - Returns: The folder's path and a name, for each.
  /// - Throws: As ``load(_:mayRead:context:)``, for what the list depends on.
  public static func inputs(_ path: String, mayRead: ReadPermission? = nil) throws -> [String] {
    let folder = try CheckpointFolder(path, mayRead: mayRead)
    let modules = try modules(folder)
    let inner = try modules.inner(folder, path, mayRead)
    guard inner.has(configurationName) else {
      throw HuggingFaceError.noConfiguration(folder: inner.path)
    }
    var files: [String] = []
    func add(_ folder: CheckpointFolder, _ name: String) throws {
      _ = try folder.locate(name)
      files.append(folder.shown(name))
    }
    if folder.has(modulesName) { try add(folder, modulesName) }
    if let pooling = modules.pooling, folder.has(pooling) { try add(folder, pooling) }
    for name in [configurationName, sentenceName, tokenizerName, tokenizerConfigurationName]
    where inner.has(name) {
      try add(inner, name)
    }
    if !inner.has(tokenizerName), inner.has(vocabularyName) { try add(inner, vocabularyName) }
    return try files + ShardedCheckpoint.inputs(folder: inner.path, mayRead: mayRead)
  }

  /// The shape of the encoder in a folder, from its configuration alone.
  ///
  /// - Throws: `HuggingFaceError`, ``EncoderFolderError``, `SafetensorsError`.
  public static func configuration(_ path: String, mayRead: ReadPermission? = nil) throws
    -> EncoderConfiguration
  {
    let folder = try CheckpointFolder(path, mayRead: mayRead)
    return try configuration(modules(folder).inner(folder, path, mayRead))
  }

  /// Reads an encoder.
  ///
  /// Without `modules.json` the vectors of tokens are averaged, as sentence-transformers does.
  /// Weights may be float32, float16 or bfloat16 and have the prefix `bert.`; they are checked to
  /// be finite. O(weights).
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - mayRead: Which files may be read, by their path with links resolved; nil for those in the
  ///     folder alone.
  ///   - context: Threads to convert with, and when to stop.
  /// - Returns: The encoder, with its tokenizer.
  /// - Throws: ``EncoderFolderError``, `HuggingFaceError`, `SafetensorsError`, `TokenizerError`,
  ///   `CancellationRequested`.
  public static func load(
    _ path: String, mayRead: ReadPermission? = nil, context: WorkContext
  ) throws -> EncoderModel {
    let folder = try CheckpointFolder(path, mayRead: mayRead)
    let modules = try modules(folder)
    let inner = try modules.inner(folder, path, mayRead)
    let configuration = try configuration(inner)
    var pooling = EncoderModel.Pooling.mean
    if let name = modules.pooling {
      pooling = try self.pooling(settings(folder, name), width: configuration.width)
    }
    let sentence = inner.has(sentenceName) ? try settings(inner, sentenceName) : nil
    let lowercases = try sentence?.flag("do_lower_case", default: false) ?? false
    let length =
      try sentence?.size("max_seq_length", 1...configuration.positions, default: nil)
      ?? tokenizerLength(inner, configuration)
    let checkpoint = try ShardedCheckpoint(inner)
    let weights = try weights(checkpoint, EncoderLayout(configuration))
    try context.check()
    let tokenizer = try tokenizer(inner)
    do {
      return try EncoderModel(
        configuration: configuration, weights: weights.read(context: context),
        tokenizer: tokenizer, pooling: pooling, normalizes: modules.normalizes,
        maximumLength: length, lowercasesTexts: lowercases)
    } catch let error as EncoderModelError {
      throw EncoderFolderError.impossibleModel(folder: path, error)
    }
  }

  /// Names may begin with `bert.`, as those of models with a head do, and norms may have the names
  /// that TensorFlow gave their weights. Poolers, heads and stored positions are passed over.
  private static func weights(_ checkpoint: ShardedCheckpoint, _ layout: EncoderLayout) throws
    -> CheckpointWeights
  {
    let prefix =
      checkpoint.tensors.contains { $0.name.hasPrefix("bert.embeddings.") } ? "bert." : ""
    let norms = [
      ("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta"),
    ]
    let passedOver = ["pooler.", "cls.", "embeddings.position_ids"]
    return try CheckpointWeights(
      checkpoint, tensors: layout.tensors,
      spellings: { name in
        guard let (new, old) = norms.first(where: { name.hasSuffix($0.0) }) else {
          return [prefix + name]
        }
        return [prefix + name, prefix + name.dropLast(new.count) + old]
      },
      isPassedOver: { name in
        let bare = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
        return passedOver.contains { bare.hasPrefix($0) }
      })
  }

  private static func settings(_ folder: CheckpointFolder, _ name: String) throws
    -> ConfigurationReader
  {
    try ConfigurationReader(read(folder, name), file: folder.shown(name))
  }

  private static func read(_ folder: CheckpointFolder, _ name: String) throws -> [UInt8] {
    try MappedFile.read(folder.locate(name), shown: folder.shown(name), limit: configurationLimit)
  }

  private static func configuration(_ folder: CheckpointFolder) throws -> EncoderConfiguration {
    guard folder.has(configurationName) else {
      throw HuggingFaceError.noConfiguration(folder: folder.path)
    }
    return try EncoderConfiguration(
      parsing: read(folder, configurationName), file: folder.shown(configurationName))
  }

  /// What the tokenizer says of the longest text, where that is less than the positions.
  private static func tokenizerLength(
    _ folder: CheckpointFolder, _ configuration: EncoderConfiguration
  ) throws -> Int {
    guard folder.has(tokenizerConfigurationName) else { return configuration.positions }
    let settings = try settings(folder, tokenizerConfigurationName)
    // Where nobody knew it, transformers wrote 1e30.
    guard let length = settings.json["model_max_length"]?.integer, length > 0 else {
      return configuration.positions
    }
    return min(length, configuration.positions)
  }

  private static func tokenizer(_ folder: CheckpointFolder) throws -> Tokenizer {
    func read(_ name: String) throws -> [UInt8] {
      try MappedFile.read(folder.locate(name), shown: folder.shown(name), limit: tokenizerLimit)
    }
    if folder.has(tokenizerName) {
      return try Tokenizer(
        tokenizerJSON: read(tokenizerName), file: folder.shown(tokenizerName))
    }
    guard folder.has(vocabularyName) else {
      throw EncoderFolderError.noTokenizer(
        folder: folder.path, expected: [tokenizerName, vocabularyName])
    }
    let configuration = tokenizerConfigurationName
    return try Tokenizer(
      vocabulary: read(vocabularyName),
      configuration: folder.has(configuration) ? read(configuration) : nil,
      file: folder.shown(vocabularyName), configurationFile: folder.shown(configuration))
  }

  // MARK: - The parts of sentence-transformers

  private struct Modules {
    /// The folder of the transformer; nil for the folder itself.
    var transformer: String?
    /// The configuration of the pooling, where there is one.
    var pooling: String?
    var normalizes = false

    func inner(_ folder: CheckpointFolder, _ path: String, _ mayRead: ReadPermission?) throws
      -> CheckpointFolder
    {
      guard let transformer else { return folder }
      return try CheckpointFolder(folder.shown(transformer), mayRead: mayRead)
    }
  }

  private static func modules(_ folder: CheckpointFolder) throws -> Modules {
    guard folder.has(modulesName) else { return Modules() }
    let file = folder.shown(modulesName)
    let json = try JSONValue(strict: read(folder, modulesName), file: file)
    guard let items = json.list else {
      throw HuggingFaceError.wrongValue(
        file: file, member: "the whole file", expected: "a list", got: json.kind)
    }
    var modules = Modules()
    var kinds: [String] = []
    for item in items {
      let module = ConfigurationReader(item, file: file)
      let type = try module.text("type") ?? ""
      let kind = String(type.split(separator: ".").last ?? "")
      let path = try module.text("path") ?? ""
      guard !path.contains("/"), path != ".", path != "..", !path.utf8.contains(0) else {
        throw module.wrong("path", "the name of a folder", "\"\(path)\"")
      }
      switch kind {
      case "Transformer": modules.transformer = path.isEmpty ? nil : path
      case "Pooling":
        modules.pooling = path.isEmpty ? configurationName : "\(path)/\(configurationName)"
      case "Normalize": modules.normalizes = true
      // Dropout does nothing outside training.
      case "Dropout": continue
      default:
        throw EncoderFolderError.unsupportedModule(
          file: file, got: type.isEmpty ? "without a type" : type,
          supported: ["Transformer", "Pooling", "Normalize"])
      }
      kinds.append(kind)
    }
    let order = ["Transformer", "Pooling", "Normalize"]
    guard kinds == order || kinds == Array(order.prefix(2)) else {
      throw EncoderFolderError.unsupportedModule(
        file: file, got: "list of \(kinds.joined(separator: ", "))",
        supported: ["Transformer, Pooling, with or without Normalize"])
    }
    return modules
  }

  private static func pooling(_ settings: ConfigurationReader, width: Int) throws
    -> EncoderModel.Pooling
  {
    if let size = try settings.size("word_embedding_dimension", 1...1_048_576, default: nil),
      size != width
    {
      throw settings.wrong("word_embedding_dimension", "the model's width, \(width)", "\(size)")
    }
    let modes = [
      ("pooling_mode_mean_tokens", EncoderModel.Pooling.mean),
      ("pooling_mode_cls_token", .firstToken),
    ]
    // Newer versions name the one mode, older ones set a flag for each.
    if let mode = try settings.text("pooling_mode") {
      guard let known = EncoderModel.Pooling(rawValue: mode) else {
        throw HuggingFaceError.unsupported(
          file: settings.file, member: "pooling_mode", got: "\"\(mode)\"",
          supported: ["mean", "cls"])
      }
      return known
    }
    for member in settings.json.members ?? [] where member.name.hasPrefix("pooling_mode_") {
      let isOn = try settings.flag(member.name, default: false)
      guard isOn, !modes.contains(where: { $0.0 == member.name }) else { continue }
      throw HuggingFaceError.unsupported(
        file: settings.file, member: member.name, got: "true", supported: modes.map(\.0))
    }
    let chosen = try modes.filter { try settings.flag($0.0, default: false) }
    guard chosen.count == 1 else {
      throw HuggingFaceError.unsupported(
        file: settings.file, member: "pooling_mode", got: "\(chosen.count) modes at once",
        supported: modes.map(\.0))
    }
    return chosen[0].1
  }
}
