import Diagnostics

/// A command line that was not understood; the program ends with status 2.
enum UsageError: Error, CustomStringConvertible {
  case unknownCommand(String)
  case unknownOption(String, command: CommandSpec)
  case missingValue(String, command: CommandSpec)
  case unexpectedValue(String, command: CommandSpec)
  case repeated(String, command: CommandSpec)
  case operands(got: Int, command: CommandSpec)
  /// The command can't do without this option.
  case missingOption(String, command: String)
  /// The first word after the command is none that it knows, or something is missing after it.
  case unknownAction(String, command: String, known: [String])
  case badValue(option: String, got: String, expected: String)

  var description: String {
    switch self {
    case .unknownCommand(let word):
      "there is no command '\(word)'" + suggestion(word, Commands.all.map(\.name))
        + "\nrun 'poise help' for all commands"
    case .unknownOption(let name, let command):
      "'poise \(command.name)' has no option '\(name)'"
        + suggestion(name, command.options.map(\.name)) + usage(command)
    case .missingValue(let name, let command): "'\(name)' needs a value" + usage(command)
    case .unexpectedValue(let name, let command): "'\(name)' takes no value" + usage(command)
    case .repeated(let name, let command): "'\(name)' is given twice" + usage(command)
    case .operands(let got, let command):
      (got < command.operandCount.lowerBound ? "something is missing" : "there are too many words")
        + usage(command)
    case .missingOption(let name, let command):
      "'poise \(command)' needs '\(name)'; 'poise help \(command)' tells more"
    case .unknownAction(let word, let command, let known):
      "'poise \(command) \(word)' is not understood" + suggestion(word, known)
        + "; 'poise help \(command)' tells more"
    case .badValue(let option, let got, let expected):
      "'\(option)' expects \(expected), got '\(got)'"
    }
  }

  private func suggestion(_ word: String, _ names: [String]) -> String {
    closestName(to: word, among: names).map { "; did you mean '\($0)'?" } ?? ""
  }

  private func usage(_ command: CommandSpec) -> String { "\nusage: \(command.usage)" }
}
