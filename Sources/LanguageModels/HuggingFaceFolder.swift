import Bytes
public import Execution
public import Safetensors
public import Tokenizers

/// A folder as `save_pretrained` of transformers writes it: `config.json`, safetensors files,
/// `tokenizer.json`.
public enum HuggingFaceFolder {
  /// The name of the tokenizer's file.
  public static let tokenizerName = "tokenizer.json"
  private static let configurationLimit = 1 << 20
  private static let tokenizerLimit = 100_000_000

  /// Makes a tokenizer of the text of `tokenizer.json`; the second argument is its name in messages.
  public typealias MakeTokenizer = (_ json: [UInt8], _ file: String) throws -> Tokenizer

  /// The paths of the files that ``load(_:mayRead:context:makeTokenizer:)`` reads, sorted within
  /// their kinds: what a stored result depends on.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - mayRead: Which files may be read; nil for those in the folder alone.
  /// - Returns: The folder's path and a name, for each.
  /// - Throws: ``HuggingFaceError/noConfiguration(folder:)``; `SafetensorsError` where there is no
  ///   checkpoint or its index is not sound.
  public static func inputs(_ path: String, mayRead: ReadPermission? = nil) throws -> [String] {
    let folder = try CheckpointFolder(path, mayRead: mayRead)
    try checkForConfiguration(folder)
    let optional = [HuggingFaceConfiguration.generationFileName, tokenizerName]
    let small = [HuggingFaceConfiguration.fileName] + optional.filter(folder.has)
    for name in small { _ = try folder.locate(name) }
    return try small.map(folder.shown) + ShardedCheckpoint.inputs(folder: path, mayRead: mayRead)
  }

  /// The shape of the model in a folder, from its configuration alone: what a load will take can
  /// be told before it begins.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - mayRead: Which files may be read; nil for those in the folder alone.
  /// - Returns: A shape that was validated.
  /// - Throws: ``HuggingFaceError``; `SafetensorsError` for files that cannot be read.
  public static func configuration(_ path: String, mayRead: ReadPermission? = nil) throws
    -> DecoderConfiguration
  {
    try configuration(CheckpointFolder(path, mayRead: mayRead))
  }

  private static func checkForConfiguration(_ folder: CheckpointFolder) throws {
    guard folder.has(HuggingFaceConfiguration.fileName) else {
      throw HuggingFaceError.noConfiguration(folder: folder.path)
    }
  }

  private static func configuration(_ folder: CheckpointFolder) throws -> DecoderConfiguration {
    try checkForConfiguration(folder)
    func read(_ name: String) throws -> [UInt8] {
      try MappedFile.read(
        folder.locate(name), shown: folder.shown(name), limit: configurationLimit)
    }
    let name = HuggingFaceConfiguration.fileName
    let generation = HuggingFaceConfiguration.generationFileName
    return try HuggingFaceConfiguration(
      parsing: read(name), file: folder.shown(name),
      generation: folder.has(generation) ? read(generation) : nil,
      generationFile: folder.shown(generation)
    ).decoder
  }

  /// Reads a model.
  ///
  /// Weights that already lie in a single file as float32 in the order of ``DecoderLayout`` stay
  /// there, mapped; all others are converted into memory, 4 bytes for each, which is allocated
  /// after every tensor was found in the files with its shape. All weights are checked to be
  /// finite. O(weights).
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - mayRead: Which files may be read, by their path with links resolved; nil for those in the
  ///     folder alone.
  ///   - context: Threads to convert with, and when to stop; checked every 16 MB.
  ///   - makeTokenizer: Makes the tokenizer where the folder has one.
  /// - Returns: The model, with a tokenizer where the folder has one.
  /// - Throws: ``HuggingFaceError``, `SafetensorsError`, ``DecoderModelError``;
  ///   `CancellationRequested`; what `makeTokenizer` throws.
  public static func load(
    _ path: String, mayRead: ReadPermission? = nil, context: WorkContext,
    makeTokenizer: MakeTokenizer = { try Tokenizer(tokenizerJSON: $0, file: $1) }
  ) throws -> DecoderModel {
    let folder = try CheckpointFolder(path, mayRead: mayRead)
    let configuration = try configuration(folder)
    let checkpoint = try ShardedCheckpoint(folder)
    let layout = DecoderLayout(configuration)
    let weights = try CheckpointWeights(
      checkpoint, tensors: layout.tensors,
      // Where it is the embedding, files may have it nevertheless.
      repeated: NamedTensor(
        name: "lm_head.weight", shape: [configuration.vocabularySize, configuration.width],
        offset: layout.head),
      // Computed from the configuration; early versions of transformers stored it.
      isPassedOver: { $0.hasSuffix(".rotary_emb.inv_freq") })
    var tokenizer: Tokenizer?
    if folder.has(tokenizerName) {
      try context.check()
      let shown = folder.shown(tokenizerName)
      let json = try MappedFile.read(
        folder.locate(tokenizerName), shown: shown, limit: tokenizerLimit)
      tokenizer = try makeTokenizer(json, shown)
    }
    return try DecoderModel(
      configuration: configuration, weights: weights.read(context: context), tokenizer: tokenizer)
  }
}
