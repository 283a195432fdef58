import Evaluation
import Language

extension NotebookSession {
  /// What may follow at the cursor.
  ///
  /// - Parameters:
  ///   - pending: Lines of the entry above this one.
  ///   - line: The line up to the cursor.
  /// - Returns: Sorted candidates; none where nothing fits.
  package func completion(pending: String, line: String) -> Completion {
    let (context, start) = Completer.context(pending: pending, line: line)
    let found: [String]
    switch context {
    case .nothing: found = []
    case .command(let prefix):
      found = ReplCommand.forms.map { ":\($0.name)" + ($0.operands.isEmpty ? "" : " ") }
        .filter { $0.hasPrefix(prefix) }
    case .commandOperand(let command, let prefix): found = operands(of: command, prefix)
    case .name(let prefix, let call): found = names(prefix, call)
    case .member(let subject, let prefix):
      found = members(of: subject).filter { $0.hasPrefix(prefix) }
    case .string(let prefix, let call, let subject): found = strings(prefix, call, subject)
    }
    return Completion(start: start, candidates: Array(Set(found)).sorted())
  }

  // MARK: Commands

  private func operands(of command: String, _ prefix: String) -> [String] {
    let ids = cells.map(\.id)
    let all: [String]
    switch command {
    case "run": all = ["stale", "from ", "to "] + ids
    case "show", "explain": all = ids
    case "add": all = entries.map(\.id)
    case "set": all = notebook.parameters.map { "\($0.name) " }
    case "doc":
      all = verbs.all.flatMap { [$0.signature.name, $0.signature.topic] }
    case "open", "save": return PathCompletion.candidates(prefix, in: Self.currentFolder)
    default: all = []
    }
    return all.filter { $0.hasPrefix(prefix) }
  }

  // MARK: Names

  private static let words = ["true", "false", "none", "if ", "not ", "for ", "claim ", "predict "]

  private func names(_ prefix: String, _ call: Completer.Call?) -> [String] {
    var all: [String] = []
    if let call {
      all = parameters(of: call).filter { !$0.isPositional && !call.given.contains($0.name) }
        .map { "\($0.name): " }
    }
    // Where only Tab was pressed after a parenthesis, the labels say more than all names.
    if prefix.isEmpty, !all.isEmpty { return all }
    for cell in notebook.cells {
      for statement in cell.statements {
        guard let name = statement.boundName else { continue }
        if case .function = statement.kind { all.append("\(name)(") } else { all.append(name) }
      }
    }
    let bound = Set(notebook.cells.flatMap(\.checked.binds))
    all += verbs.all.map(\.signature.name).filter { !bound.contains($0) }.map { "\($0)(" }
    all += Self.words.filter { !prefix.isEmpty && $0.hasPrefix(prefix) }
    return all.filter { $0.hasPrefix(prefix) }
  }

  /// The parameters of the verb or function that is called.
  private func parameters(of call: Completer.Call) -> [VerbSignature.Parameter] {
    for statement in notebook.cells.flatMap(\.statements) {
      if case .function(let function) = statement.kind, function.name.text == call.callee {
        return function.parameters.map { VerbSignature.Parameter($0.text, .any, "") }
      }
    }
    return verbs[call.callee]?.signature.parameters ?? []
  }

  // MARK: Members

  /// The members of an expression: from its value where that is known, else from what the
  /// signatures say.
  private func members(of subject: String) -> [String] {
    let resolver = MemberResolver(
      verbs: verbs, statements: notebook.cells.flatMap(\.statements),
      known: { [evaluator] in evaluator.knownValue(of: $0) })
    return resolver.members(of: subject)
  }

  // MARK: Strings

  private func strings(
    _ prefix: String, _ call: Completer.Call?, _ subject: String?
  ) -> [String] {
    if let subject {
      let resolver = MemberResolver(
        verbs: verbs, statements: notebook.cells.flatMap(\.statements),
        known: { [evaluator] in evaluator.knownValue(of: $0) })
      let metrics = resolver.metrics(of: subject)
      if !metrics.isEmpty { return metrics.filter { $0.hasPrefix(prefix) } }
    }
    guard let call else { return PathCompletion.candidates(prefix, in: workspace.notebookFolder) }
    let parameters = parameters(of: call)
    let positional = parameters.filter(\.isPositional)
    let parameter =
      call.label.flatMap { label in parameters.first { $0.name == label } }
      ?? (call.label == nil && positional.indices.contains(call.position)
        ? positional[call.position] : nil)
    guard let parameter else { return [] }
    if !parameter.metrics.isEmpty {
      return parameter.metrics.flatMap(Self.spelled).filter { $0.hasPrefix(prefix) }
    }
    if !parameter.choices.isEmpty { return parameter.choices.filter { $0.hasPrefix(prefix) } }
    if parameter.type.takesPath {
      return PathCompletion.candidates(prefix, in: workspace.notebookFolder)
    }
    return []
  }

  /// `ndcg@k` with the depths that people use.
  private static func spelled(_ pattern: String) -> [String] {
    guard pattern.hasSuffix("@k") else { return [pattern] }
    return ["1", "3", "5", "10", "20", "100"].map { pattern.dropLast() + $0 }
  }
}
