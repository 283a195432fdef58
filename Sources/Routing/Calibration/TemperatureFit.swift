package import Execution
import Glibc

/// Finds the temperature under which what happened is likeliest (Guo et al. 2017).
package struct TemperatureFit: Sendable {
  /// Temperatures that are looked at.
  package static let range = 0.05...20.0

  let samples: LogitSamples
  let context: WorkContext

  /// A fit to samples.
  package init(_ samples: LogitSamples, context: WorkContext) {
    self.samples = samples
    self.context = context
  }

  /// log p of each sample's token under a temperature, in nats.
  ///
  /// - Throws: Cancellation.
  /// - Complexity: O(samples · V).
  package func logProbabilities(at temperature: Double) throws -> [Double] {
    let size = 64
    let (samples, v) = (samples, samples.vocabulary)
    let parts = try parallelMap((samples.count + size - 1) / size, context: context) { part in
      samples.logits.withUnsafeBufferPointer { logits in
        (part * size..<min(samples.count, (part + 1) * size)).map { row in
          let values = UnsafeBufferPointer(rebasing: logits[row * v..<(row + 1) * v])
          let top = values.reduce(-Float.infinity) { max($0, $1) }
          let sum = values.reduce(0.0) { $0 + exp(Double($1 - top) / temperature) }
          return Double(values[Int(samples.tokens[row])] - top) / temperature - log(sum)
        }
      }
    }
    return parts.flatMap { $0 }
  }

  /// The temperature under which the tokens themselves are likeliest: tokens of accepted answers.
  ///
  /// The likelihood is concave in the temperature's reciprocal, so what is found is the best there
  /// is in ``range``.
  ///
  /// - Returns: The temperature.
  /// - Throws: Cancellation.
  package func likeliestTokens(among isChosen: (Int) -> Bool = { _ in true }) throws -> Double {
    try minimum { temperature in
      zip(samples.answers, try logProbabilities(at: temperature)).reduce(0) { loss, sample in
        isChosen(sample.0) ? loss - sample.1 : loss
      }
    }
  }

  /// The temperature under which it is likeliest that those answers are right which are, and the
  /// others wrong, an answer being right with the probability of its tokens.
  ///
  /// - Parameters:
  ///   - isRight: By answer.
  ///   - isChosen: Which answers count.
  /// - Returns: The temperature.
  /// - Throws: Cancellation.
  package func likeliestOutcomes(
    _ isRight: [Bool], among isChosen: (Int) -> Bool = { _ in true }
  ) throws -> Double {
    try minimum { temperature in
      let sums = try answerLogProbabilities(at: temperature, count: isRight.count)
      return isRight.indices.reduce(0) { total, answer in
        guard let sum = sums[answer], isChosen(answer) else { return total }
        // A probability that rounds to 1 and is wrong is very unlikely, not impossible.
        let miss = max(-expm1(min(sum, 0)), 1e-12)
        return total - (isRight[answer] ? max(sum, -100) : log(miss))
      }
    }
  }

  /// log p of each answer; nil for answers without samples.
  ///
  /// - Throws: Cancellation.
  package func answerLogProbabilities(at temperature: Double, count: Int) throws -> [Double?] {
    var sums = [Double?](repeating: nil, count: count)
    for (answer, value) in zip(samples.answers, try logProbabilities(at: temperature))
    where answer < count {
      sums[answer] = (sums[answer] ?? 0) + value
    }
    return sums
  }

  /// Where a loss is least: the best of a coarse grid, then golden sections around it, both in the
  /// temperature's logarithm.
  private func minimum(_ loss: (Double) throws -> Double) throws -> Double {
    let (low, high) = (log(Self.range.lowerBound), log(Self.range.upperBound))
    let steps = 24
    let step = (high - low) / Double(steps)
    var best = (place: 0, loss: Double.infinity)
    for place in 0...steps {
      let value = try loss(exp(low + step * Double(place)))
      if value < best.loss { best = (place, value) }
    }
    var a = low + step * Double(max(0, best.place - 1))
    var b = low + step * Double(min(steps, best.place + 1))
    let ratio = (5.0.squareRoot() - 1) / 2
    var (x, y) = (b - ratio * (b - a), a + ratio * (b - a))
    var (fx, fy) = (try loss(exp(x)), try loss(exp(y)))
    while b - a > 1e-4 {
      if fx < fy {
        (b, y, fy) = (y, x, fx)
        x = b - ratio * (b - a)
        fx = try loss(exp(x))
      } else {
        (a, x, fx) = (x, y, fy)
        y = a + ratio * (b - a)
        fy = try loss(exp(y))
      }
    }
    return exp((a + b) / 2)
  }
}
