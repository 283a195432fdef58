/// What a piece of work took, in counts that can be added up.
public struct Work: Sendable, Hashable {
  /// Floating-point operations of models and encoders.
  public var operations: Measured
  /// Texts put to a language model.
  public var modelCalls: Measured
  /// Searches in indexes.
  public var retrieverCalls: Measured
  /// Queries to tables.
  public var tableQueries: Measured
  /// Tokens read.
  public var promptTokens: Measured
  /// Tokens written.
  public var generatedTokens: Measured
  /// Bytes that are kept because of it.
  public var bytes: Measured
  /// Wall time, seconds; nil where none was taken.
  public var seconds: Measured?

  /// Exact counts; nothing by default.
  public init(
    operations: Double = 0, modelCalls: Double = 0, retrieverCalls: Double = 0,
    tableQueries: Double = 0, promptTokens: Double = 0, generatedTokens: Double = 0,
    bytes: Double = 0, seconds: Double? = nil
  ) {
    self.operations = Measured(exact: operations)
    self.modelCalls = Measured(exact: modelCalls)
    self.retrieverCalls = Measured(exact: retrieverCalls)
    self.tableQueries = Measured(exact: tableQueries)
    self.promptTokens = Measured(exact: promptTokens)
    self.generatedTokens = Measured(exact: generatedTokens)
    self.bytes = Measured(exact: bytes)
    self.seconds = seconds.map { Measured(exact: $0) }
  }

  /// No work.
  public static var none: Work { Work() }

  /// Both together. Time is known where it is known of each that is more than nothing.
  public static func + (left: Work, right: Work) -> Work {
    if left.isNothing { return right }
    if right.isNothing { return left }
    var sum = left
    for count in counts { sum[keyPath: count] = left[keyPath: count] + right[keyPath: count] }
    sum.seconds =
      if let a = left.seconds, let b = right.seconds { a + b } else { nil }
    return sum
  }

  /// The work done so many times.
  public static func * (work: Work, times: Double) -> Work {
    var product = work
    for count in counts { product[keyPath: count] = work[keyPath: count] * times }
    product.seconds = work.seconds.map { $0 * times }
    return product
  }

  /// Whether nothing was counted.
  public var isNothing: Bool {
    seconds == nil && Self.counts.allSatisfy { self[keyPath: $0] == Measured(exact: 0) }
  }

  /// Whether every count is a number of at least 0.
  public var isPossible: Bool {
    (Self.counts.map { self[keyPath: $0] } + [seconds ?? Measured(exact: 0)]).allSatisfy {
      $0.point.isFinite && $0.point >= 0
    }
  }

  /// Every count, without the time.
  public static var all: [WritableKeyPath<Work, Measured>] { counts }

  static var counts: [WritableKeyPath<Work, Measured>] {
    [
      \.operations, \.modelCalls, \.retrieverCalls, \.tableQueries, \.promptTokens,
      \.generatedTokens, \.bytes,
    ]
  }
}

extension Work {
  /// What one question took on average, with its replicates.
  ///
  /// - Throws: ``Measured/Failure`` for counts that are not finite.
  public init(each scores: AnswerScores, seeds: Int) throws {
    func mean(_ metric: AnswerMetric) throws -> Measured {
      try scores.measured(metric, seeds: seeds) ?? Measured(exact: 0)
    }
    self.init()
    operations = try mean(.operations)
    modelCalls = try mean(.modelCalls)
    retrieverCalls = try mean(.retrieverCalls)
    tableQueries = try mean(.tableQueries)
    promptTokens = try mean(.promptTokens)
    generatedTokens = try mean(.generatedTokens)
    if let latencies = scores.latencies {
      seconds =
        try Measured.mean(
          of: latencies, identity: scores.asked.identity, seeds: seeds, range: nil) / 1000
    }
  }
}
