extension Statistics {
  /// The expected calibration error: how far stated confidence is from the share that was right,
  /// averaged over bins of equal width in 0…1 by the number in each (Naeini et al. 2015).
  ///
  /// - Parameters:
  ///   - confidence: A probability for each answer.
  ///   - correct: Whether each answer was right.
  ///   - bins: How many bins.
  /// - Returns: A value in 0…1.
  /// - Throws: ``Failure``, with ``Failure/probability(got:)`` for a confidence outside 0…1.
  public static func calibrationError(
    confidence: [Double], correct: [Bool], bins: Int = 10
  ) throws -> Double {
    try checkScores(confidence, correct)
    guard (1...binLimit).contains(bins) else {
      throw Failure.count(got: bins, allowed: 1...binLimit)
    }
    if let outside = confidence.first(where: { !(0...1).contains($0) }) {
      throw Failure.probability(got: outside)
    }
    var gaps = [Double](repeating: 0, count: bins)
    for (probability, isRight) in zip(confidence, correct) {
      let bin = min(bins - 1, Int(probability * Double(bins)))
      gaps[bin] += probability - (isRight ? 1 : 0)
    }
    return gaps.reduce(0) { $0 + abs($1) } / Double(confidence.count)
  }

  /// The area under the ROC curve: the probability that a right answer scores above a wrong one,
  /// ties counting half (Mann and Whitney).
  ///
  /// - Throws: ``Failure``, with ``Failure/constant`` where all answers are right, or all wrong.
  /// - Complexity: O(n log n).
  public static func rocArea(scores: [Double], correct: [Bool]) throws -> Double {
    try checkScores(scores, correct)
    let right = Double(correct.count { $0 })
    let wrong = Double(correct.count) - right
    guard right > 0, wrong > 0 else { throw Failure.constant }
    let rankSum = zip(averageRanks(scores), correct).reduce(0.0) { $0 + ($1.1 ? $1.0 : 0) }
    return (rankSum - right * (right + 1) / 2) / (right * wrong)
  }

  private static func checkScores(_ scores: [Double], _ correct: [Bool]) throws {
    guard scores.count == correct.count else {
      throw Failure.lengths(scores.count, correct.count)
    }
    try check(scores, atLeast: 1)
  }
}
