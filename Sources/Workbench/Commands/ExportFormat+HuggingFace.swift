import Execution
import Language
import LanguageModels

extension ExportFormat {
  /// For transformers and whatever else reads the folders of Hugging Face.
  static let huggingFace = ExportFormat(
    "hf", summary: "a Hugging Face model folder", kinds: [.model], namesAfterValue: false
  ) { handle, _ in
    let model = try handle.object(as: StoredModel.self).model
    if let adapter = model.adapter {
      throw VerbError(
        "the model carries \(adapter.article), for which a model folder has no place",
        help: "save merge(…) of it, or the adapter alone with --as peft")
    }
    return try HuggingFaceFolder.files(for: model).map { file in
      ExportedFile(
        name: file.name, kind: file.name.hasSuffix(".safetensors") ? .safetensors : .json
      ) { sink in try file.write { try sink.write($0) } }
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
    return try AdapterFolder.files(for: adapter, forPEFT: forPEFT).map { file in
      ExportedFile(
        name: file.name, kind: file.name.hasSuffix(".safetensors") ? .safetensors : .json
      ) { sink in try file.write { try sink.write($0) } }
    }
  }
}
