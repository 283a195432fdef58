/// What is wanted of a system, as its owner states it.
public struct Needs: Sendable, Hashable {
  /// What the system lacks.
  public enum Purpose: String, Sendable, Hashable, CaseIterable {
    /// Facts that the model does not have.
    case knowledge
    /// A way of answering that the model does not have.
    case behaviour
  }

  /// Questions a day.
  public var queriesPerDay = 1_000.0
  /// Changed facts a day.
  public var updatesPerDay = 0.0
  /// Over how many days costs are added up.
  public var days = 30.0
  /// How often a day a model is trained again at most.
  public var retrainsPerDay = 1.0
  /// How many facts are asked about; what changes until the next training makes that share of
  /// answers stale. Nil: staleness is left out.
  public var facts: Double?
  /// Money that a right answer is worth.
  public var value = 0.01
  /// The share of questions that are about what the model knew before: forgetting costs so much.
  public var oldShare = 0.0
  /// The most money that a month of 30 days may cost.
  public var budget: Double?
  /// The most milliseconds that an answer may take.
  public var latency: Double?
  /// Whether the output has to keep to a format; nil where nothing was said.
  public var strictFormat: Bool?
  /// What the system lacks; nil where nothing was said.
  public var purpose: Purpose?
  /// How much the accuracy of one answerer varies from seed to seed, as a standard deviation,
  /// where the measurements have one seed and can't tell.
  public var seedSpread = 0.03

  /// Why needs can't be weighed.
  public enum Failure: Error, Sendable, Hashable {
    /// A number is negative or not finite, or not above 0 where it has to be.
    case number(name: String, got: Double)
    /// A share lies outside 0…1.
    case share(name: String, got: Double)
  }

  /// The default needs.
  public init() {}

  /// - Throws: ``Failure`` for a number that can't be meant.
  public func validate() throws {
    for (name, number) in [
      ("queries_per_day", queriesPerDay), ("days", days), ("retrains_per_day", retrainsPerDay),
      ("value", value), ("facts", facts ?? 1), ("latency_ms", latency ?? 1),
    ] where !(number > 0 && number.isFinite) {
      throw Failure.number(name: name, got: number)
    }
    for (name, number) in [("updates_per_day", updatesPerDay), ("budget", budget ?? 0)]
    where !(number >= 0 && number.isFinite) {
      throw Failure.number(name: name, got: number)
    }
    for (name, share) in [("old_share", oldShare), ("seed_spread", seedSpread)]
    where !(0...1).contains(share) {
      throw Failure.share(name: name, got: share)
    }
  }

  /// The demand that costs are computed for.
  public var demand: Demand {
    Demand(
      days: days, queries: queriesPerDay * days, updatesPerDay: updatesPerDay,
      retrainsPerDay: retrainsPerDay)
  }
}

extension Needs.Failure: CustomStringConvertible {
  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .number(let name, let got) where name == "updates_per_day" || name == "budget":
      "'\(name)' is a number of at least 0, got \(significant(got, digits: 6))"
    case .number(let name, let got):
      "'\(name)' is a number above 0, got \(significant(got, digits: 6))"
    case .share(let name, let got):
      "'\(name)' is a share from 0 to 1, got \(significant(got, digits: 6))"
    }
  }
}
