import Language
import Routing

extension VerbLibrary {
  /// What decides whether a question is looked up.
  static var routerVerbs: [Verb] {
    [never, always, oracleRouter, uncertainty, popularity, thermostat]
  }

  private static let never = Verb.option(
    VerbSignature(
      "never", topic: "answering", .describe,
      summary: "A router that looks nothing up: all answers are from memory.",
      example: "answerer(base, index: store, k: 3, router: never())", parameters: [],
      result: { _ in .option("never") }))

  private static let always = Verb.option(
    VerbSignature(
      "always", topic: "answering", .describe,
      summary: "A router that looks every question up.",
      example: "answerer(base, index: store, k: 3, router: always())", parameters: [],
      result: { _ in .option("always") }))

  private static let oracleRouter = Verb.option(
    VerbSignature(
      "oracle_router", topic: "answering", .describe,
      summary: "Asks both ways and takes the right answer where there is one: what no router "
        + "exceeds.",
      example: "answerer(base, index: store, k: 3, router: oracle_router())", parameters: [],
      result: { _ in .option("oracle_router") }))

  private static let uncertainty = Verb.option(
    VerbSignature(
      "uncertainty", topic: "answering", .describe,
      summary: "A router that asks the model first and looks up what it is unsure of: two calls.",
      example: "uncertainty(above: 0.4, signal: \"probability\")",
      parameters: [
        .init(
          "above", .number,
          "The doubt above which it is looked up: from 0 to 1, for entropy in nats."),
        .init(
          "signal", .string, default: "\"probability\"",
          choices: UncertaintySignal.allCases.map(\.rawValue),
          "What tells doubt: the answer's probability, its largest token entropy, its smallest "
            + "margin, or how many of several drawn answers disagree."),
        .init("samples", .number, default: "5", "With agreement: how many answers are drawn."),
        .init("seed", .number, default: "0", "With agreement: what they are drawn by."),
      ], result: { _ in .option("uncertainty") }
    ).constrained { known in
      let word = known.strings["signal"].flatMap(UncertaintySignal.init(rawValue:))
      guard let above = known.numbers["above"], word != nil || !known.given.contains("signal")
      else { return nil }
      return RouterArgument.misfit(
        known,
        .uncertainty(
          above: above, signal: word ?? .probability,
          samples: known.numbers["samples"].flatMap(Int.init(exactly:)) ?? 5, seed: 0))
    }
  ) { arguments in
    _ = try checked("uncertainty", arguments)
  }

  private static let popularity = Verb.option(
    VerbSignature(
      "popularity", topic: "answering", .describe,
      summary: "A router that looks up questions about what is rare.",
      example: "popularity(below: 10, field: \"exposure\")",
      parameters: [
        .init("below", .number, "What is below is looked up."),
        .init(
          "field", .string, default: "\"exposure\"",
          "The field of questions that says how often their subject was seen; a question without "
            + "it is looked up."),
      ], result: { _ in .option("popularity") })
  ) { arguments in
    _ = try checked("popularity", arguments)
  }

  private static let thermostat = Verb.option(
    VerbSignature(
      "thermostat", topic: "answering", .describe,
      summary: "A router that switches looking up on while answers are written, and off again, by "
        + "token entropies.",
      example: "thermostat(above: 1.2, below: 0.4)",
      parameters: [
        .init("above", .number, "The entropy of a token, in nats, above which it switches on."),
        .init("below", .number, "The largest entropy of an answer below which it switches off."),
        .init(
          "memory", .number, default: "0",
          "The share of the level that stays from answer to answer, from 0 up to 1."),
      ], result: { _ in .option("thermostat") }
    ).constrained { known in
      guard let above = known.numbers["above"], let below = known.numbers["below"] else {
        return nil
      }
      return RouterArgument.misfit(
        known,
        .thermostat(above: above, below: below, memory: known.numbers["memory"] ?? 0))
    }
  ) { arguments in
    _ = try checked("thermostat", arguments)
  }

  /// The router of a call; what is wrong with a setting names it.
  private static func checked(_ verb: String, _ arguments: Arguments) throws -> Router {
    let router = try RouterArgument.router(verb, arguments)
    do {
      try router.validate()
      return router
    } catch RoutingError.setting(let name, let got, let allowed) {
      throw VerbError(
        "\(RoutingError.setting(name: name, got: got, allowed: allowed))", parameter: name)
    } catch {
      throw VerbError("\(error)", parameter: "below")
    }
  }
}
