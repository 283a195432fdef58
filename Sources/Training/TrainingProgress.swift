import Bytes

/// What a run has to remember besides its numbers; part of every checkpoint.
struct TrainingProgress {
  /// The best numbers so far, where early stopping asks for them.
  struct Best {
    var loss: Double
    var step: Int
    var parameters: FloatBuffer
  }

  var points: [TrainingCurve.Point] = []
  var tokens = 0
  var labelledTokens = 0
  var operations = 0.0
  /// Losses since the last point.
  var lossSum = 0.0
  var lossCount = 0
  var lastLoss: Double?
  /// The first loss, and a moving mean of the latest: what divergence is told by.
  var firstLoss = 0.0
  var smoothedLoss = 0.0
  var lossesSeen = 0
  var best: Best?
  /// Measurements since the best.
  var waited = 0
  var isStopped = false
  /// A step was done whose measurement was not.
  var isMeasurementDue = false

  /// Losses that a moving mean needs before it says anything.
  private static let fewestLosses = 20
  private static let smoothing = 0.05

  mutating func add(_ loss: Double, _ batch: Batch, operations: Double) {
    tokens += batch.tokens.count
    labelledTokens += batch.labelled
    self.operations += operations
    lossSum += loss
    lossCount += 1
    lastLoss = loss
    lossesSeen += 1
    if lossesSeen == 1 { firstLoss = loss }
    // A plain mean until the moving one has enough to stand on.
    smoothedLoss += max(Self.smoothing, 1 / Double(lossesSeen)) * (loss - smoothedLoss)
  }

  /// A loss that stays far above where it began will not come back.
  func checkDivergence(at step: Int, learningRate: Double) throws(TrainingError) {
    if lossesSeen >= Self.fewestLosses, smoothedLoss > 1.5 * firstLoss + 1 {
      throw .diverged(
        step: step, first: firstLoss, now: smoothedLoss, learningRate: learningRate)
    }
  }

  mutating func addPoint(step: Int, validationLoss: Double?, learningRate: Double) {
    points.append(
      TrainingCurve.Point(
        step: step, tokens: tokens, loss: lossSum / Double(max(1, lossCount)),
        validationLoss: validationLoss, learningRate: learningRate))
    lossSum = 0
    lossCount = 0
  }

  mutating func considerStopping(_ loss: Double, state: TrainingState, patience: Int) {
    guard loss < best?.loss ?? .infinity else {
      waited += 1
      isStopped = waited >= patience
      return
    }
    let buffer = best?.parameters ?? FloatBuffer(count: state.count)
    buffer.fill(from: state.buffer.bytes)
    best = Best(loss: loss, step: state.step, parameters: buffer)
    waited = 0
  }
}
