import Diagnostics

extension Interpreter {
  func runConditional(
    _ condition: Expression, _ then: Expression, _ otherwise: Expression
  ) -> Abstract {
    switch truth(of: condition, word: "if") {
    case true:
      let value = run(then)
      runDead { _ = run(otherwise) }
      return value
    case false:
      runDead { _ = run(then) }
      return run(otherwise)
    case nil: return run(then).joined(with: run(otherwise))
    }
  }

  /// The truth of a condition where it is known. Reports what is not true or false.
  func truth(of expression: Expression, word: String) -> Bool? {
    let value = run(expression)
    if case .boolean(let truth) = value.kind { return truth }
    if !value.fits(.boolean) {
      report(.conditionType(word: word, got: value.words), expression.span)
    }
    return nil
  }

  func runLogical(
    _ left: Expression, _ operation: LogicalOperator, _ right: Expression
  ) -> Abstract {
    let first = truth(of: left, word: operation.rawValue)
    // `and` is settled by false, `or` by true.
    let settled = operation == .or
    if first == settled {
      runDead { _ = truth(of: right, word: operation.rawValue) }
      return .boolean(settled)
    }
    let second = truth(of: right, word: operation.rawValue)
    guard first != nil, let second else { return .boolean }
    return .boolean(second)
  }

  func runNot(_ operand: Expression) -> Abstract {
    truth(of: operand, word: "not").map { .boolean(!$0) } ?? .boolean
  }

  func runNegate(_ operand: Expression) -> Abstract {
    let value = run(operand)
    if case .number(let number) = value.kind { return number.map { .number(-$0) } ?? .number }
    if !value.fits(.number) {
      report(.negateType(got: value.words), operand.span)
      return .any
    }
    return .number
  }

  // MARK: Arithmetic

  func runArithmetic(
    _ left: Expression, _ operation: ArithmeticOperator, _ right: Expression, _ span: SourceSpan
  ) -> Abstract {
    let first = run(left)
    let second = run(right)
    switch (first.kind, second.kind) {
    case (.number(let a), .number(let b)): return arithmetic(a, operation, b, at: right.span)
    case (.any, .any): return operation == .add ? .any : .number
    default: break
    }
    guard operation == .add else {
      if first.fits(.number), second.fits(.number) { return .number }
      report(.arithmeticType(operation, left: first.words, right: second.words), span)
      return .any
    }
    return sum(first, second, at: span)
  }

  private func arithmetic(
    _ left: Double?, _ operation: ArithmeticOperator, _ right: Double?, at divisor: SourceSpan
  ) -> Abstract {
    do throws(Scalars.Problem) {
      // A divisor of zero is wrong whatever is divided.
      let value = try Scalars.apply(operation, left ?? 0, right ?? 1)
      return left != nil && right != nil ? .number(value) : .number
    } catch {
      report(.scalar(error), divisor)
      return .any
    }
  }

  /// `+` of what is not two numbers: strings, lists and records are joined.
  private func sum(_ first: Abstract, _ second: Abstract, at span: SourceSpan) -> Abstract {
    switch (first.kind, second.kind) {
    case (.string(let a, _), .string(let b, _)):
      if let a, let b { return .string(a + b) }
      return .string
    case (.record(let mine, let isOpen), .record(let theirs, let isOtherOpen)):
      return joined(mine, theirs, isOpen: isOpen || isOtherOpen)
    default: break
    }
    let sorts: [StaticType] = [.number, .string, .list(.any), .record([], isOpen: true)]
    let possible = sorts.filter { first.fits($0) && second.fits($0) }
    guard let sort = possible.first else {
      let isString = first.fits(.string) || second.fits(.string)
      report(
        isString
          ? .joinWithString(left: first.words, right: second.words)
          : .arithmeticType(.add, left: first.words, right: second.words), span)
      return .any
    }
    guard possible.count == 1 else { return .any }
    if case .list = sort {
      if let a = first.items(atMost: Abstract.weightLimit),
        let b = second.items(atMost: Abstract.weightLimit)
      {
        return .elements(a + b)
      }
      return Abstract.list(of: first.element ?? .any).joined(
        with: .list(of: second.element ?? .any))
    }
    return Abstract(sort)
  }

  private func joined(
    _ mine: [Abstract.Field], _ theirs: [Abstract.Field], isOpen: Bool
  ) -> Abstract {
    var fields = mine
    for field in theirs {
      if let index = fields.firstIndex(where: { $0.name == field.name }) {
        fields[index] = field
      } else {
        fields.append(field)
      }
    }
    return .record(fields, isOpen: isOpen)
  }

  // MARK: Comparison

  func runComparison(_ first: Expression, _ rest: [ComparisonLink]) -> Abstract {
    var left = first
    var leftValue = run(first)
    var isKnown = true
    for (index, link) in rest.enumerated() {
      let rightValue = run(link.operand)
      let holds = compare(left, leftValue, link, rightValue)
      if holds == false, isKnown {
        for later in rest[(index + 1)...] { runDead { _ = run(later.operand) } }
        return .boolean(false)
      }
      if holds == nil { isKnown = false }
      left = link.operand
      leftValue = rightValue
    }
    return isKnown ? .boolean(true) : .boolean
  }

  /// Whether one link of a chain holds, where that is known.
  private func compare(
    _ left: Expression, _ leftValue: Abstract, _ link: ComparisonLink, _ rightValue: Abstract
  ) -> Bool? {
    let isOrder = link.operator != .equal && link.operator != .notEqual
    if isOrder {
      for (value, expression) in [(leftValue, left), (rightValue, link.operand)]
      where !value.fits(.number) && !value.fits(.string) {
        report(.noOrder(got: value.words), expression.span)
        return nil
      }
    }
    if !leftValue.isLike(rightValue), isOrder || !leftValue.mayBeNone && !rightValue.mayBeNone {
      report(
        .notComparable(left: leftValue.words, right: rightValue.words),
        left.span.union(link.operand.span))
      return nil
    }
    switch (leftValue.kind, rightValue.kind) {
    case (.number(let a?), .number(let b?)): return Scalars.compare(link.operator, a, b)
    case (.string(let a?, _), .string(let b?, _)):
      return Scalars.compare(link.operator, OrderedText(a), OrderedText(b))
    case (.boolean(let a?), .boolean(let b?)): return (a == b) == (link.operator == .equal)
    case (.none, .none): return link.operator == .equal
    default: return nil
    }
  }

  // MARK: Ranges

  func runRange(_ lower: Expression, _ upper: Expression, _ span: SourceSpan) -> Abstract {
    var bounds: [Double] = []
    for end in [lower, upper] {
      let value = run(end)
      if case .number(let known) = value.kind {
        if let known { bounds.append(known) }
      } else if !value.fits(.number) {
        report(.rangeType(got: value.words), end.span)
      }
    }
    guard bounds.count == 2 else { return .list(of: .number) }
    guard let first = Scalars.wholeNumber(bounds[0]), let last = Scalars.wholeNumber(bounds[1])
    else {
      report(.rangeFraction, span)
      return .list(of: .number)
    }
    guard last >= first else { return .elements([]) }
    guard last - first < Scalars.elementLimit else {
      report(.tooManyElements(what: "range", count: last - first + 1), span)
      return .list(of: .number)
    }
    return .range(first, last)
  }
}

extension Abstract {
  var mayBeNone: Bool { fits(.none) }

  /// Whether the two are of one sort, or may be.
  func isLike(_ other: Abstract) -> Bool {
    switch (kind, other.kind) {
    case (.any, _), (_, .any): true
    case (.union(let options), _): options.contains { $0.isLike(other) }
    case (_, .union(let options)): options.contains { isLike($0) }
    case (.number, .number), (.string, .string), (.boolean, .boolean), (.none, .none),
      (.record, .record), (.option, .option):
      true
    case (.artifact(let mine), .artifact(let theirs)): mine == theirs
    default: fits(.list(.any)) && other.fits(.list(.any))
    }
  }
}

/// Text in the order of its Unicode scalars, the same on every machine.
struct OrderedText: Comparable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: OrderedText, right: OrderedText) -> Bool {
    left.text.unicodeScalars.elementsEqual(right.text.unicodeScalars)
  }

  static func < (left: OrderedText, right: OrderedText) -> Bool {
    left.text.unicodeScalars.lexicographicallyPrecedes(right.text.unicodeScalars)
  }
}
