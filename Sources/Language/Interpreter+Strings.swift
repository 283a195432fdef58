import Diagnostics

/// The parameter that an argument is for.
struct ArgumentPlace {
  let verb: VerbSignature
  let parameter: VerbSignature.Parameter
}

extension Interpreter {
  /// Checks the strings of an argument that fits its type: paths must be known, metrics and
  /// choices must exist.
  func checkStrings(
    _ value: Abstract, _ type: StaticType, _ expression: Expression, _ place: ArgumentPlace
  ) {
    switch type {
    case .path: checkPath(value, expression.span, place)
    case .metric:
      if case .string(let name?, _) = value.kind { checkMetric(name, expression.span, place) }
    case .string where !place.parameter.choices.isEmpty:
      if case .string(let word?, _) = value.kind { checkChoice(word, expression.span, place) }
    case .list(let element):
      if let items = value.items(atMost: Abstract.weightLimit) {
        for (index, item) in items.enumerated() {
          checkStrings(item, element, part(expression, index, of: items.count), place)
        }
      } else if element.holdsPath {
        reportUnknownPath(expression.span, place)
      }
    case .union(let types):
      if value.isAny {
        // Anything may be a path only where nothing but paths is taken.
        let others = types.filter { $0 != .none }
        if others.allSatisfy(\.holdsPath) { reportUnknownPath(expression.span, place) }
      } else if type.takesPath, value.fits(.string) {
        // Where a path is taken, a string is one.
        checkPath(value, expression.span, place)
      } else if let first = types.first(where: { value.fits($0) }) {
        checkStrings(value, first, expression, place)
      }
    default: break
    }
  }

  /// The element of a written list, or the whole expression.
  private func part(_ expression: Expression, _ index: Int, of count: Int) -> Expression {
    if case .list(let elements) = expression.kind, elements.count == count {
      return elements[index]
    }
    return expression
  }

  private func checkPath(_ value: Abstract, _ span: SourceSpan, _ place: ArgumentPlace) {
    guard case .string(let path?, let isOverride) = value.kind else {
      if case .union(let options) = value.kind, !options.contains(where: { $0.fits(.string) }) {
        return
      }
      reportUnknownPath(span, place)
      return
    }
    guard deadBranches == 0 else { return }
    outcome.inputs.append(
      InputPath(
        verb: place.verb.name, parameter: place.parameter.name, path: path, span: span,
        isOverride: isOverride))
  }

  private func reportUnknownPath(_ span: SourceSpan, _ place: ArgumentPlace) {
    // A function by itself knows none of its arguments; its calls do.
    guard !isGeneric else { return }
    report(.unknownPath(callee: place.verb.name), span)
  }

  // MARK: Metrics and choices

  private func checkMetric(_ name: String, _ span: SourceSpan, _ place: ArgumentPlace) {
    let patterns = place.parameter.metrics
    guard !patterns.isEmpty, !patterns.contains(where: { MetricPattern($0).matches(name) }) else {
      return
    }
    let suggestion = MetricPattern.suggestion(for: name, among: patterns)
    report(.unknownMetric(name, suggestion: suggestion, patterns: patterns), span)
  }

  private func checkChoice(_ word: String, _ span: SourceSpan, _ place: ArgumentPlace) {
    let choices = place.parameter.choices
    guard !choices.contains(word) else { return }
    report(
      .unknownChoice(
        word, parameter: place.parameter.name, suggestion: likelyName(to: word, among: choices),
        choices: choices), span)
  }
}

/// The name of a metric, such as `mrr`, or a family of them, such as `ndcg@k` with any positive
/// whole number in the place of `k`.
public struct MetricPattern: Hashable, Sendable {
  /// The pattern as signatures write it.
  public let text: String
  private let base: Substring?

  /// A pattern; `@k` at its end stands for a number.
  public init(_ text: String) {
    self.text = text
    base = text.hasSuffix("@k") ? text.dropLast(2) : nil
  }

  /// Whether this is the metric's pattern.
  public func matches(_ name: String) -> Bool {
    guard let base else { return name == text }
    guard let number = MetricPattern.split(name).number else { return false }
    return MetricPattern.split(name).base == base && number > 0
  }

  /// The part before `@`, and the whole number behind it where there is one.
  static func split(_ name: String) -> (base: Substring, number: Int?) {
    guard let at = name.firstIndex(of: "@") else { return (Substring(name), nil) }
    let digits = name[name.index(after: at)...]
    let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    let isPlain = isNumber && digits.first != "0" && digits.utf8.count <= 9
    return (name[..<at], isPlain ? Int(digits) : nil)
  }

  /// The metric that a misspelt name likely means: a number is added where it was forgotten, and
  /// dropped where there is none.
  static func suggestion(for name: String, among patterns: [String]) -> String? {
    let (base, number) = split(name)
    let depth = number ?? 10
    let concrete = patterns.map { pattern in
      pattern.hasSuffix("@k") ? "\(pattern.dropLast(2))@\(depth)" : pattern
    }
    let bases = concrete.map { String(split($0).base) }
    if let index = bases.firstIndex(of: String(base)) { return concrete[index] }
    guard let closest = likelyName(to: String(base), among: bases),
      let index = bases.firstIndex(of: closest)
    else { return nil }
    return concrete[index]
  }
}
