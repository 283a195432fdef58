import Artifacts
import Corpora
import Evaluation
import Language
import Routing

extension VerbLibrary {
  /// Routers over what models answered elsewhere.
  static var recordedVerbs: [Verb] { [recorded, featureRouter, route] }

  private static let recorded = Verb(
    VerbSignature(
      "recorded", topic: "answering", .compute,
      summary: "Reads recorded answers of a model, from memory and with passages, from JSONL.",
      example: "outcomes = recorded(\"data/hotpotqa.jsonl\")",
      parameters: [
        .init(
          "path", .path, positional: true,
          "Lines with question, answers, answer_without_retrieval and answer_with_retrieval, and "
            + "maybe passages.")
      ],
      result: { _ in .artifact("outcomes") })
  ) { arguments, context in
    let input = try context.input("path")
    let file = try TextFile(path: input.path, shown: input.written, context: context.work)
    do {
      return try context.artifact(.outcomes, try RecordedOutcomes(jsonLines: file.bytes))
    } catch let error as RecordedOutcomes.Failure {
      throw VerbError("\(error)", parameter: "path")
    }
  }

  private static let featureRouter = Verb.option(
    VerbSignature(
      "feature_router", topic: "answering", .describe,
      summary: "A router for recorded answers that learns from features of question and passages.",
      example: "route(outcomes, feature_router(calls: 0.6, seed: 1))",
      parameters: [
        .init("calls", .number, default: "0.6", "The share of questions that is looked up."),
        .init(
          "features", .list(.string), default: "[\"question\"]",
          choices: OutcomeFeatures.allCases.map(\.rawValue),
          "What it sees: the question, the passages (a search each), the answer from memory (a "
            + "call of the model each)."),
        .init("penalty", .number, default: "10", "The L2 penalty on its weights."),
        .init(
          "folds", .number, default: "5",
          "How many parts: each is decided on by what the others taught."),
        .init("seed", .number, default: "0", "What the parts are drawn by."),
      ], result: { _ in .option("feature_router") }
    ).constrained { known in
      known.numbers["calls"].flatMap { calls in
        (0...1).contains(calls)
          ? nil : .init("calls", "expected a share from 0 to 1, got \(formatNumber(calls))")
      }
    }
  ) { arguments in
    _ = try features(arguments)
  }

  private static func features(_ arguments: Arguments) throws -> FeatureRouter {
    let words = try arguments.strings("features")
    let features = try words.map { word in
      guard let features = OutcomeFeatures(rawValue: word) else {
        throw VerbError(
          "there are no features '\(word)'", parameter: "features",
          help: "there are \(OutcomeFeatures.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return features
    }
    guard !features.isEmpty else {
      throw VerbError("expected some features", parameter: "features")
    }
    let router = FeatureRouter(
      share: try arguments.number("calls"), features: features,
      penalty: try arguments.number("penalty"), folds: try arguments.integer("folds", in: 2...100),
      seed: UInt64(try arguments.integer("seed", in: 0...Int(1) << 53)))
    do {
      try router.validate()
    } catch RoutingError.setting(let name, let got, let allowed) {
      throw VerbError("\(name) is \(got); it has to be \(allowed)", parameter: name)
    }
    return router
  }

  private static let route = Verb(
    VerbSignature(
      "route", topic: "answering", .compute,
      summary: "What a router would have made of recorded answers, beside never, always and the "
        + "oracle.",
      example: "route(outcomes, feature_router(calls: 0.6, seed: 1)).lines",
      parameters: [
        .init("outcomes", .artifact("outcomes"), positional: true, "What was recorded."),
        .init(
          "router", .union(recordedRouters.map { .option($0) }), positional: true,
          "never(), always(), oracle_router() or feature_router(…); others need probabilities."),
      ],
      result: { _ in
        .record(
          [
            .init("accuracy", .number), .init("retrieved", .number),
            .init("lm_calls", .number), .init("retriever_calls", .number),
            .init("auroc", .any), .init("lines", .table),
          ], isOpen: false)
      })
  ) { arguments, context in
    let handle = try arguments.handle("outcomes", .outcomes)
    let outcomes = try handle.object(as: RecordedOutcomes.self).outcomes
    let option = try arguments.option("router", anyOf: recordedRouters)
    func line(_ rights: [Bool], seeds: Int) throws -> Measured {
      try Measured.mean(
        of: rights.map { $0 ? 1 : 0 }, identity: handle.digest.hex, seeds: seeds)
    }
    let known = outcomes.map(\.isKnown)
    let read = outcomes.map(\.isRead)
    let either = zip(known, read).map { $0 || $1 }
    var lines: [RecordedLine] = [
      .init("never", try line(known, seeds: 0), 0, 1, 0),
      .init("always", try line(read, seeds: 0), 1, 1, 1),
      .init("oracle", try line(either, seeds: 0), 1, 2, 1),
    ]
    var area = Value.none
    if option.verb == "feature_router" {
      let router = try features(Arguments(option.arguments))
      let decisions: [FeatureRouter.Decision]
      do {
        decisions = try router.decisions(on: outcomes, context: context.work)
      } catch let error as RoutingError {
        throw VerbError("\(error)", parameter: "router")
      }
      let rights = outcomes.indices.map { decisions[$0].looksUp ? read[$0] : known[$0] }
      let share =
        Double(decisions.count(where: \.looksUp)) / Double(max(1, decisions.count))
      // What as many look-ups give that are drawn blindly: what a router has to exceed.
      let blind = outcomes.indices.map { index in
        share * (read[index] ? 1 : 0) + (1 - share) * (known[index] ? 1 : 0)
      }
      lines.append(
        .init(
          "chance",
          try Measured.mean(of: blind, identity: handle.digest.hex, seeds: 0), share, 1, share))
      lines.append(
        .init(
          "features", try line(rights, seeds: 1), share,
          1 + (router.features.contains(.draft) ? share : 0),
          router.features.contains(.retrieval) ? 1 : share))
      area = .measured(
        try Measured.statistic(
          count: outcomes.count, identity: handle.digest.hex, seeds: 1, range: 0...1
        ) { indices in
          (try? Statistics.rocArea(
            scores: indices.map { decisions[$0].known }, correct: indices.map { known[$0] }))
            ?? .nan
        })
    }
    let place = ["never": 0, "always": 1, "oracle_router": 2][option.verb] ?? lines.count - 1
    let own = lines[place]
    return .record(
      Record([
        ("accuracy", .measured(own.accuracy)), ("retrieved", .number(own.retrieved)),
        ("lm_calls", .number(own.modelCalls)),
        ("retriever_calls", .number(own.retrieverCalls)), ("auroc", area),
        (
          "lines",
          .table(
            columns: ["router", "accuracy", "retrieved", "lm_calls", "retriever_calls"],
            rows: lines.map {
              [
                .string($0.name), .measured($0.accuracy), .number($0.retrieved),
                .number($0.modelCalls), .number($0.retrieverCalls),
              ]
            })
        ),
      ]))
  }

  private static let recordedRouters = ["never", "always", "oracle_router", "feature_router"]
}

/// One router's figures, calls by question.
private struct RecordedLine {
  let name: String
  let accuracy: Measured
  let retrieved: Double
  let modelCalls: Double
  let retrieverCalls: Double

  init(
    _ name: String, _ accuracy: Measured, _ retrieved: Double, _ modelCalls: Double,
    _ retrieverCalls: Double
  ) {
    self.name = name
    self.accuracy = accuracy
    self.retrieved = retrieved
    self.modelCalls = modelCalls
    self.retrieverCalls = retrieverCalls
  }
}
