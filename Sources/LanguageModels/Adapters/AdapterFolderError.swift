/// Why a folder is no adapter that goes with a model, or an adapter can't be written as one.
///
/// What is wrong with the safetensors file itself is a `SafetensorsError`.
public enum AdapterFolderError: Error, Hashable, Sendable {
  /// The folder has no configuration.
  case noConfiguration(folder: String)
  /// The folder has no numbers.
  case noWeights(folder: String, instead: String?)
  /// A member that has no default is not there.
  case missingMember(file: String, member: String, expected: String)
  /// A member has a value that it cannot have.
  case wrongValue(file: String, member: String, expected: String, got: String)
  /// A member asks for something that adapters here do not have.
  case unsupported(file: String, member: String, got: String, supported: [String])
  /// A module is named that models here do not have, or to which nothing can be added.
  case unknownModule(file: String, got: String, supported: [String], suggestion: String?)
  /// The adapter is for a base of another shape.
  case wrongBase(file: String, member: String, expected: Int, got: Int)
  /// Tensors that the configuration asks for are not in the file. `suggestion` is one of the file
  /// that was not asked for and whose name is like that of the first missing one.
  case missingTensors(file: String, names: [String], suggestion: String?)
  /// The file has tensors that the configuration does not ask for.
  case unexpectedTensors(file: String, names: [String])
  /// A tensor has another shape than configuration and base give it.
  case wrongShape(file: String, tensor: String, expected: [Int], got: [Int])
  /// The configuration makes no adapter for this base.
  case impossible(file: String, AdapterError)
  /// PEFT has no such adapters.
  case unwritable(kind: String)
  /// Bytes that are no stored adapter.
  case notStored(expected: String, got: String)
}

extension AdapterFolderError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .noConfiguration(let folder):
      "\(folder) has no \(AdapterFolder.configurationName), so it is no adapter's folder"
    case .noWeights(let folder, let instead):
      "\(folder) has no \(AdapterFolder.weightsName)"
        + (instead.map { "; \($0) is not read: save the adapter as safetensors" } ?? "")
    case .missingMember(let file, let member, let expected):
      "\(file) has no '\(member)' (\(expected))"
    case .wrongValue(let file, let member, let expected, let got):
      "\(file): '\(member)' has to be \(expected), got \(got)"
    case .unsupported(let file, let member, let got, let supported):
      "\(file): '\(member)' is \(got); supported: \(supported.joined(separator: ", "))"
    case .unknownModule(let file, let got, let supported, let suggestion):
      "\(file): nothing can be added to '\(got)' of this base"
        + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
        + "; supported: \(supported.joined(separator: ", "))"
    case .wrongBase(let file, let member, let expected, let got):
      "\(file): '\(member)' is \(got), but the base has \(expected): the adapter is for another model"
    case .missingTensors(let file, let names, let suggestion):
      "\(file) lacks \(counted(names)): \(listed(names))"
        + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
    case .unexpectedTensors(let file, let names):
      "\(file) has \(counted(names)) that \(AdapterFolder.configurationName) does not ask for: "
        + listed(names)
    case .wrongShape(let file, let tensor, let expected, let got):
      "\(file): '\(tensor)' has the shape \(got); for this base and configuration it is \(expected)"
    case .impossible(let file, let error): "\(file): \(error)"
    case .unwritable(let kind): "PEFT has no type for \(kind)"
    case .notStored(let expected, let got):
      "not a stored adapter: expected \(expected), got \(got)"
    }
  }

  private func counted(_ names: [String]) -> String {
    names.count == 1 ? "a tensor" : "\(names.count) tensors"
  }

  private func listed(_ names: [String]) -> String {
    names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
  }
}
