public import LanguageModels

/// Why there is no encoder in a folder; what is wrong with its members and tensors is a
/// `HuggingFaceError`, and what is wrong with safetensors files a `SafetensorsError`.
public enum EncoderFolderError: Error, Hashable, Sendable {
  /// The folder has no tokenizer.
  case noTokenizer(folder: String, expected: [String])
  /// The members do not make a model together.
  case impossibleShape(file: String, ModelShapeError)
  /// A part of a sentence-transformers model that is not computed here.
  case unsupportedModule(file: String, got: String, supported: [String])
  /// The parts do not make a model together.
  case impossibleModel(folder: String, EncoderModelError)
  /// No folder of that name was found.
  case notInstalled(name: String, hint: String)
  /// No encoder has that name.
  case unknownName(got: String, known: [String], suggestion: String?)
}

extension EncoderFolderError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .noTokenizer(let folder, let expected):
      "\(folder) has no tokenizer (\(expected.joined(separator: " or ")))"
    case .impossibleShape(let file, let error): "\(file): \(error)"
    case .unsupportedModule(let file, let got, let supported):
      "\(file): the model has a part \(got); supported: \(supported.joined(separator: ", "))"
    case .impossibleModel(let folder, let error): "\(folder): \(error)"
    case .notInstalled(let name, let hint): "the encoder \"\(name)\" is not installed: \(hint)"
    case .unknownName(let got, let known, let suggestion):
      "no encoder is named \"\(got)\"; known: \(known.joined(separator: ", "))"
        + (suggestion.map { "; did you mean \"\($0)\"?" } ?? "")
    }
  }
}
