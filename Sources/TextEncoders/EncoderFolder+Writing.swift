import Bytes
public import LanguageModels
import Safetensors
import Tokenizers

extension EncoderFolder {
  /// The files of a folder that sentence-transformers loads the encoder from, and transformers its
  /// transformer.
  ///
  /// - Parameter model: The encoder.
  /// - Returns: The files; names may have a folder in front. Their bytes depend on the model alone.
  /// - Throws: `SafetensorsError` where the model cannot be written.
  public static func files(for model: EncoderModel) throws -> [HuggingFaceFile] {
    let writer = try WeightFile.writer(model.layout.tensors)
    func file(_ name: String, _ json: JSONValue) -> HuggingFaceFile {
      HuggingFaceFile(name: name, bytes: json.serialized(indented: true) + [0x0A])
    }
    var files = [
      HuggingFaceFile(name: configurationName, bytes: model.configuration.serialized()),
      HuggingFaceFile(name: ShardedCheckpoint.singleName, byteCount: writer.byteCount) { sink in
        try WeightFile.write(model.weights, model.layout.tensors, writer, to: sink)
      },
      HuggingFaceFile(name: tokenizerName, bytes: model.tokenizer.tokenizerJSON()),
      file(tokenizerConfigurationName, tokenizerConfiguration(model)),
      file(
        sentenceName,
        .object([
          .init("max_seq_length", .number(model.maximumLength)),
          .init("do_lower_case", .boolean(model.lowercasesTexts)),
        ])),
      file(
        "1_Pooling/config.json",
        .object([
          .init("word_embedding_dimension", .number(model.configuration.width)),
          .init("pooling_mode_cls_token", .boolean(model.pooling == .firstToken)),
          .init("pooling_mode_mean_tokens", .boolean(model.pooling == .mean)),
          .init("pooling_mode_max_tokens", false),
          .init("pooling_mode_mean_sqrt_len_tokens", false),
        ])),
    ]
    var modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    if model.normalizes { modules.append(("2_Normalize", "Normalize")) }
    files.append(
      file(
        modulesName,
        .list(
          modules.enumerated().map { index, module in
            .object([
              .init("idx", .number(index)), .init("name", .string("\(index)")),
              .init("path", .string(module.0)),
              .init("type", .string("sentence_transformers.models.\(module.1)")),
            ])
          })))
    return files
  }

  /// What `AutoTokenizer` needs beside `tokenizer.json`: the class that reads it, and which tokens
  /// do what.
  private static func tokenizerConfiguration(_ model: EncoderModel) -> JSONValue {
    let tokenizer = model.tokenizer
    var members: [JSONValue.Member] = [
      .init("tokenizer_class", "PreTrainedTokenizerFast"),
      .init("model_max_length", .number(model.maximumLength)),
      .init("clean_up_tokenization_spaces", true),
    ]
    for (name, id) in [
      ("unk_token", tokenizer.unknown), ("cls_token", tokenizer.beginOfText),
      ("sep_token", tokenizer.endOfText), ("pad_token", tokenizer.padding),
      ("mask_token", tokenizer.id(of: "[MASK]")),
    ] {
      if let text = id.flatMap({ tokenizer.token($0) }) {
        members.append(.init(name, .string(text)))
      }
    }
    return .object(members)
  }
}
