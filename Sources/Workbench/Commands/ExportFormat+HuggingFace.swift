import Execution
import Language
import LanguageModels

extension ExportFormat {
  /// For transformers and whatever else reads the folders of Hugging Face.
  static let huggingFace = ExportFormat(
    "hf", summary: "a Hugging Face model folder", kinds: [.model], namesAfterValue: false
  ) { handle, _ in
    let model = try handle.object(as: StoredModel.self).model
    return try HuggingFaceFolder.files(for: model).map { file in
      ExportedFile(
        name: file.name, kind: file.name.hasSuffix(".safetensors") ? .safetensors : .json
      ) { sink in try file.write { try sink.write($0) } }
    }
  }
}
