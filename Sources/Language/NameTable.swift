import Diagnostics

/// A name that the notebook binds.
struct Global: Sendable {
  enum Kind: Sendable { case value, parameter, function }

  let name: String
  /// Index of the cell that binds it.
  let cell: Int
  let span: SourceSpan
  let kind: Kind
  /// What is known of its value; for functions nothing.
  let value: Abstract
  let function: FunctionSyntax?
  /// Where names may be bound again: which bindings the function's body means.
  let captures: [String: Int]?
  /// Whether its value holds measurements.
  let isMeasured: Bool
  /// A parameter without a value.
  let isWaiting: Bool
}

/// The names bound so far, and those that the rest of the notebook binds.
struct NameTable {
  /// The verbs by name.
  let verbs: [String: VerbSignature]
  private(set) var globals: [Global] = []
  private(set) var indices: [String: Int] = [:]
  /// Where each name is bound first in the whole notebook.
  let places: [String: SourceSpan]

  init(verbs: [VerbSignature], cells: [CellSource]) {
    self.verbs = Dictionary(verbs.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var places: [String: SourceSpan] = [:]
    for cell in cells {
      for statement in cell.statements {
        if let name = statement.boundName, places[name.text] == nil {
          places[name.text] = name.span
        }
      }
    }
    self.places = places
    globals.reserveCapacity(places.count)
    indices.reserveCapacity(places.count)
  }

  mutating func bind(_ global: Global) {
    indices[global.name] = globals.count
    globals.append(global)
  }

  /// The name nearest to a misspelt one. Only names of about the same length are compared.
  func suggestion(for name: String, locals: [String] = []) -> String? {
    let length = name.utf8.count
    let slack = max(1, length / 3)
    func isNear(_ other: String) -> Bool { abs(other.utf8.count - length) <= slack }
    let near =
      locals.filter(isNear) + indices.keys.filter(isNear) + verbs.keys.filter(isNear)
    return likelyName(to: name, among: near)
  }
}

/// The closest name, but for names of one letter: nothing is close to those.
func likelyName(to name: String, among candidates: some Sequence<String>) -> String? {
  name.utf8.count < 2 ? nil : closestName(to: name, among: candidates)
}

extension Statement {
  /// The name that the statement binds.
  var boundName: NameSyntax? {
    switch kind {
    case .binding(let name, _): name
    case .function(let function): function.name
    case .parameter(let parameter): parameter.name
    case .claim, .expression: nil
    }
  }
}
