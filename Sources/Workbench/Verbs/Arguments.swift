import Evaluation

/// The arguments of one call by parameter name, defaults filled in.
package struct Arguments: Sendable {
  package let values: Record

  package init(_ values: Record) { self.values = values }

  /// The value of a parameter; none where it was left out.
  package subscript(name: String) -> Value { values[name] ?? .none }

  package func isNone(_ name: String) -> Bool {
    if case .none = self[name] { true } else { false }
  }

  package func number(_ name: String) throws -> Double {
    guard let value = self[name].point else { throw mismatch(name, "a number") }
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
    guard let text = self[name].text else { throw mismatch(name, "a string") }
    return text
  }

  package func optionalString(_ name: String) throws -> String? {
    isNone(name) ? nil : try string(name)
  }

  package func boolean(_ name: String) throws -> Bool {
    guard case .boolean(let value) = self[name] else { throw mismatch(name, "true or false") }
    return value
  }

  package func list(_ name: String) throws -> [Value] {
    guard case .list(let items) = self[name] else { throw mismatch(name, "a list") }
    return items
  }

  package func strings(_ name: String) throws -> [String] {
    if let text = self[name].text { return [text] }
    return try list(name).map { item in
      guard let text = item.text else { throw mismatch(name, "a list of strings") }
      return text
    }
  }

  /// The records of a table; a list that holds anything else is an error.
  package func table(_ name: String) throws -> [Record] {
    guard case .list(let items) = self[name] else { throw mismatch(name, "a table") }
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
      throw mismatch(name, kind.article)
    }
    return handle
  }

  package func function(_ name: String) throws -> FunctionValue {
    guard case .function(let function) = self[name] else { throw mismatch(name, "a function") }
    return function
  }

  package func mismatch(_ name: String, _ expected: String) -> VerbError {
    VerbError("expected \(expected), got \(self[name].typeName)", parameter: name)
  }
}
