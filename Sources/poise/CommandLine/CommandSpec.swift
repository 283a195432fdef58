/// What a command takes, from which parsing, usage and help are made.
struct CommandSpec: Sendable {
  struct Option: Sendable {
    /// With the dashes: `--store`, `-p`.
    let name: String
    /// What the value is called in the help; nil for a switch.
    let value: String?
    let summary: String
    var isRepeatable = false

    static func flag(_ name: String, _ summary: String) -> Option {
      Option(name: name, value: nil, summary: summary)
    }

    static func value(_ name: String, _ value: String, _ summary: String) -> Option {
      Option(name: name, value: value, summary: summary)
    }

    static func values(_ name: String, _ value: String, _ summary: String) -> Option {
      Option(name: name, value: value, summary: summary, isRepeatable: true)
    }
  }

  let name: String
  /// Operands as the usage line shows them: `NOTEBOOK.md…`.
  let operands: String
  let operandCount: ClosedRange<Int>
  let summary: String
  let options: [Option]
  let run: @Sendable (ParsedArguments) throws -> Int32

  /// `poise run NOTEBOOK.md… [options]`.
  var usage: String {
    "poise \(name)" + (operands.isEmpty ? "" : " \(operands)")
      + (options.isEmpty ? "" : " [options]")
  }

  /// The whole help of the command.
  var help: String {
    var lines = ["usage: \(usage)", "", summary]
    if !options.isEmpty {
      lines += ["", "options:"]
      let heads = options.map { $0.name + ($0.value.map { " \($0)" } ?? "") }
      let width = heads.map(\.count).max() ?? 0
      for (head, option) in zip(heads, options) {
        let pad = String(repeating: " ", count: width - head.count)
        lines.append(
          "  \(head)\(pad)  \(option.summary)" + (option.isRepeatable ? " (repeatable)" : ""))
      }
    }
    return lines.joined(separator: "\n")
  }
}

/// The words of a command line, sorted by what they are.
struct ParsedArguments {
  var operands: [String] = []
  private(set) var values: [String: [String]] = [:]

  func has(_ name: String) -> Bool { values[name] != nil }
  func value(_ name: String) -> String? { values[name]?.last }
  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// Sorts words by a command's options. `--name=value` and `--name value` are the same; after
  /// `--` all words are operands.
  ///
  /// - Throws: ``UsageError`` naming the word, with a suggestion.
  init(_ words: [String], for command: CommandSpec) throws {
    var index = 0
    var onlyOperands = false
    while index < words.count {
      let word = words[index]
      index += 1
      if onlyOperands || !word.hasPrefix("-") || word == "-" {
        operands.append(word)
        continue
      }
      if word == "--" {
        onlyOperands = true
        continue
      }
      var name = word
      var attached: String?
      if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
        name = String(word[..<equals])
        attached = String(word[word.index(after: equals)...])
      }
      guard let option = command.options.first(where: { $0.name == name }) else {
        throw UsageError.unknownOption(name, command: command)
      }
      if option.value == nil {
        guard attached == nil else { throw UsageError.unexpectedValue(name, command: command) }
        values[name] = []
        continue
      }
      if attached == nil {
        guard index < words.count else { throw UsageError.missingValue(name, command: command) }
        attached = words[index]
        index += 1
      }
      if values[name] != nil, !option.isRepeatable {
        throw UsageError.repeated(name, command: command)
      }
      values[name, default: []].append(attached ?? "")
    }
    guard command.operandCount.contains(operands.count) else {
      throw UsageError.operands(got: operands.count, command: command)
    }
  }
}
