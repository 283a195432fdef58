import Glibc

/// The changes that would make another answerer the best one.
struct AdviceFlips {
  private let leader: Advice.Weighed?
  private let rivals: [Advice.Weighed]
  private let excluded: [Advice.Weighed]
  private let needs: Needs
  private let prices: PriceSheet

  init(_ ranking: [Advice.Weighed], _ needs: Needs, _ prices: PriceSheet) {
    let possible = ranking.filter { $0.obstacle == nil }
    leader = possible.first
    rivals = Array(possible.dropFirst())
    excluded = ranking.filter { $0.obstacle != nil }
    self.needs = needs
    self.prices = prices
  }

  /// The nearest change of each kind, nearest first.
  var nearest: [Advice.Flip] {
    guard let leader else { return [] }
    let candidates = [
      rivals.flatMap { queries(leader, $0) }, rivals.flatMap { updates(leader, $0) },
      rivals.flatMap { accuracy(leader, $0) }, excluded.flatMap { limit(leader, $0) },
    ]
    return candidates.compactMap { $0.min { $0.distance < $1.distance } }
      .sorted { $0.distance < $1.distance }
  }

  /// Utilities differ by V·Δr − Δp − (ΔF + ΔU)/(q·D), which is 0 at one q at most.
  private func queries(_ a: Advice.Weighed, _ b: Advice.Weighed) -> [Advice.Flip] {
    func parts(_ arm: MeasuredArm) -> (each: Double, once: Double) {
      let line = arm.costs.byQueries(prices, needs.demand).pieces[0]
      return (
        needs.value * needs.rightShare(arm).point - line.slope.point, line.intercept.point
      )
    }
    let (x, y) = (parts(a.arm), parts(b.arm))
    guard x.each != y.each else { return [] }
    let at = (x.once - y.once) / (x.each - y.each) / needs.days
    guard at > 0, at.isFinite else { return [] }
    return [
      flip("queries_per_day", needs.queriesPerDay, at, b, abs(log(at / needs.queriesPerDay)))
    ]
  }

  /// Utilities are piecewise linear in the rate of updates, with knots where training is as often
  /// as it ever is and where everything is stale.
  private func updates(_ a: Advice.Weighed, _ b: Advice.Weighed) -> [Advice.Flip] {
    func difference(_ rate: Double) -> Double {
      var changed = needs
      changed.updatesPerDay = rate
      return (changed.utility(a.arm, prices) - changed.utility(b.arm, prices)).point
    }
    var knots: Set<Double> = [0, needs.retrainsPerDay]
    if let facts = needs.facts {
      knots.insert(facts / (needs.days / 2))
      knots.insert(facts * needs.retrainsPerDay * 2)
    }
    let sorted = knots.sorted()
    var found: [Advice.Flip] = []
    for (index, low) in sorted.enumerated() {
      let isLast = index + 1 == sorted.count
      let high = isLast ? low * 2 + 1 : sorted[index + 1]
      let (left, right) = (difference(low), difference(high))
      guard left != right else { continue }
      let at = low + (high - low) * left / (left - right)
      guard at > low, isLast || at <= high, at.isFinite else { continue }
      let now = needs.updatesPerDay
      // From none a day, the distance is that from one a month.
      let distance = abs(log(max(at, 1e-9) / max(now, 1 / 30.0)))
      found.append(flip("updates_per_day", now, at, b, distance))
    }
    return found
  }

  /// How accurate the other one would have to be.
  private func accuracy(_ a: Advice.Weighed, _ b: Advice.Weighed) -> [Advice.Flip] {
    let fresh = 1 - needs.staleShare(b.arm.costs.updating)
    guard fresh > 0 else { return [] }
    let missing = (a.utility.point - b.utility.point) / needs.value / fresh
    let at = b.arm.accuracy.point + missing
    guard missing >= 0, at <= 1 else { return [] }
    return [flip("\(b.arm.name).accuracy", b.arm.accuracy.point, at, b, missing * 10)]
  }

  /// A limit that keeps a better one out.
  private func limit(_ a: Advice.Weighed, _ b: Advice.Weighed) -> [Advice.Flip] {
    guard b.utility.point > a.utility.point else { return [] }
    switch b.obstacle {
    case .budget:
      guard let budget = needs.budget else { return [] }
      return [
        flip("budget", budget, b.monthly, b, budget > 0 ? log(b.monthly / budget) : .infinity)
      ]
    case .latency:
      guard let limit = needs.latency else { return [] }
      return [flip("latency_ms", limit, b.latency, b, log(b.latency / limit))]
    case nil: return []
    }
  }

  private func flip(
    _ what: String, _ now: Double, _ at: Double, _ arm: Advice.Weighed, _ distance: Double
  ) -> Advice.Flip {
    Advice.Flip(
      what: what, now: now, at: at, arm: arm.arm.name, approach: arm.arm.approach,
      distance: distance)
  }
}
