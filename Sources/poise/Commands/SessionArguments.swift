import Glibc
import Workbench

/// Options that all commands share which open a notebook.
enum SessionArguments {
  static let options: [CommandSpec.Option] = [
    .values("-p", "NAME=VALUE", "give a parameter a value"),
    .value("--store", "DIR", "the artifact store to use"),
    .values("--allow-read", "DIR", "let the notebook read below this folder, too"),
    .value("--threads", "N", "threads for parallel work; results never depend on it"),
  ]

  static func parse(_ arguments: ParsedArguments) throws -> SessionOptions {
    var options = SessionOptions()
    options.store = arguments.value("--store") ?? Workspace.environment("POISE_STORE")
    options.allowedReads = arguments.all("--allow-read")
    for pair in arguments.all("-p") {
      guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
        throw UsageError.badValue(option: "-p", got: pair, expected: "NAME=VALUE")
      }
      options.overrides.set(
        String(pair[..<equals]), to: String(pair[pair.index(after: equals)...]))
    }
    options.threads = max(1, min(64, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    if let text = arguments.value("--threads") {
      guard let count = Int(text), (1...256).contains(count) else {
        throw UsageError.badValue(
          option: "--threads", got: text, expected: "a number from 1 to 256")
      }
      options.threads = count
    }
    return options
  }
}
