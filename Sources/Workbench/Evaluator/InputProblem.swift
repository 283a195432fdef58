import Artifacts

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
    case AccessError.file(_, let failure): "'\(written)' can't be read: \(failure.reason)"
    case let failure as FileFailure: "'\(written)' can't be read: \(failure.reason)"
    default: "\(error)"
    }
  }

  static func help(_ error: any Error) -> String? {
    switch error {
    case AccessError.outside:
      "a notebook reads inside its workspace; run with --allow-read and the folder to grant more"
    case AccessError.notFound: "paths in a notebook start from the notebook's folder"
    default: nil
    }
  }
}
