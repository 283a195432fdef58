/// How a system comes by what it says.
public enum Approach: String, Sendable, Hashable, CaseIterable {
  /// The model as it is, with or without examples in the prompt.
  case prompt
  /// Passages are searched for each question.
  case rag = "RAG"
  /// The model is trained on what it is to say.
  case fineTuning = "fine-tuning"
  /// A trained model that also gets passages.
  case both
  /// Everything stands in the prompt.
  case longContext = "long context"
  /// Tables are queried.
  case tables
}

/// What was measured of one answerer.
public struct MeasuredArm: Sendable, Hashable {
  /// Its name in the comparison.
  public var name: String
  /// How it comes by its answers.
  public var approach: Approach
  /// The share of questions that it gets right.
  public var accuracy: Measured
  /// How much accuracy on what the model knew before was lost by training, where it was measured.
  public var forgetting: Measured?
  /// The share of answers that keep to a format, where it was measured.
  public var format: Measured?
  /// What it costs.
  public var costs: ArmCosts
  /// Milliseconds within which 95 % of questions are answered; nil where no time was taken.
  public var latency: Double?

  /// Measurements of one answerer.
  public init(
    name: String, approach: Approach, accuracy: Measured, forgetting: Measured? = nil,
    format: Measured? = nil, costs: ArmCosts, latency: Double? = nil
  ) {
    self.name = name
    self.approach = approach
    self.accuracy = accuracy
    self.forgetting = forgetting
    self.format = format
    self.costs = costs
    self.latency = latency
  }
}

extension Needs {
  /// The share of answers that are about facts that changed since the answerer learned them.
  ///
  /// A change waits half the time between two trainings on average. What is never updated grows
  /// stale over all the days. An index is changed at once.
  public func staleShare(_ updating: ArmCosts.Updating) -> Double {
    guard let facts, facts > 0 else { return 0 }
    let wait =
      switch updating {
      case .upsert: 0.0
      case .retrain: 1 / retrainsPerDay / 2
      case .never: days / 2
      }
    return min(1, updatesPerDay * wait / facts)
  }

  /// The share of questions that an answerer gets right in use: accuracy without the stale share,
  /// less what it forgot of the share of old questions. What was the same for every question is
  /// as uncertain as their number leaves it.
  public func rightShare(_ arm: MeasuredArm) -> Measured {
    let fresh = arm.accuracy.withUnseen * (1 - staleShare(arm.costs.updating))
    guard oldShare > 0, let forgetting = arm.forgetting else { return fresh }
    return fresh - forgetting.withUnseen * oldShare
  }

  /// Money that a question is worth on average: that of the share right, less all costs spread
  /// over the questions.
  public func utility(_ arm: MeasuredArm, _ prices: PriceSheet) -> Measured {
    rightShare(arm) * value - arm.costs.total(prices, demand) / (queriesPerDay * days)
  }

  /// Money a month of 30 days.
  public func monthly(_ arm: MeasuredArm, _ prices: PriceSheet) -> Double {
    arm.costs.total(prices, demand).point / days * 30
  }

  /// The milliseconds that an answer takes: measured, or as its operations take at the sustained
  /// rate of the price sheet.
  public func latency(_ arm: MeasuredArm, _ prices: PriceSheet) -> Double {
    arm.latency ?? prices.estimatedMilliseconds(arm.costs.query)
  }

  /// Why an answerer is out of the question; nil where it isn't.
  public func obstacle(_ arm: MeasuredArm, _ prices: PriceSheet) -> Obstacle? {
    if let budget, monthly(arm, prices) > budget { return .budget }
    if let limit = latency, latency(arm, prices) > limit { return .latency }
    return nil
  }

  /// A limit that is stated and not kept.
  public enum Obstacle: String, Sendable, Hashable {
    /// A month costs more than the budget.
    case budget
    /// An answer takes longer than is allowed.
    case latency
  }
}
