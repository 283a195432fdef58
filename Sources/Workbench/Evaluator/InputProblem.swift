import Artifacts
import Diagnostics
import Glibc

/// Words for a path that can't be read, without where the workspace lies on this machine: they
/// may end in the document.
enum InputProblem {
  static func text(_ error: any Error, written: String) -> String {
    switch error {
    case AccessError.outside: "'\(written)' is outside the workspace"
    case AccessError.system: "'\(written)' is a system file, which notebooks never read"
    case AccessError.notFound: "there is no file '\(written)'"
    case AccessError.special(_, let kind):
      "'\(written)' is a \(kind); only regular files and folders are read"
    case AccessError.tooManyLinks: "'\(written)' leads through too many symbolic links"
    case AccessError.invalid: "'\(written.prefix(200))' is not a path"
    case AccessError.file(_, let failure): "'\(written)' can't be read: \(reason(failure))"
    case is ReadsItself:
      "'\(written)' holds this notebook itself, whose outputs would change what it reads"
    case let failure as FileFailure: "'\(written)' can't be read: \(reason(failure))"
    case let error as VerbError: error.message
    default: "\(error)"
    }
  }

  /// A message with a path as the notebook has it: where files lie on this machine has no place
  /// in a document.
  static func text(_ message: String, without path: String, written: String) -> String {
    TableOperations.split(message, at: path).joined(separator: written)
  }

  /// The system's reason in words, without the path.
  static func reason(_ failure: FileFailure) -> String {
    switch failure.reason {
    case .notFound: "there is no such file"
    case .denied: "permission denied"
    case .notRegular: "it is not a regular file"
    case .tooLarge(_, let limit): "it is larger than \(limit) bytes"
    case .sizeLimit: "it is too large"
    case .changed: "it changed while it was read"
    default: failure.code == EISDIR ? "it is a folder" : String(cString: strerror(failure.code))
    }
  }

  static func help(
    _ error: any Error, written: String, shortNames: [String] = []
  ) -> String? {
    switch error {
    case AccessError.notFound where !shortNames.isEmpty:
      // A path given from outside is absolute by now.
      closestName(to: String(written.split(separator: "/").last ?? ""), among: shortNames)
        .map { "did you mean \"\($0)\"?" }
        ?? "give a folder, or one of the names \(shortNames.joined(separator: ", "))"
    case AccessError.outside:
      "a notebook reads inside its workspace; run with --allow-read and the folder to grant more"
    case is ReadsItself: "load a folder beside the notebook, such as \"docs\""
    case AccessError.notFound: "paths in a notebook start from the notebook's folder"
    default: nil
    }
  }
}
