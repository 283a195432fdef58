import Diagnostics

extension Interpreter {
  func runCall(_ callee: Expression, _ arguments: [Argument]) -> Abstract {
    guard case .name(let name) = callee.kind, !isLocal(name) else {
      // Reported by the resolver; the arguments may have problems of their own.
      if case .member(let base, _, _) = callee.kind { _ = run(base) }
      runAll(arguments)
      return .any
    }
    if let global = global(name) {
      guard let function = table.globals[global].function else {
        runAll(arguments)
        return .any
      }
      return runFunction(global, function, callee.span, arguments)
    }
    guard let verb = table.verbs[name] else {
      runAll(arguments)
      return .any
    }
    return runVerb(verb, callee.span, arguments)
  }

  private func isLocal(_ name: String) -> Bool {
    locals[frame...].contains { $0.name == name }
  }

  private func runAll(_ arguments: [Argument]) {
    for argument in arguments { _ = run(argument.value) }
  }

  // MARK: Functions

  private func runFunction(
    _ index: Int, _ function: FunctionSyntax, _ span: SourceSpan, _ arguments: [Argument]
  ) -> Abstract {
    var values = [Abstract?](repeating: nil, count: function.parameters.count)
    var position = 0
    var isCallable = true
    for argument in arguments {
      let value = run(argument.value)
      var slot = position
      if let label = argument.label {
        guard let named = function.parameters.firstIndex(where: { $0.text == label }) else {
          isCallable = false
          let known = function.parameters.map(\.text)
          report(
            .unknownLabel(
              label, callee: function.name.text, suggestion: likelyName(to: label, among: known),
              known: known), argument.labelSpan ?? argument.value.span)
          continue
        }
        slot = named
      } else {
        position += 1
      }
      guard slot < values.count else { continue }
      if values[slot] != nil {
        isCallable = false
        report(
          .givenTwice(function.parameters[slot].text, callee: function.name.text),
          argument.labelSpan ?? argument.value.span)
      }
      values[slot] = value
    }
    if position > values.count {
      let extra = arguments.filter { $0.label == nil }[values.count]
      report(
        .tooManyArguments(function.name.text, expected: values.count, got: arguments.count),
        extra.value.span)
    } else if isCallable, let missing = values.firstIndex(where: { $0 == nil }) {
      report(
        .missingArgument(
          function.parameters[missing].text, callee: function.name.text, isPositional: true), span)
      isCallable = false
    }
    return call(index, function, values.map { $0 ?? .any }, from: span)
  }

  /// Runs a function's body, or takes what an equal call has given before.
  private func call(
    _ index: Int, _ function: FunctionSyntax, _ arguments: [Abstract], from span: SourceSpan
  ) -> Abstract {
    let part = result(of: index, function, arguments)
    var noted = part
    for position in noted.findings.indices
    where noted.findings[position].diagnostic.related.count < 3 {
      noted.findings[position].diagnostic.related.append(
        Diagnostic.Related("in this call of '\(function.name.text)'", at: span))
    }
    merge(noted)
    return part.value
  }

  private func result(
    of index: Int, _ function: FunctionSyntax, _ arguments: [Abstract]
  ) -> Outcome {
    // Comparing large arguments is work as well.
    spend(arguments.reduce(0) { $0 + $1.weight / 8 })
    let key = CallKey(function: index, arguments: arguments, isGeneric: isGeneric)
    if let known = memo[key] { return known }
    let saved = (outcome, frame, self.function, deadBranches)
    outcome = Outcome()
    let outer = locals.count
    frame = outer
    self.function = index
    deadBranches = 0
    let value = body(function, arguments)
    var part = outcome
    (outcome, frame, self.function, deadBranches) = saved
    locals.removeSubrange(outer...)
    part.value = value
    part.inputs = unique(part.inputs)
    memo[key] = part
    return part
  }

  private func body(_ function: FunctionSyntax, _ arguments: [Abstract]) -> Abstract {
    for (parameter, argument) in zip(function.parameters, arguments) {
      locals.append((parameter.text, argument))
    }
    for local in function.locals {
      let value = run(local.value)
      locals.append((local.name.text, value))
    }
    return run(function.body)
  }

  /// Checks a function by itself, nothing known of its arguments.
  func checkGenerically(_ index: Int, _ function: FunctionSyntax) {
    isGeneric = true
    merge(result(of: index, function, function.parameters.map { _ in .any }))
    isGeneric = false
  }

  private func unique(_ inputs: [InputPath]) -> [InputPath] {
    guard inputs.count > 1 else { return inputs }
    var seen: Set<InputPath> = []
    return inputs.filter { seen.insert($0).inserted }
  }

  // MARK: Verbs

  private func runVerb(
    _ verb: VerbSignature, _ span: SourceSpan, _ arguments: [Argument]
  ) -> Abstract {
    var types: [String: StaticType] = [:]
    types.reserveCapacity(arguments.count)
    var known = VerbSignature.KnownArguments()
    var spans: [String: SourceSpan] = [:]
    var position = 0
    let positional = verb.parameters.prefix { $0.isPositional }
    for argument in arguments {
      var parameter: VerbSignature.Parameter?
      if let label = argument.label {
        parameter = verb.parameters.first { $0.name == label }
        if parameter == nil { reportUnknownLabel(label, argument, verb) }
      } else {
        if position < positional.count { parameter = positional[position] }
        if parameter == nil,
          let likely = reportNeedsLabel(argument, verb, positional.count, types)
        {
          // One report is enough: that it is missing goes without saying.
          types[likely] = .any
        }
        position += 1
      }
      guard let parameter else {
        if !namesFunction(argument.value) { _ = run(argument.value) }
        continue
      }
      if types[parameter.name] != nil {
        report(
          .givenTwice(parameter.name, callee: verb.name), argument.labelSpan ?? argument.value.span)
      }
      let value = runArgument(argument.value, for: parameter, of: verb)
      types[parameter.name] = value.staticType
      spans[parameter.name] = argument.value.span
      known.given.insert(parameter.name)
      switch value.kind {
      case .number(let number?): known.numbers[parameter.name] = number
      case .string(let text?, _): known.strings[parameter.name] = text
      default: break
      }
    }
    if let misfit = verb.constraint?(known) {
      report(.misfit(misfit.message), spans[misfit.parameter] ?? span)
    }
    for parameter in verb.parameters
    where parameter.defaultText == nil && types[parameter.name] == nil {
      // An argument with a wrong label is likely this one: one report is enough.
      if arguments.contains(where: { argument in
        argument.label.map { label in !verb.parameters.contains { $0.name == label } } ?? false
      }) {
        break
      }
      report(
        .missingArgument(
          parameter.name, callee: verb.name, isPositional: parameter.isPositional), span)
    }
    return Abstract(verb.result(types))
  }

  private func reportUnknownLabel(_ label: String, _ argument: Argument, _ verb: VerbSignature) {
    let known = verb.parameters.map(\.name)
    report(
      .unknownLabel(
        label, callee: verb.name, suggestion: likelyName(to: label, among: known), known: known),
      argument.labelSpan ?? argument.value.span)
  }

  /// Reports more arguments without a label than the verb takes. Returns the label that is likely
  /// meant.
  private func reportNeedsLabel(
    _ argument: Argument, _ verb: VerbSignature, _ positional: Int, _ given: [String: StaticType]
  ) -> String? {
    let open = verb.parameters.filter { !$0.isPositional && given[$0.name] == nil }
    guard !open.isEmpty else {
      report(
        .tooManyArguments(
          verb.name, expected: verb.parameters.count, got: verb.parameters.count + 1),
        argument.value.span)
      return nil
    }
    // The dead run tells the argument's type without reporting its problems twice.
    var value = Abstract.any
    if namesFunction(argument.value) {
      value = .function
    } else {
      runDead { value = run(argument.value) }
    }
    let likely =
      open.first { value.fits($0.type) && $0.defaultText == nil }
      ?? open.first { value.fits($0.type) } ?? open[0]
    report(
      .needsLabel(verb.name, label: likely.name, positional: positional), argument.value.span)
    return likely.name
  }

  /// Whether the expression is the name of a function or a verb.
  private func namesFunction(_ expression: Expression) -> Bool {
    guard case .name(let name) = expression.kind, !isLocal(name) else { return false }
    if let global = global(name) { return table.globals[global].kind == .function }
    return table.verbs[name] != nil
  }

  /// What is known of an argument, checked against its parameter.
  private func runArgument(
    _ expression: Expression, for parameter: VerbSignature.Parameter, of verb: VerbSignature
  ) -> Abstract {
    if namesFunction(expression), case .name(let name) = expression.kind {
      guard parameter.type.takesFunction else {
        report(
          .functionNotTaken(name, callee: verb.name, parameter: parameter.name), expression.span)
        return .any
      }
      // The verb will call it with values that are not known here, so its paths must be.
      if let global = global(name), let function = table.globals[global].function {
        _ = call(global, function, function.parameters.map { _ in .any }, from: expression.span)
      }
      return .function
    }
    let value = run(expression)
    guard value.fits(parameter.type) else {
      report(
        .argumentType(
          callee: verb.name, parameter: parameter.name, expected: parameter.type.words,
          got: value.words), expression.span)
      return .any
    }
    checkStrings(value, parameter.type, expression, ArgumentPlace(verb: verb, parameter: parameter))
    return value
  }
}
