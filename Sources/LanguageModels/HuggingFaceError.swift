/// Why a folder is not a checkpoint that is read here, or a model is none that can be written as one.
///
/// What is wrong with the safetensors files themselves is a `SafetensorsError`.
public enum HuggingFaceError: Error, Hashable, Sendable {
  /// The folder has no configuration.
  case noConfiguration(folder: String)
  /// A member that has no default is not there.
  case missingMember(file: String, member: String, expected: String, suggestion: String?)
  /// A member has a value that it cannot have.
  case wrongValue(file: String, member: String, expected: String, got: String)
  /// A member asks for something that models here do not have.
  case unsupported(file: String, member: String, got: String, supported: [String])
  /// The model is of a class that is not read here.
  case unknownArchitecture(file: String, got: String, supported: [String], suggestion: String?)
  /// The members do not make a model together.
  case impossibleShape(file: String, ModelShapeError)
  /// Tensors that a model of this shape has are not in the files. `suggestion` is a tensor of the
  /// files that the model does not have and whose name is like that of the first missing one.
  case missingTensors(folder: String, names: [String], suggestion: String?)
  /// The files have tensors that a model of this shape does not have.
  case unexpectedTensors(folder: String, names: [String])
  /// A tensor has another shape than `config.json` gives it.
  case wrongShape(file: String, tensor: String, expected: [Int], got: [Int])
  /// The output projection is to be the embedding, but the file has another one.
  case headDiffers(file: String, tensor: String, index: Int)
  /// A weight is infinite or NaN.
  case notFinite(file: String, tensor: String, index: Int, value: String)
  /// No class of `transformers` has a model of this shape.
  case unwritable(member: String, expected: String, got: String)
  /// Bytes that are no stored model.
  case notStored(file: String, expected: String, got: String)
}

extension HuggingFaceError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .noConfiguration(let folder):
      "\(folder) has no \(HuggingFaceConfiguration.fileName), so it is no model's folder"
    case .missingMember(let file, let member, let expected, let suggestion):
      "\(file) has no '\(member)' (\(expected))" + meant(suggestion)
    case .wrongValue(let file, let member, let expected, let got):
      "\(file): '\(member)' has to be \(expected), got \(got)"
    case .unsupported(let file, let member, let got, let supported):
      "\(file): '\(member)' is \(got); supported: \(listed(supported))"
    case .unknownArchitecture(let file, let got, let supported, let suggestion):
      "\(file): the model is a \(got); supported: \(listed(supported))" + meant(suggestion)
    case .impossibleShape(let file, let error): "\(file): \(error)"
    case .missingTensors(let folder, let names, let suggestion):
      "\(folder) lacks \(counted(names)): \(listed(names))" + meant(suggestion)
        + (names == ["lm_head.weight"]
          ? "; without it config.json has to say \"tie_word_embeddings\": true" : "")
    case .unexpectedTensors(let folder, let names):
      "\(folder) has \(counted(names)) that a model of this shape does not have: \(listed(names))"
    case .wrongShape(let file, let tensor, let expected, let got):
      "\(file): '\(tensor)' has the shape \(got); by config.json it is \(expected)"
    case .headDiffers(let file, let tensor, let index):
      "\(file): '\(tensor)' differs from the embedding at element \(index), but config.json says "
        + "that they are one"
    case .notFinite(let file, let tensor, let index, let value):
      "\(file): element \(index) of '\(tensor)' is \(value)"
    case .unwritable(let member, let expected, let got):
      "the model cannot be written for transformers: '\(member)' has to be \(expected), got \(got)"
    case .notStored(let file, let expected, let got):
      "\(file) is no stored model: expected \(expected), got \(got)"
    }
  }

  private func meant(_ suggestion: String?) -> String {
    suggestion.map { "; did you mean '\($0)'?" } ?? ""
  }

  private func counted(_ names: [String]) -> String {
    names.count == 1 ? "a tensor" : "\(names.count) tensors"
  }

  private func listed(_ names: [String]) -> String {
    names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
  }
}
