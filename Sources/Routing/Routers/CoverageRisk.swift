/// How often answers are wrong by how many are given, the surest first (El-Yaniv and Wiener 2010).
public struct CoverageRisk: Sendable, Hashable {
  /// One threshold.
  public struct Point: Sendable, Hashable {
    /// The least confidence of an answer that is given.
    public var threshold: Double
    /// The share of questions that are answered.
    public var coverage: Double
    /// The share of those that are answered wrongly.
    public var risk: Double
  }

  /// A point for each confidence that occurs, from the highest down.
  public let points: [Point]
  /// The mean risk over all coverages: the area under the curve.
  public let area: Double

  /// The curve of answers.
  ///
  /// - Parameter answers: The confidence of each, and whether it is right.
  /// - Complexity: O(n log n).
  public init(_ answers: [(confidence: Double, isRight: Bool)]) {
    let sorted = answers.sorted { $0.confidence > $1.confidence }
    var points: [Point] = []
    var (wrong, area) = (0, 0.0)
    var given = 0
    while given < sorted.count {
      // Answers of the same confidence are given together or not at all.
      let threshold = sorted[given].confidence
      let start = given
      while given < sorted.count, sorted[given].confidence == threshold {
        wrong += sorted[given].isRight ? 0 : 1
        given += 1
      }
      let risk = Double(wrong) / Double(given)
      area += risk * Double(given - start) / Double(sorted.count)
      points.append(
        Point(
          threshold: threshold, coverage: Double(given) / Double(sorted.count), risk: risk))
    }
    self.points = points
    self.area = area
  }
}
