package import Language
package import Routing

/// Routers in the language: what describe verbs such as `always()` give.
package enum RouterArgument {
  /// The verbs that make a router of an answerer.
  package static let verbs = [
    "never", "always", "oracle_router", "uncertainty", "popularity", "thermostat",
  ]

  /// What parameters that take a router have as their type.
  package static var type: StaticType { .union(verbs.map { .option($0) }) }

  /// The router that a value describes.
  ///
  /// - Throws: `VerbError` for another value, and settings out of range.
  package static func router(_ value: Value, parameter: String) throws -> Router {
    guard case .option(let option) = value, verbs.contains(option.verb) else {
      throw VerbError(
        "expected \(alternatives(verbs.map { "\($0)(…)" })), got \(value.typeName)",
        parameter: parameter)
    }
    do {
      let router = try router(option.verb, Arguments(option.arguments))
      try router.validate()
      return router
    } catch let error as RoutingError {
      throw VerbError("\(option.verb): \(error)", parameter: parameter)
    }
  }

  static func router(_ verb: String, _ arguments: Arguments) throws -> Router {
    switch verb {
    case "never": return .never
    case "always": return .always
    case "oracle_router": return .oracle
    case "uncertainty":
      let word = try VerbLibrary.known(
        arguments, "signal", UncertaintySignal.allCases.map(\.rawValue))
      return .uncertainty(
        above: try arguments.number("above"), signal: .init(rawValue: word) ?? .probability,
        samples: try arguments.integer("samples", in: 1...1000),
        seed: UInt64(try arguments.integer("seed", in: 0...Int(1) << 53)))
    case "popularity":
      return .popularity(
        below: try arguments.number("below"), field: try arguments.string("field"))
    default:
      return .thermostat(
        above: try arguments.number("above"), below: try arguments.number("below"),
        memory: try arguments.number("memory"))
    }
  }

  /// The same rules for what is known before the run.
  static func misfit(
    _ known: VerbSignature.KnownArguments, _ router: Router
  ) -> VerbSignature.Misfit? {
    do {
      try router.validate()
      return nil
    } catch {
      switch error {
      case .setting(let name, _, _): return .init(name, "\(error)")
      default: return .init("below", "\(error)")
      }
    }
  }
}
