import Execution
import FoundationEssentials
import LanguageModels
import Tensors
import Training

extension BenchCommand {
  /// A character-level model of the size that nanoGPT trains on a CPU (4 layers, width 128,
  /// context 64, 12 windows a step, 2,000 steps), trained on one text file; the last tenth is
  /// held out. nanoGPT reports a validation loss of 1.88 for tiny Shakespeare.
  static let pretrain = BenchCommand(
    name: "pretrain", arguments: "FILE [--steps N] [--seed N] [--threads N]",
    summary: "a character model of nanoGPT's CPU size: validation loss and time"
  ) { arguments in
    let steps = try arguments.integer("--steps", default: 2000, in: 1...1_000_000)
    let seed = try arguments.integer("--seed", default: 0, in: 0...1 << 40)
    let threads = try arguments.integer("--threads", default: 2, in: 1...1024)
    let sequences = try arguments.integer("--sequences", default: 12, in: 1...10_000)
    let path = try arguments.only("a text file")
    let characters = try String(contentsOfFile: path, encoding: .utf8).unicodeScalars
    let alphabet = Set(characters).sorted()
    let ids = Dictionary(
      uniqueKeysWithValues: alphabet.enumerated().map { ($1, Int32($0)) })
    let tokens = characters.compactMap { ids[$0] }
    let configuration = DecoderConfiguration(
      vocabularySize: max(alphabet.count, 1), width: 128, layers: 4, heads: 4,
      feedForwardWidth: 384, context: 64)
    let run = Pretraining(
      configuration: configuration, sequences: sequences, heldOut: 0.1,
      plan: TrainingPlan(
        steps: steps,
        schedule: LearningRateSchedule(peak: 3e-3, warmup: min(100, steps / 5), steps: steps),
        optimizer: AdamW(beta2: 0.99, weightDecay: 0.1), evaluateEvery: max(1, steps / 10)),
      seed: UInt64(seed))
    let clock = ContinuousClock()
    var summary: TrainingSummary?
    let time = try clock.measure {
      summary = try run.run(tokens, context: WorkContext(threads: threads)).summary
    }
    guard let summary, let last = summary.curve.points.last else { return }
    let curve = summary.curve.points.map {
      "[\($0.tokens),\(rounded($0.loss, 3)),\(rounded($0.validationLoss ?? 0, 3))]"
    }
    print(
      """
      {"peer":"poise","params":\(summary.trainedParameters),"characters":\(alphabet.count),\
      "steps":\(summary.steps),"tokens":\(summary.tokens),"seed":\(seed),\
      "train_loss":\(rounded(last.loss, 3)),\
      "validation_loss":\(rounded(last.validationLoss ?? 0, 3)),\
      "seconds":\(rounded(seconds(time), 1)),\
      "tokens_per_s":\(Int(Double(summary.tokens) / seconds(time))),"threads":\(threads),\
      "curve":[\(curve.joined(separator: ","))]}
      """)
  }
}
