/// Turns counts into money. Every number is an assumption that the reader may replace; the defaults
/// are round figures of what is rented, with the reasoning beside each.
public struct PriceSheet: Sendable, Hashable {
  /// What is priced where an operation's time was taken as well.
  public enum Basis: String, Sendable, Hashable, CaseIterable {
    /// Operations at the machine's sustained rate: counts alone decide.
    case counts
    /// The time that was measured here.
    case seconds
  }

  /// Money an hour of the machine that trains and answers.
  ///
  /// 2: what one data-centre accelerator of the A100 class is rented for, within a factor of two.
  public var hour = 2.0
  /// The most floating-point operations a second that the machine can do.
  ///
  /// 312e12: the data sheet's peak of an A100 with bfloat16 matrices.
  public var peakOperations = 312e12
  /// The share of the peak that training reaches.
  ///
  /// 0.4: large training runs report 30 to 50 % (model FLOPs utilisation).
  public var trainingUtilisation = 0.4
  /// The share of the peak that answering reaches.
  ///
  /// 0.1: reading every weight for each written token leaves most of the peak unused.
  public var answeringUtilisation = 0.1
  /// Money for a gigabyte kept for a month of 30 days.
  ///
  /// 0.10: block storage on solid-state disks.
  public var storage = 0.10
  /// Money for handing one text to a model, besides its operations.
  ///
  /// 1e-6: a machine of 0.10 an hour that handles some thirty requests a second.
  public var modelCall = 1e-6
  /// Money for one search, besides the encoder's operations.
  ///
  /// 1e-6: the same machine, at some thirty searches a second.
  public var retrieverCall = 1e-6
  /// Money for one query to a table; as a search.
  public var tableQuery = 1e-6
  /// Money for a token read.
  ///
  /// 0: operations are priced already. For a model behind an interface, set its price here and
  /// ``hour`` to 0.
  public var promptToken = 0.0
  /// Money for a token written; as ``promptToken``.
  public var generatedToken = 0.0
  /// How many times larger the model in use is than the measured one: operations, and the bytes of
  /// what was trained, are multiplied.
  public var modelScale = 1.0
  /// Whether measured time replaces operations.
  public var basis = Basis.counts

  /// Why a sheet can't be used.
  public enum Failure: Error, Sendable, Hashable {
    /// A price is negative or not finite.
    case price(name: String, got: Double)
    /// A rate that is divided by is not above 0.
    case rate(name: String, got: Double)
    /// A share lies outside 0…1, or is 0.
    case share(name: String, got: Double)
  }

  /// The default sheet.
  public init() {}

  /// - Throws: ``Failure`` for a number that can't be a price.
  public func validate() throws {
    for (name, price) in [
      ("hour", hour), ("storage", storage), ("lm_call", modelCall),
      ("retriever_call", retrieverCall), ("table_query", tableQuery),
      ("prompt_token", promptToken), ("generated_token", generatedToken),
    ] where !(price >= 0 && price.isFinite) {
      throw Failure.price(name: name, got: price)
    }
    for (name, rate) in [("peak_flops", peakOperations), ("model_scale", modelScale)]
    where !(rate > 0 && rate.isFinite) {
      throw Failure.rate(name: name, got: rate)
    }
    for (name, share) in [
      ("training_use", trainingUtilisation), ("answering_use", answeringUtilisation),
    ] where !(share > 0 && share <= 1) {
      throw Failure.share(name: name, got: share)
    }
  }

  /// Money for one floating-point operation.
  public func operation(training: Bool) -> Double {
    let used = training ? trainingUtilisation : answeringUtilisation
    return hour / 3600 / (peakOperations * used)
  }

  /// Money for work, without what is stored.
  public func price(_ work: Work, training: Bool) -> Measured {
    var price: Measured
    if basis == .seconds, let seconds = work.seconds {
      price = seconds * (hour / 3600 * modelScale)
    } else {
      price = work.operations * (operation(training: training) * modelScale)
    }
    for (count, each) in [
      (work.modelCalls, modelCall), (work.retrieverCalls, retrieverCall),
      (work.tableQueries, tableQuery), (work.promptTokens, promptToken),
      (work.generatedTokens, generatedToken),
    ] where each > 0 && count != Measured(exact: 0) {
      price = price + count * each
    }
    return price
  }

  /// Money for keeping bytes for some days.
  public func keeping(_ bytes: Measured, days: Double) -> Measured {
    bytes * (storage / 1e9 * days / 30)
  }

  /// Milliseconds that work would take at the sustained rate, where no time was taken.
  public func estimatedMilliseconds(_ work: Work) -> Double {
    work.operations.point * modelScale / (peakOperations * answeringUtilisation) * 1000
  }
}

extension PriceSheet.Failure: CustomStringConvertible {
  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .price(let name, let got):
      "'\(name)' is a price of at least 0, got \(significant(got, digits: 6))"
    case .rate(let name, let got):
      "'\(name)' is a number above 0, got \(significant(got, digits: 6))"
    case .share(let name, let got):
      "'\(name)' is a share above 0 and up to 1, got \(significant(got, digits: 6))"
    }
  }
}
