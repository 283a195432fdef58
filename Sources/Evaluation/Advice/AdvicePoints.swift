/// The six questions, answered from measurements where there are any, else from what was stated.
struct AdvicePoints {
  private let ranking: [Advice.Weighed]
  private let needs: Needs
  private let prices: PriceSheet

  init(_ ranking: [Advice.Weighed], _ needs: Needs, _ prices: PriceSheet) {
    self.ranking = ranking
    self.needs = needs
    self.prices = prices
  }

  var all: [Advice.Point] { [purpose, change, format, budget, latency, prompting] }

  /// The most accurate of some approaches.
  private func best(_ approaches: Approach...) -> MeasuredArm? {
    ranking.map(\.arm).filter { approaches.contains($0.approach) }
      .max { $0.accuracy.point < $1.accuracy.point }
  }

  /// What the model lacks is knowledge where it is right more often once it reads, and behaviour
  /// where most of what it learns is what reading does not give it.
  private var purpose: Advice.Point {
    let question = "knowledge or behaviour"
    let plain = best(.prompt)
    let reading = best(.rag, .longContext, .tables)
    let trained = best(.fineTuning)
    let read = reading.flatMap { reading in plain.map { reading.accuracy - $0.accuracy } }
    let learned = trained.flatMap { trained in plain.map { trained.accuracy - $0.accuracy } }
    // How far reading is above half of what training gives.
    let margin = read.flatMap { read in learned.map { read * 2 - $0 } }
    if let read, let reading, let plain, read.interval.lower > 0,
      margin.map({ $0.point >= 0 }) ?? true
    {
      return Advice.Point(
        question: question, answer: "knowledge",
        reason: "the same model is right more often when it reads by \(read.formatted())",
        evidence: "\(reading.name).accuracy - \(plain.name).accuracy")
    }
    if let read, let learned, let margin, let trained, let reading, let plain,
      learned.interval.lower > 0, margin.interval.upper < 0
    {
      return Advice.Point(
        question: question, answer: "behaviour",
        reason: "training is right more often than the model as it is by "
          + "\(learned.formatted()), reading by \(read.formatted()), less than half as much",
        evidence: "\(trained.name).accuracy - \(plain.name).accuracy, "
          + "\(reading.name).accuracy - \(plain.name).accuracy")
    }
    if let purpose = needs.purpose {
      return Advice.Point(
        question: question, answer: purpose.rawValue,
        reason: "no measured difference tells, so the statement counts", evidence: "stated")
    }
    return Advice.Point(
      question: question, answer: "open", reason: "no measured difference tells",
      evidence: "none; say purpose: \"knowledge\" or \"behaviour\"")
  }

  private var change: Advice.Point {
    let rate = needs.updatesPerDay
    let answer =
      rate == 0
      ? "never" : rate >= needs.retrainsPerDay ? "more often than trained" : "now and then"
    let stated = "\(Self.short(rate)) a day, as stated"
    let costs = ranking.filter { $0.arm.costs.updating != .never }.map { weighed in
      let costs = weighed.arm.costs
      let stale = needs.staleShare(costs.updating)
      let wait = stale > 0 ? ", \(Self.short(stale * 100)) % of answers stale" : ""
      return (
        weighed.arm.name,
        "\(costs.updating.rawValue) of \(weighed.arm.name) costs "
          + "\(Self.short(costs.perUpdate(prices).point))\(wait)"
          + (weighed.arm.approach == .both ? ", if its weights give way to a changed page" : "")
      )
    }
    return Advice.Point(
      question: "how often it changes", answer: answer,
      reason: ([stated] + costs.map(\.1)).joined(separator: "; "),
      evidence: costs.isEmpty
        ? "stated"
        : costs.map { "ledger: \($0.0).update" }.joined(
          separator: ", "))
  }

  private var format: Advice.Point {
    let question = "strict format"
    let measured = ranking.map(\.arm).filter { $0.format != nil }
    if let best = measured.max(by: { ($0.format?.point ?? 0) < ($1.format?.point ?? 0) }),
      let share = best.format
    {
      return Advice.Point(
        question: question, answer: needs.strictFormat == false ? "no" : "yes",
        reason: "\(best.name) keeps to it in \(share.formatted())",
        evidence: "\(best.name).format")
    }
    guard let strict = needs.strictFormat else {
      return Advice.Point(
        question: question, answer: "open", reason: "nothing was measured or said",
        evidence: "none; say strict_format: true or false")
    }
    return Advice.Point(
      question: question, answer: strict ? "yes" : "no",
      reason: strict
        ? "no question of the kind 'format' measured it; training teaches formats best"
        : "so nothing speaks for training on that account",
      evidence: "stated")
  }

  private var budget: Advice.Point {
    let costs = ranking.map { "\($0.arm.name) \(Self.short($0.monthly))" }
    let cells = ranking.map { "ledger: \($0.arm.name)" }.joined(separator: ", ")
    guard let budget = needs.budget else {
      return Advice.Point(
        question: "budget", answer: "none stated",
        reason: "a month costs: " + costs.joined(separator: ", "), evidence: cells)
    }
    let over = ranking.filter { $0.monthly > budget }.map(\.arm.name)
    return Advice.Point(
      question: "budget",
      answer: over.isEmpty
        ? "all keep it"
        : "rules out "
          + over.joined(separator: ", "),
      reason: "\(Self.short(budget)) a month is stated; a month costs: "
        + costs.joined(separator: ", "), evidence: cells)
  }

  private var latency: Advice.Point {
    let times = ranking.map { weighed in
      "\(weighed.arm.name) \(Self.short(weighed.latency)) ms"
        + (weighed.arm.latency == nil ? " (from operations)" : "")
    }
    let cells = ranking.map { weighed in
      weighed.arm.latency == nil
        ? "\(weighed.arm.name).flops" : "\(weighed.arm.name).latency_p95_ms"
    }.joined(separator: ", ")
    guard let limit = needs.latency else {
      return Advice.Point(
        question: "latency", answer: "none stated",
        reason: "an answer takes: " + times.joined(separator: ", "), evidence: cells)
    }
    let over = ranking.filter { $0.latency > limit }.map(\.arm.name)
    return Advice.Point(
      question: "latency",
      answer: over.isEmpty
        ? "all keep it"
        : "rules out "
          + over.joined(separator: ", "),
      reason: "\(Self.short(limit)) ms are allowed; an answer takes: "
        + times.joined(separator: ", "), evidence: cells)
  }

  private var prompting: Advice.Point {
    let question = "would prompting do"
    guard let plain = ranking.first(where: { $0.arm.approach == .prompt }) else {
      return Advice.Point(
        question: question, answer: "open", reason: "no answerer without index or training",
        evidence: "none; compare closed_book(model) or prompted(model) too")
    }
    guard let other = ranking.first(where: { $0.arm.approach != .prompt && $0.obstacle == nil })
    else {
      return Advice.Point(
        question: question, answer: "yes", reason: "nothing else keeps the limits",
        evidence: "\(plain.arm.name).accuracy")
    }
    let gain = other.utility - plain.utility
    let accuracy = other.arm.accuracy - plain.arm.accuracy
    let answer =
      gain.interval.lower > 0 ? "no" : gain.interval.upper <= 0 ? "yes" : "not told apart"
    return Advice.Point(
      question: question, answer: answer,
      reason: "\(other.arm.name) is right more often by \(accuracy.formatted()), worth "
        + "\(Self.short(gain.point)) a question after costs",
      evidence: "\(other.arm.name).accuracy - \(plain.arm.name).accuracy")
  }

  /// Three significant digits.
  static func short(_ value: Double) -> String { significant(value, digits: 3) }
}

/// A number with so many significant digits, without zeros behind the point.
public func significant(_ value: Double, digits: Int) -> String {
  guard value.isFinite, value != 0 else {
    return value == 0 ? "0" : value.isNaN ? "nan" : value < 0 ? "-∞" : "∞"
  }
  var exponent = 0
  var scale = abs(value)
  while scale >= 10 {
    scale /= 10
    exponent += 1
  }
  while scale < 1 {
    scale *= 10
    exponent -= 1
  }
  let decimals = digits - 1 - exponent
  if (0...12).contains(decimals) {
    var text = Measured.fixed(value, decimals: decimals)
    if decimals > 0 {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return text
  }
  if decimals < 0, exponent < 15 {
    let step = power(10, -decimals)
    return Measured.fixed((value / step).rounded() * step, decimals: 0)
  }
  let mantissa = significant(value / power(10, exponent), digits: digits)
  return "\(mantissa)e\(exponent)"
}

private func power(_ base: Double, _ exponent: Int) -> Double {
  (0..<abs(exponent)).reduce(1.0) { product, _ in exponent < 0 ? product / base : product * base }
}
