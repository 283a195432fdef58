import Execution
import Language
import LanguageModels
import Safetensors
import TextEncoders

extension ExportFormat {
  /// For transformers, sentence-transformers and whatever else reads the folders of Hugging Face.
  static let huggingFace = ExportFormat(
    "hf", summary: "a Hugging Face folder of a model or an encoder", kinds: [.model, .encoder],
    namesAfterValue: false
  ) { handle, _ in try files(of: handle, type: .float32).map(exported) }

  /// The same of a model in half the bytes; what it answers may differ in the last digits.
  static let huggingFaceBrain = ExportFormat(
    "hf-bf16", summary: "a Hugging Face folder of a model, its weights rounded to bfloat16",
    kinds: [.model], namesAfterValue: false
  ) { handle, _ in try files(of: handle, type: .bfloat16).map(exported) }

  private static func exported(_ file: HuggingFaceFile) -> ExportedFile {
    ExportedFile(
      name: file.name, kind: file.name.hasSuffix(".safetensors") ? .safetensors : .json
    ) { sink in try file.write { try sink.write($0) } }
  }

  private static func files(
    of handle: ArtifactHandle, type: TensorType
  ) throws -> [HuggingFaceFile] {
    guard handle.kind == .encoder else {
      let model = try handle.object(as: StoredModel.self).model
      if let adapter = model.adapter {
        throw VerbError(
          "the model carries \(adapter.article), for which a model folder has no place",
          help: "save merge(…) of it, or the adapter alone with --as peft")
      }
      return try HuggingFaceFolder.files(for: model, type: type)
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

  /// For PEFT: an adapter without its base.
  static let peft = ExportFormat(
    "peft", summary: "a LoRA or a prefix as a PEFT folder", kinds: [.model],
    namesAfterValue: false
  ) { handle, name in
    do {
      return try adapterFiles(handle, name, forPEFT: true)
    } catch let error as AdapterFolderError {
      throw VerbError("\(error)", help: "'--as adapter' writes a folder that adapter(…) reads")
    }
  }

  /// An adapter without its base, of any kind: those that PEFT has in its form.
  static let adapter = ExportFormat(
    "adapter", summary: "an adapter's folder, for adapter(…)", kinds: [.model],
    namesAfterValue: false
  ) { handle, name in try adapterFiles(handle, name, forPEFT: false) }

  private static func adapterFiles(
    _ handle: ArtifactHandle, _ name: String, forPEFT: Bool
  ) throws -> [ExportedFile] {
    guard let adapter = try handle.object(as: StoredModel.self).model.adapter else {
      throw VerbError(
        "'\(name)' has weights of its own and no adapter", help: "'--as hf' writes its folder")
    }
    return try AdapterFolder.files(for: adapter, forPEFT: forPEFT).map(exported)
  }
}
