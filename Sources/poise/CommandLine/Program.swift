import Glibc
import Workbench

/// The program: finds the command, runs it, and turns errors into words and an exit status.
enum Program {
  static func run(_ words: [String]) -> Int32 {
    // A pipe that closes early ends the writing, not the program with unsaved outputs.
    signal(SIGPIPE, SIG_IGN)
    NotebookSession.prepareProcess()
    do {
      return try dispatch(words)
    } catch let error as UsageError {
      Terminal.printError("poise: \(error)")
      return ExitStatus.usage.rawValue
    } catch let error as SessionError {
      Terminal.printError("poise: \(error)")
      return error.status.rawValue
    } catch {
      Terminal.printError("poise: \(error)")
      return ExitStatus.failed.rawValue
    }
  }

  private static func dispatch(_ words: [String]) throws -> Int32 {
    guard let first = words.first else { return try Commands.repl(nil, words: []) }
    switch first {
    case "help", "--help", "-h":
      guard words.count > 1 else {
        Terminal.print(Commands.help)
        return 0
      }
      Terminal.print(try command(words[1]).help)
      return 0
    case "--version":
      Terminal.print("poise \(poiseVersion)")
      return 0
    default: break
    }
    if let command = Commands.all.first(where: { $0.name == first }) {
      let rest = Array(words.dropFirst())
      if rest.contains("--help") || rest.contains("-h") {
        Terminal.print(command.help)
        return 0
      }
      return try command.run(try ParsedArguments(rest, for: command))
    }
    if first.hasSuffix(".md") || first.hasSuffix(".markdown") || first.contains("/")
      || access(first, F_OK) == 0 || first.hasPrefix("-")
    {
      return try Commands.repl(first.hasPrefix("-") ? nil : first, words: words)
    }
    return try command(first).run(ParsedArguments([], for: try command(first)))
  }

  private static func command(_ name: String) throws -> CommandSpec {
    guard let command = Commands.all.first(where: { $0.name == name }) else {
      throw UsageError.unknownCommand(name)
    }
    return command
  }
}
