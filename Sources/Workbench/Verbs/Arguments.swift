import Diagnostics
import Evaluation

/// The arguments of one call by parameter name, defaults filled in.
package struct Arguments: Sendable {
  package let values: Record
  /// In a plan: the arguments that have to be computed first, each with the call that does it.
  /// Empty whenever a verb runs.
  package let unknown: [String: String]
  /// The parameters that were left out, for labels.
  package let omitted: Set<String>

  package init(
    _ values: Record, unknown: [String: String] = [:], omitted: Set<String> = []
  ) {
    self.values = values
    self.unknown = unknown
    self.omitted = omitted
  }

  /// Thrown in a plan by asking for an argument that has to be computed first.
  package struct NotComputed: Error, Hashable {
    package let parameter: String
    /// The call that computes it.
    package let call: String
  }

  /// Whether the argument is there; in a plan some may have to be computed first.
  package func isKnown(_ name: String) -> Bool { unknown[name] == nil }

  /// The value of a parameter; none where it was left out.
  package subscript(name: String) -> Value { values[name] ?? .none }

  /// Whether a parameter was left out, or given as none.
  package func isNone(_ name: String) -> Bool {
    if case .none = self[name] { isKnown(name) } else { false }
  }

  package func number(_ name: String) throws -> Double {
    guard let value = self[name].point else { throw problem(name, "a number") }
    return value
  }

  /// A whole number within a range.
  package func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int {
    let value = try number(name)
    guard let integer = Int(exactly: value), range.contains(integer) else {
      throw VerbError(
        "expected a whole number from \(range.lowerBound) to \(range.upperBound), "
          + "got \(self[name].interpolated)", parameter: name)
    }
    return integer
  }

  package func string(_ name: String) throws -> String {
    guard let text = self[name].text else { throw problem(name, "a string") }
    return text
  }

  package func optionalString(_ name: String) throws -> String? {
    isNone(name) ? nil : try string(name)
  }

  package func boolean(_ name: String) throws -> Bool {
    guard case .boolean(let value) = self[name] else { throw problem(name, "true or false") }
    return value
  }

  package func list(_ name: String) throws -> [Value] {
    guard case .list(let items) = self[name] else { throw problem(name, "a list") }
    return items
  }

  package func strings(_ name: String) throws -> [String] {
    if let text = self[name].text { return [text] }
    return try list(name).map { item in
      guard let text = item.text else { throw problem(name, "a list of strings") }
      return text
    }
  }

  /// The records of a table; a list that holds anything else is an error.
  package func table(_ name: String) throws -> [Record] {
    guard case .list(let items) = self[name] else { throw problem(name, "a table") }
    return try items.enumerated().map { index, item in
      guard case .record(let record) = item else {
        throw VerbError(
          "expected a table, but item \(index) is \(item.typeName)", parameter: name)
      }
      return record
    }
  }

  package func handle(_ name: String, _ kind: ArtifactKind) throws -> ArtifactHandle {
    guard case .artifact(let handle) = self[name], handle.kind == kind else {
      throw problem(name, kind.article)
    }
    return handle
  }

  package func function(_ name: String) throws -> FunctionValue {
    guard case .function(let function) = self[name] else { throw problem(name, "a function") }
    return function
  }

  /// One engine object of any of several kinds.
  package func handle(
    _ name: String, anyOf kinds: Set<ArtifactKind>
  ) throws -> ArtifactHandle {
    guard case .artifact(let handle) = self[name], kinds.contains(handle.kind) else {
      // In the order in which kinds are declared, so that the message is the same each time.
      let known = ArtifactKind.allCases.filter(kinds.contains).map(\.article)
      throw problem(name, alternatives(known))
    }
    return handle
  }

  /// What a describe verb gave: one of the named ones, such as `full` or `lora`.
  package func option(_ name: String, anyOf verbs: [String]) throws -> OptionValue {
    guard case .option(let option) = self[name] else {
      throw problem(name, alternatives(verbs.map { "\($0)(…)" }))
    }
    guard verbs.contains(option.verb) else {
      throw VerbError(
        "expected \(alternatives(verbs.map { "\($0)(…)" })), got \(option.verb)(…)",
        parameter: name,
        help: closestName(to: option.verb, among: verbs).map {
          "did you mean '\($0)'?"
        })
    }
    return option
  }

  /// What stands behind ``mismatch(_:_:)``, or what a plan has to compute first.
  private func problem(_ name: String, _ expected: String) -> any Error {
    if let call = unknown[name] { return NotComputed(parameter: name, call: call) }
    return mismatch(name, expected)
  }

  package func mismatch(_ name: String, _ expected: String) -> VerbError {
    VerbError("expected \(expected), got \(self[name].typeName)", parameter: name)
  }
}

/// Words in a row: `a corpus, a data set or a table`.
func alternatives(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "nothing" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
