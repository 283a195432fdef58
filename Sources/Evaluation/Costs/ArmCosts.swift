/// What an answerer costs: once, for each question, and for each change of what it knows.
public struct ArmCosts: Sendable, Hashable {
  /// How a changed fact reaches an answerer.
  public enum Updating: String, Sendable, Hashable, CaseIterable {
    /// It never does.
    case never
    /// The changed page replaces the old one in the index.
    case upsert
    /// It is trained again.
    case retrain
  }

  /// The answerer's name in its comparison.
  public var name: String
  /// Training that no other answerer shares.
  public var training: Work
  /// Building indexes that no other answerer shares.
  public var indexing: Work
  /// One question.
  public var query: Work
  /// How changes reach it.
  public var updating: Updating
  /// One change: a page in the index, or all of the training.
  public var update: Work

  /// Costs of their parts.
  public init(
    name: String, training: Work = .none, indexing: Work = .none, query: Work,
    updating: Updating, update: Work = .none
  ) {
    self.name = name
    self.training = training
    self.indexing = indexing
    self.query = query
    self.updating = updating
    self.update = update
  }

  /// Up front: training and indexing.
  public var upFront: Work { training + indexing }

  /// Whether any measured time is among the costs.
  public var hasTimes: Bool {
    [training, indexing, query, update].contains { $0.seconds != nil }
  }
}

/// How much is asked, and how often what is known changes.
public struct Demand: Sendable, Hashable {
  /// Over how many days costs are added up.
  public var days: Double
  /// Questions over all days.
  public var queries: Double
  /// Changed facts a day.
  public var updatesPerDay: Double
  /// How often a day a model is trained again at most; changes in between wait.
  public var retrainsPerDay: Double

  /// A demand; by default 30 days without changes, trained again once a day at most.
  public init(
    days: Double = 30, queries: Double, updatesPerDay: Double = 0, retrainsPerDay: Double = 1
  ) {
    self.days = days
    self.queries = queries
    self.updatesPerDay = updatesPerDay
    self.retrainsPerDay = retrainsPerDay
  }
}

extension ArmCosts {
  /// Money up front, with what is stored for the days.
  public func fixed(_ prices: PriceSheet, days: Double) -> Measured {
    prices.price(training, training: true) + prices.price(indexing, training: false)
      + prices.keeping(training.bytes * prices.modelScale + indexing.bytes, days: days)
  }

  /// Money for one change.
  public func perUpdate(_ prices: PriceSheet) -> Measured {
    updating == .never
      ? Measured(exact: 0) : prices.price(update, training: updating == .retrain)
  }

  /// Money for one question.
  public func perQuery(_ prices: PriceSheet) -> Measured {
    prices.price(query, training: false)
  }

  /// How often a day a change is paid for.
  func paidUpdates(_ demand: Demand) -> Double {
    switch updating {
    case .never: 0
    case .upsert: demand.updatesPerDay
    case .retrain: min(demand.updatesPerDay, demand.retrainsPerDay)
    }
  }

  /// Money for everything over the days of a demand.
  public func total(_ prices: PriceSheet, _ demand: Demand) -> Measured {
    byQueries(prices, demand).value(at: demand.queries)
  }

  /// Money by the number of questions: what is up front, and a line.
  public func byQueries(_ prices: PriceSheet, _ demand: Demand) -> PiecewiseLinear {
    PiecewiseLinear(
      intercept: fixed(prices, days: demand.days)
        + perUpdate(prices) * (paidUpdates(demand) * demand.days),
      slope: perQuery(prices))
  }

  /// Money by changes a day: a line for an index, and for a model one that is level from where it
  /// is trained again as often as it ever is.
  public func byUpdates(_ prices: PriceSheet, _ demand: Demand) -> PiecewiseLinear {
    let intercept = fixed(prices, days: demand.days) + perQuery(prices) * demand.queries
    let slope = perUpdate(prices) * demand.days
    switch updating {
    case .never: return PiecewiseLinear(intercept: intercept, slope: Measured(exact: 0))
    case .upsert: return PiecewiseLinear(intercept: intercept, slope: slope)
    case .retrain:
      return PiecewiseLinear(
        intercept: intercept, slope: slope, levelFrom: demand.retrainsPerDay)
    }
  }
}
