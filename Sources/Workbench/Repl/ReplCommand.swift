import Diagnostics

/// A command of the prompt, as in `:run from sweep`.
package enum ReplCommand: Sendable, Equatable {
  /// Which cells `:run` means.
  package enum Run: Sendable, Equatable {
    case stale
    case cell(String)
    case from(String)
    case to(String)
  }

  case open(String)
  case cells
  case run(Run)
  case show(String)
  /// A parameter and its value as typed; nil takes the value back.
  case set(String, String?)
  case plan
  case explain(String)
  case add(String?)
  case save(String?)
  case artifacts
  case ledger
  case doc(String?)
  case help
  case quit

  /// A command's words for help and completion.
  struct Form: Sendable {
    let name: String
    let operands: String
    let summary: String
  }

  /// All commands, in the order of the help.
  static let forms: [Form] = [
    Form(name: "open", operands: "PATH", summary: "open a notebook instead of this one"),
    Form(name: "cells", operands: "", summary: "list the cells with their states"),
    Form(
      name: "run", operands: "[ID | stale | from ID | to ID]",
      summary: "run cells; without a word, what is stale"),
    Form(name: "show", operands: "ID", summary: "show a cell's last output"),
    Form(
      name: "set", operands: "NAME [VALUE]",
      summary: "give a parameter a value, or take it back, and run what it reaches"),
    Form(name: "plan", operands: "", summary: "what would run, and what is stored"),
    Form(name: "explain", operands: "ID", summary: "which part of a cell's key changed"),
    Form(
      name: "add", operands: "[ID]", summary: "make an entry a cell of the notebook; the last one"),
    Form(
      name: "save", operands: "[FILE.md]",
      summary: "run what is stale and save it; without a notebook, write the entries as one"),
    Form(name: "artifacts", operands: "", summary: "what the store holds"),
    Form(name: "ledger", operands: "", summary: "what this session computed and reused"),
    Form(name: "doc", operands: "[VERB | TOPIC]", summary: "explain a verb; '?VERB' for short"),
    Form(name: "help", operands: "", summary: "this list"),
    Form(name: "quit", operands: "", summary: "leave; Ctrl-D does, too"),
  ]

  /// Reads a line that begins with `:` or `?`.
  ///
  /// - Throws: ``SessionError`` with a suggestion where there is no such command.
  package init(_ line: String) throws {
    if line.hasPrefix("?") {
      let word = line.dropFirst().trimmed
      self = .doc(word.isEmpty ? nil : word)
      return
    }
    let body = line.dropFirst().trimmed
    let word = String(body.prefix { !$0.isWhitespace })
    let rest = body.dropFirst(word.count).trimmed
    let operands = rest.split(whereSeparator: \.isWhitespace).map(String.init)
    let form = try Self.form(word)
    func usage() -> SessionError {
      SessionError(
        "usage: :\(form.name)\(form.operands.isEmpty ? "" : " \(form.operands)")", status: .usage)
    }
    func one() throws -> String {
      guard operands.count == 1 else { throw usage() }
      return operands[0]
    }
    func atMostOne() throws -> String? { operands.isEmpty ? nil : try one() }
    func none(_ command: ReplCommand) throws -> ReplCommand {
      guard operands.isEmpty else { throw usage() }
      return command
    }
    switch form.name {
    case "open":
      guard !rest.isEmpty else { throw usage() }
      self = .open(rest.unquoted)
    case "cells": self = try none(.cells)
    case "run": self = .run(try Self.run(operands) ?? { throw usage() }())
    case "show": self = .show(try one())
    case "set":
      guard let name = operands.first else { throw usage() }
      var value = rest.dropFirst(name.count).trimmed
      // `:set k = 10` is what hands that write Poise will type.
      if value.hasPrefix("="), !value.hasPrefix("==") { value = value.dropFirst().trimmed }
      self = .set(name, value.isEmpty ? nil : value)
    case "plan": self = try none(.plan)
    case "explain": self = .explain(try one())
    case "add": self = .add(try atMostOne())
    case "save": self = .save(rest.isEmpty ? nil : rest.unquoted)
    case "artifacts": self = try none(.artifacts)
    case "ledger": self = try none(.ledger)
    case "doc": self = .doc(try atMostOne())
    case "help": self = try none(.help)
    default: self = try none(.quit)
    }
  }

  private static func run(_ operands: [String]) -> Run? {
    switch (operands.first, operands.count) {
    case (nil, _), ("stale", 1): .stale
    case ("from", 2): .from(operands[1])
    case ("to", 2): .to(operands[1])
    case (let id?, 1): .cell(id)
    default: nil
    }
  }

  /// A command by its name, or by the start of it where only one begins so.
  private static func form(_ word: String) throws -> Form {
    if let form = forms.first(where: { $0.name == word }) { return form }
    let aliases = ["q": "quit", "exit": "quit", "h": "help", "?": "help"]
    if let name = aliases[word], let form = forms.first(where: { $0.name == name }) { return form }
    let starting = word.isEmpty ? [] : forms.filter { $0.name.hasPrefix(word) }
    if starting.count == 1 { return starting[0] }
    if starting.count > 1 {
      let names = starting.map { ":\($0.name)" }.joined(separator: ", ")
      throw SessionError("':\(word)' may be \(names)", status: .usage)
    }
    let close = closestName(to: word, among: forms.map(\.name))
    throw SessionError(
      "there is no command ':\(word)'"
        + (close.map { "; did you mean ':\($0)'?" } ?? "; ':help' lists them"), status: .usage)
  }

  /// What `:help` prints.
  package static let helpText: String = {
    let heads = forms.map { ":\($0.name)" + ($0.operands.isEmpty ? "" : " \($0.operands)") }
    let width = heads.map(\.count).max() ?? 0
    let lines = zip(heads, forms).map { head, form in
      "  \(head)\(String(repeating: " ", count: width - head.count))  \(form.summary)"
    }
    return """
      Type an expression, a binding, a function, a param or a claim. It is checked and evaluated
      beside the notebook, and gets into the file only by ':add'. An open bracket or a trailing
      operator continues it in the next line, an empty line ends it. Tab completes.
      Ctrl-C drops the line, or cancels the running cell.

      """ + lines.joined(separator: "\n")
  }()
}

extension Collection where Element == Character, SubSequence == Substring {
  /// The text without white space at either end.
  var trimmed: String {
    var text = Substring(self.drop(while: \.isWhitespace))
    while text.last?.isWhitespace ?? false { text.removeLast() }
    return String(text)
  }
}

extension String {
  /// A path without the quotes that may stand around it.
  fileprivate var unquoted: String {
    guard count >= 2, let first, first == last, first == "\"" || first == "'" else { return self }
    return String(dropFirst().dropLast())
  }
}
