import Artifacts
import Corpora
import Diagnostics
import Execution
import Language

extension Evaluator {
  /// A call of a notebook's function or of a verb.
  func call(
    _ callee: Expression, _ arguments: [Argument], at span: SourceSpan, in scope: Scope
  ) throws -> Value {
    guard case .name(let name) = callee.kind, scope[name] == nil else {
      throw Diagnostic(.error, "only functions and verbs can be called", at: callee.span)
    }
    if let global = global(name) {
      guard case .function(let function) = global.definition else {
        throw Diagnostic(.error, "'\(name)' is not a function", at: callee.span)
      }
      let values = try bind(function, arguments, at: span, in: scope)
      return try apply(function, of: global, values, at: span)
    }
    guard let verb = verbs[name] else { throw unknown(name, at: callee.span) }
    return try call(verb, arguments, at: span, in: scope)
  }

  /// The body's value with the parameters bound; names in it resolve in the notebook only.
  func apply(
    _ function: FunctionSyntax, of global: Global, _ values: [Value], at span: SourceSpan
  ) throws -> Value {
    if global.cell != currentCell, failedCells.contains(global.cell) {
      throw Blocked.byFailure(cell: global.cell)
    }
    // A chain of functions that call each other twice takes long without any loop.
    try work.check()
    try descend(at: span)
    defer { depth -= 1 }
    var scope: Scope = [:]
    for (parameter, value) in zip(function.parameters, values) { scope[parameter.text] = value }
    return try seeing(global.order) {
      for local in function.locals {
        scope[local.name.text] = try evaluate(local.value, in: scope)
      }
      return try bounded(try evaluate(function.body, in: scope), at: span)
    }
  }

  private func bind(
    _ function: FunctionSyntax, _ arguments: [Argument], at span: SourceSpan, in scope: Scope
  ) throws -> [Value] {
    let names = function.parameters.map(\.text)
    var values = [Value?](repeating: nil, count: names.count)
    var next = 0
    for argument in arguments {
      let position: Int
      if let label = argument.label {
        guard let index = names.firstIndex(of: label) else {
          throw Diagnostic(
            .error, "'\(function.name.text)' has no parameter '\(label)'",
            at: argument.labelSpan ?? argument.value.span,
            help: closestName(to: label, among: names).map { "did you mean '\($0)'?" })
        }
        position = index
      } else {
        position = next
        next += 1
      }
      guard position < names.count, values[position] == nil else {
        throw Diagnostic(
          .error, "'\(function.name.text)' takes \(names.count) arguments", at: span)
      }
      values[position] = try evaluate(argument.value, in: scope)
    }
    return try zip(names, values).map { name, value in
      guard let value else {
        throw Diagnostic(
          .error, "'\(function.name.text)' needs a value for '\(name)'", at: span)
      }
      return value
    }
  }

  private func call(
    _ verb: Verb, _ arguments: [Argument], at span: SourceSpan, in scope: Scope
  ) throws -> Value {
    var spans: [String: SourceSpan] = [:]
    var inputs: [String: ResolvedInput] = [:]
    do {
      let (values, given) = try bind(verb.signature, arguments, at: span, in: scope)
      spans = given
      for parameter in verb.signature.parameters where parameter.type.takesPath {
        guard let path = values[parameter.name].text else { continue }
        do {
          try checkKnown(path, for: parameter)
          inputs[parameter.name] = try resolver.resolve(path, for: verb)
        } catch let error where !Self.isTransient(error) {
          throw VerbError(
            resolver.problem(error, written: path), parameter: parameter.name,
            help: InputProblem.help(error, written: path, shortNames: verb.shortNames))
        }
      }
      let purity = verb.purity(with: values)
      switch purity {
      case _ where !values.unknown.isEmpty:
        if purity == .compute {
          try runner.plan(verb, arguments: values, inputs: inputs)
        }
        // A plain value of what is not there is not there either.
        let first = verb.signature.parameters.compactMap { values.unknown[$0.name] }.first
        throw NodeRunner.NotStored(label: first ?? "")
      case .compute:
        return try runner.value(of: verb, arguments: values, inputs: inputs, work: work)
      case .describe:
        return try verb.run(values, describeContext(for: verb, values, inputs, at: span))
      }
    } catch {
      throw located(error, in: verb, spans: spans, inputs: inputs, at: span)
    }
  }

  private func bind(
    _ signature: VerbSignature, _ arguments: [Argument], at span: SourceSpan, in scope: Scope
  ) throws -> (Arguments, [String: SourceSpan]) {
    let parameters = signature.parameters
    let positional = parameters.filter(\.isPositional)
    var given: [String: Value] = [:]
    var spans: [String: SourceSpan] = [:]
    var unknown: [String: String] = [:]
    var next = 0
    for argument in arguments {
      let parameter: VerbSignature.Parameter
      if let label = argument.label {
        guard let found = parameters.first(where: { $0.name == label }) else {
          throw Diagnostic(
            .error, "'\(signature.name)' has no parameter '\(label)'",
            at: argument.labelSpan ?? argument.value.span,
            help: closestName(to: label, among: parameters.map(\.name)).map {
              "did you mean '\($0)'?"
            })
        }
        parameter = found
      } else {
        guard next < positional.count else {
          throw Diagnostic(
            .error, "'\(signature.name)' takes \(positional.count) arguments without a label",
            at: argument.value.span)
        }
        parameter = positional[next]
        next += 1
      }
      guard given[parameter.name] == nil else {
        throw Diagnostic(.error, "'\(parameter.name)' is given twice", at: argument.value.span)
      }
      spans[parameter.name] = argument.value.span
      do {
        given[parameter.name] = try argumentValue(argument.value, for: parameter, in: scope)
      } catch let error as NodeRunner.NotStored {
        // Only in a plan, which goes on with what it knows.
        given[parameter.name] = Value.none
        unknown[parameter.name] = error.label
      }
    }
    var fields: [(String, Value)] = []
    for parameter in parameters {
      if let value = given[parameter.name] {
        fields.append((parameter.name, value))
      } else if let text = parameter.defaultText {
        fields.append((parameter.name, defaultValue(text)))
      } else {
        throw Diagnostic(
          .error, "'\(signature.name)' needs a value for '\(parameter.name)'", at: span)
      }
    }
    let omitted = Set(parameters.map(\.name)).subtracting(given.keys)
    return (Arguments(Record(fields), unknown: unknown, omitted: omitted), spans)
  }

  /// Where a parameter takes other things besides a path, nothing but a path that was found before
  /// the run is read: others would not be part of the cell's key.
  private func checkKnown(_ path: String, for parameter: VerbSignature.Parameter) throws {
    guard parameter.type != .path, !knownPaths.contains(path) else { return }
    throw VerbError(
      "this path is not known before the run", parameter: parameter.name,
      help: "write it out, or give it as a parameter of the notebook")
  }

  /// An argument's value; the name of a function stands for the function where one is wanted.
  private func argumentValue(
    _ expression: Expression, for parameter: VerbSignature.Parameter, in scope: Scope
  ) throws -> Value {
    if parameter.type == .function, case .name(let name) = expression.kind, scope[name] == nil {
      if case .function(let function)? = global(name)?.definition {
        return .function(FunctionValue(name: name, identity: identity(of: function)))
      }
      if global(name) == nil, verbs[name] != nil {
        return .function(FunctionValue(name: name, identity: "verb \(name)"))
      }
    }
    return try bounded(try evaluate(expression, in: scope), at: expression.span)
  }

  /// Canonical syntax of a function and of every notebook name that it reaches.
  private func identity(of function: FunctionSyntax) -> String {
    var seen: Set<String> = []
    var parts: [String] = []
    func visit(_ statement: Statement) {
      parts.append(canonicalSyntax([statement]))
      for name in statement.namesWithin.sorted() where seen.insert(name).inserted {
        guard let global = globals[name] else { continue }
        switch global.definition {
        case .function(let function):
          visit(Statement(.function(function), function.name.span))
        case .binding(let expression):
          visit(Statement(.binding(NameSyntax(name, expression.span), expression), expression.span))
        case .parameter(let value): parts.append("param \(name) \(value?.quoted ?? "")")
        }
      }
    }
    visit(Statement(.function(function), function.name.span))
    return parts.joined(separator: "\n")
  }

  private func defaultValue(_ text: String) -> Value {
    let cell = parseCell(SourceFile(name: "default", text: text), 0..<text.utf8.count)
    guard case .expression(let expression)? = cell.statements.first?.kind,
      let value = try? seeing(0, { try evaluate(expression, in: [:]) })
    else { return .none }
    return value
  }

  private func describeContext(
    for verb: Verb, _ values: Arguments, _ inputs: [String: ResolvedInput], at span: SourceSpan
  ) -> VerbContext {
    // A describe verb runs on this thread before this call returns, so the evaluator outlives
    // the closures and they never run at the same time as it.
    nonisolated(unsafe) let evaluator = self
    let runner = runner
    nonisolated(unsafe) let lineage = runner
    let store = runner.store
    return VerbContext(
      work: work, inputs: inputs, isSeeded: false,
      maker: { kind, object, isSeeded in
        let stored = try store.put { sink in try kind.encode(object, to: sink.pieces) }
        return ArtifactHandle(
          kind: kind, digest: stored.digest, isSeeded: isSeeded, object: object
        ) { object }
      },
      caller: { function, arguments in
        try evaluator.callFunction(function.name, arguments, at: span)
      },
      lineage: { lineage.actions(behind: $0) })
  }

  private func callFunction(
    _ name: String, _ values: [Value], at span: SourceSpan
  ) throws -> Value {
    if let global = global(name), case .function(let function) = global.definition {
      guard function.parameters.count == values.count else {
        throw Diagnostic(
          .error,
          "'\(name)' takes \(function.parameters.count) arguments, but is called with "
            + "\(values.count) here", at: span)
      }
      return try apply(function, of: global, values, at: span)
    }
    throw Diagnostic(.error, "'\(name)' can't be called here", at: span)
  }

  /// Gives an error its place: the argument at fault, or the whole call.
  private func located(
    _ error: any Error, in verb: Verb, spans: [String: SourceSpan],
    inputs: [String: ResolvedInput], at span: SourceSpan
  ) -> any Error {
    switch error {
    case let error as VerbError:
      return Diagnostic(
        .error, error.message, at: error.parameter.flatMap { spans[$0] } ?? span,
        help: error.help)
    // What ails the store is no fault of the call.
    case is Diagnostic, is Blocked, is StoreError: return error
    default:
      if Self.isTransient(error) { return error }
      // Where files lie on this machine has no place in a document.
      var text = "\(error)"
      for input in inputs.values {
        text = InputProblem.text(text, without: input.path, written: input.written)
      }
      // A reader's message begins with the file and the line at fault.
      let isPlaced = error is CollectionError
      return Diagnostic(
        .error, isPlaced ? text : "\(verb.signature.name): \(text)", at: span)
    }
  }
}
