import Corpora
import Evaluation
import Execution
import Glibc

/// A simulated comparison: answerers with true accuracies by kind of question and a spread between
/// seeds, and what is wanted of them.
struct AdviceSetting {
  struct Arm {
    var name: String
    var approach: Approach
    /// By kind, in the order of ``AdviceSetting/kinds``.
    var accuracy: [Double]
    var spread: Double
    var forgetting: Double
    var tokens: Double
    var costs: ArmCosts
    var latency: Double
  }

  static let kinds = ["known", "new", "paraphrased", "two_hop", "unanswerable", "out_of_template"]

  var arms: [Arm]
  var needs: Needs
  /// The share of each kind.
  var mix: [Double]
  var questions: Int
  /// How far answerers find the same questions hard.
  var sharedDifficulty: Double
  let seed: UInt64

  /// A setting drawn by its seed.
  ///
  /// Accuracies are about those of a small model: it knows its own people and nobody new, reads
  /// well, learns a part of what it is trained on, and forgets some; costs differ by orders of
  /// magnitude, as do demands.
  init(seed: UInt64) {
    self.seed = seed
    var random = RandomStream(seed: seed, purpose: "advice bench/setting")
    func between(_ low: Double, _ high: Double) -> Double {
      low + (high - low) * random.uniform()
    }
    func magnitude(_ low: Double, _ high: Double) -> Double { exp(between(log(low), log(high))) }

    let weights = Self.kinds.map { _ in -log(1 - random.uniform()) }
    let sum = weights.reduce(0, +)
    mix = weights.map { $0 / sum }
    questions = 4 * Int(between(40, 160))
    sharedDifficulty = between(0.2, 0.8)

    needs = Needs()
    needs.queriesPerDay = magnitude(10, 1e6)
    needs.updatesPerDay = random.below(4) == 0 ? 0 : magnitude(0.01, 1000)
    needs.facts = magnitude(100, 10_000)
    needs.days = [7, 30, 365][random.below(3)]
    needs.value = magnitude(1e-4, 0.1)
    needs.oldShare = random.below(2) == 0 ? 0 : between(0, 0.5)
    if random.below(3) == 0 { needs.budget = magnitude(1, 10_000) }
    if random.below(3) == 0 { needs.latency = magnitude(20, 2000) }

    // A model of one to eight thousand million parameters.
    let parameters = magnitude(1e9, 8e9)
    let noise = between(0, 0.25)
    let training = magnitude(1e6, 1e9) * parameters * 6
    let context = magnitude(2_000, 60_000)
    let passages = between(100, 1_200)
    let reading = between(0.7, 0.97) - noise
    let learning = between(0.2, 0.85)
    func arm(
      _ name: String, _ approach: Approach, _ accuracy: [Double], tokens: Double,
      trained: Double = 0, isIndexed: Bool = false, forgetting: Double = 0
    ) -> Arm {
      let query = Work(
        operations: 2 * parameters * tokens, modelCalls: 1, retrieverCalls: isIndexed ? 1 : 0,
        promptTokens: tokens)
      let retraining = Work(operations: training * trained, bytes: 2 * parameters)
      let costs = ArmCosts(
        name: name, training: trained > 0 ? retraining : .none,
        indexing: isIndexed ? Work(operations: 1e12, bytes: 1e8) : .none, query: query,
        updating: isIndexed || approach == .longContext
          ? .upsert : trained > 0 ? .retrain : .never,
        update: isIndexed ? Work(operations: 1e9) : trained > 0 ? retraining : .none)
      return Arm(
        name: name, approach: approach, accuracy: accuracy.map { min(0.99, max(0.01, $0)) },
        spread: between(0.003, 0.05), forgetting: forgetting, tokens: tokens, costs: costs,
        latency: 15 + tokens * between(0.03, 0.05) + (isIndexed ? between(2, 20) : 0))
    }
    arms = [
      arm("base", .prompt, [0.9, 0.03, 0.03, 0.02, 0.3, 0.03], tokens: 30),
      arm("prompted", .prompt, [0.9, 0.05, 0.05, 0.04, 0.5, 0.04], tokens: 200),
      arm(
        "rag", .rag,
        [0.85, reading, reading - 0.03, reading - between(0.1, 0.5), 0.8, reading - 0.1],
        tokens: 30 + passages, isIndexed: true),
      arm(
        "lora", .fineTuning,
        [0.85, learning, learning - 0.1, learning * 0.5, 0.3, learning - between(0, 0.3)],
        tokens: 30, trained: 0.7, forgetting: between(0, 0.15)),
      arm(
        "full", .fineTuning,
        [0.7, learning + 0.08, learning, learning * 0.6, 0.2, learning - between(0, 0.3)],
        tokens: 30, trained: 1, forgetting: between(0.05, 0.5)),
      arm(
        "both", .both,
        [
          0.85, max(reading, learning) + between(0, 0.05), reading, reading - between(0, 0.3),
          0.7, reading - 0.08,
        ], tokens: 30 + passages, trained: 0.7, isIndexed: true,
        forgetting: between(0, 0.15)),
      arm(
        "long_context", .longContext,
        [
          0.8, reading - between(0, 0.2), reading - 0.1, reading - between(0, 0.4), 0.6,
          reading - 0.15,
        ],
        tokens: context),
    ]
  }
}

extension AdviceSetting {
  /// What measuring under some seeds finds: on all questions, or on a quarter of each kind.
  func measure(isPilot: Bool, seeds: Int) throws -> [MeasuredArm] {
    var asking = RandomStream(seed: seed, purpose: "advice bench/questions")
    let asked = (0..<questions).map { _ -> (kind: Int, hardness: Double, length: Double) in
      let draw = asking.uniform()
      var kind = 0
      var share = mix[0]
      while draw > share, kind + 1 < mix.count {
        kind += 1
        share += mix[kind]
      }
      return (kind, asking.uniform(), 0.8 + 0.4 * asking.uniform())
    }
    let byKind = asked.indices.sorted { (asked[$0].kind, $0) < (asked[$1].kind, $1) }
    let chosen = isPilot ? stride(from: 1, to: questions, by: 4).map { byKind[$0] } : byKind
    return try arms.map { arm in
      let parts = try (1...seeds).map { run -> (Measured, Measured, Measured) in
        var luck = RandomStream(seed: seed, purpose: "advice bench/\(arm.name)/\(run)")
        let shift = arm.spread * normal(&luck)
        let identity = "advice bench \(seed)"
        let answered = asked.map { question in
          let share = arm.accuracy[question.kind] + shift
          let own = luck.uniform()
          let hardness = luck.uniform() < sharedDifficulty ? question.hardness : own
          return hardness < share ? 1.0 : 0
        }
        let forgotten = asked.map { _ in luck.uniform() < arm.forgetting ? 1.0 : 0 }
        let right = chosen.map { answered[$0] }
        let old = chosen.map { forgotten[$0] }
        return (
          try Measured.mean(of: right, identity: identity, seeds: 1),
          try Measured.mean(
            of: chosen.map { asked[$0].length }, identity: identity, seeds: 1, range: nil),
          try Measured.mean(of: old, identity: identity + "/known", seeds: 1)
        )
      }
      let names = (1...seeds).map { "\($0)" }
      let accuracy = try Measured.overSeeds(parts.map(\.0), seeds: names)
      let length = try Measured.overSeeds(parts.map(\.1), seeds: names)
      let forgotten = try Measured.overSeeds(parts.map(\.2), seeds: names)
      var costs = arm.costs
      costs.query.operations = costs.query.operations * length
      var clock = RandomStream(seed: seed, purpose: "advice bench/clock/\(arm.name)/\(isPilot)")
      return MeasuredArm(
        name: arm.name, approach: arm.approach, accuracy: accuracy,
        forgetting: arm.forgetting > 0 ? forgotten : nil, costs: costs,
        latency: arm.latency * (0.97 + 0.06 * clock.uniform()))
    }
  }

  private func normal(_ random: inout RandomStream) -> Double {
    (-2 * log(1 - random.uniform())).squareRoot() * cos(2 * .pi * random.uniform())
  }
}

/// How often advice from a pilot agrees with the full run.
struct AdviceBench {
  var settings = 0
  /// Named the winner's approach, or undecided where the full run can't separate the first two.
  var agreed = 0
  /// Of those, by naming.
  var named = 0
  var undecided = 0
  /// Of those named, the very answerer.
  var sameArm = 0
  /// What naming the pilot's best every time would have got.
  var alwaysFirst = 0
  /// What never deciding would have got.
  var neverDeciding = 0
  /// The winners, by approach.
  var winners: [String: Int] = [:]
  /// The sum of the probabilities that the advice gave to being right.
  var expected = 0.0
  var misses: [String] = []

  mutating func add(_ setting: AdviceSetting) throws {
    let pilot = try Advice(
      setting.measure(isPilot: true, seeds: 1), setting.needs)
    let full = try Advice(
      setting.measure(isPilot: false, seeds: 3), setting.needs)
    let possible = full.ranking.filter { $0.obstacle == nil }
    settings += 1
    expected += max(pilot.confidence, pilot.tie)
    winners[possible.first?.arm.name ?? "none", default: 0] += 1
    let isTied =
      possible.count > 1
      && (possible[0].utility - possible[1].utility).interval.contains(0)
    if isTied || possible.isEmpty { neverDeciding += 1 }
    let first = pilot.ranking.first { $0.obstacle == nil }
    if first?.arm.approach == possible.first?.arm.approach { alwaysFirst += 1 }
    guard let choice = pilot.choice else {
      undecided += 1
      if isTied || possible.isEmpty { agreed += 1 } else { miss(setting, pilot, full) }
      return
    }
    if choice.arm.approach == possible.first?.arm.approach {
      agreed += 1
      named += 1
      if choice.arm.name == possible.first?.arm.name { sameArm += 1 }
    } else {
      miss(setting, pilot, full)
    }
  }

  private mutating func miss(_ setting: AdviceSetting, _ pilot: Advice, _ full: Advice) {
    let top = full.ranking.prefix(2).map { "\($0.arm.name) \($0.utility.formatted())" }
    misses.append(
      "\(setting.seed): said \(pilot.choice?.arm.name ?? "undecided") "
        + "(\(significant(pilot.confidence, digits: 2)), tie \(significant(pilot.tie, digits: 2)))"
        + ", full run \(top.joined(separator: ", "))")
  }

  var line: String {
    "advice: \(agreed) of \(settings) agree, \(significant(expected, digits: 4)) expected by itself (\(named) named, \(sameArm) to the very answerer; "
      + "\(undecided) undecided; always the pilot's best \(alwaysFirst), never deciding \(neverDeciding)); winners "
      + winners.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}
