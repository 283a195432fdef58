package import Execution

/// A router over recorded outcomes, which have no probabilities: what it sees are features.
///
/// Two logistic regressions say how probable a right answer is from memory and with passages; the
/// questions that passages promise to help most are looked up. Both are fitted on other folds than
/// the questions that they decide on.
public struct FeatureRouter: Sendable, Hashable {
  /// The share of questions that is looked up.
  public var share: Double
  /// Which features decide.
  package var features: [OutcomeFeatures]
  /// The penalty on weights.
  public var penalty: Double
  /// How many parts the questions are cut into; each is decided on by what the others taught.
  public var folds: Int
  /// What the folds are drawn by.
  public var seed: UInt64

  package init(
    share: Double = 0.6, features: [OutcomeFeatures] = [.question], penalty: Double = 10,
    folds: Int = 5, seed: UInt64 = 0
  ) {
    self.share = share
    self.features = features
    self.penalty = penalty
    self.folds = folds
    self.seed = seed
  }

  /// Checks the settings.
  ///
  /// - Throws: ``RoutingError/setting(name:got:allowed:)``.
  public func validate() throws(RoutingError) {
    guard (0...1).contains(share) else {
      throw .setting(name: "calls", got: share, allowed: "from 0 to 1")
    }
    guard penalty > 0, penalty <= 1e6 else {
      throw .setting(name: "penalty", got: penalty, allowed: "above 0 and up to 1000000")
    }
    guard (2...100).contains(folds) else {
      throw .setting(name: "folds", got: Double(folds), allowed: "from 2 to 100")
    }
  }

  /// What was decided on one question.
  package struct Decision: Sendable, Hashable {
    /// Whether it is looked up.
    package var looksUp: Bool
    /// How probable it is that the model knows the answer.
    package var known: Double
    /// How much more probable a right answer is with passages.
    package var gain: Double
  }

  /// Decides on every question, each by what other folds taught.
  ///
  /// - Parameters:
  ///   - outcomes: At least as many as there are folds.
  ///   - context: Threads and cancellation.
  /// - Returns: A decision a question, in their order.
  /// - Throws: ``RoutingError``; cancellation.
  package func decisions(
    on outcomes: [RecordedOutcomes.Outcome], context: WorkContext
  ) throws -> [Decision] {
    try validate()
    guard outcomes.count >= folds else {
      throw RoutingError.setting(
        name: "folds", got: Double(folds), allowed: "no more than the \(outcomes.count) questions")
    }
    let rows = outcomes.map { outcome in features.flatMap { $0.values(of: outcome) } }
    let order = RandomStream.permutation(
      outcomes.count, seed: seed, purpose: "feature router/folds")
    let parts = try parallelMap(folds, context: context) { fold in
      var (inside, outside): ([Int], [Int]) = ([], [])
      for (place, index) in order.enumerated() {
        if place % folds == fold { inside.append(index) } else { outside.append(index) }
      }
      let learned = outside.map { rows[$0] }
      let known = LogisticRegression(
        learned, outside.map { outcomes[$0].isKnown }, penalty: penalty)
      let read = LogisticRegression(
        learned, outside.map { outcomes[$0].isRead }, penalty: penalty)
      func gain(_ row: [Double]) -> Double { read.probability(row) - known.probability(row) }
      // The threshold is that of the folds which taught: questions are decided on one by one.
      let gains = learned.map(gain).sorted(by: >)
      let wanted = Int((share * Double(gains.count)).rounded())
      let threshold =
        wanted <= 0
        ? Double.infinity : wanted >= gains.count ? -.infinity : gains[wanted - 1]
      return inside.map { index in
        let value = gain(rows[index])
        return (
          index,
          Decision(
            looksUp: value >= threshold, known: known.probability(rows[index]), gain: value)
        )
      }
    }
    return parts.flatMap { $0 }.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
