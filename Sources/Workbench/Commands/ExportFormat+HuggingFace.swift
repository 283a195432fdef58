import Execution
import Language
import LanguageModels
import TextEncoders

extension ExportFormat {
  /// For transformers, sentence-transformers and whatever else reads the folders of Hugging Face.
  static let huggingFace = ExportFormat(
    "hf", summary: "a Hugging Face folder of a model or an encoder", kinds: [.model, .encoder],
    namesAfterValue: false
  ) { handle, _ in
    try files(of: handle).map { file in
      ExportedFile(
        name: file.name, kind: file.name.hasSuffix(".safetensors") ? .safetensors : .json
      ) { sink in try file.write { try sink.write($0) } }
    }
  }

  private static func files(of handle: ArtifactHandle) throws -> [HuggingFaceFile] {
    guard handle.kind == .encoder else {
      return try HuggingFaceFolder.files(for: handle.object(as: StoredModel.self).model)
    }
    switch try handle.object(as: StoredEncoder.self).engine {
    case .bert(let encoder): return try EncoderFolder.files(for: encoder.model)
    case .fixed:
      throw VerbError("a static encoder has no layers, so it is no model of that kind")
    case .decoder:
      throw VerbError(
        "the encoder is a language model's hidden states",
        help: "save the model that encoder(…) was given")
    case .projected:
      throw VerbError(
        "a projected encoder has a part that such folders don't",
        help: "save the encoder that project(…) was given")
    }
  }
}
