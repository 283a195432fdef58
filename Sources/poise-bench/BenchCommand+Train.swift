import Bytes
import Execution
import Glibc
import LanguageModels
import Tensors
import Training

extension BenchCommand {
  /// Training steps of a decoder with random weights on random tokens: what
  /// `LlamaForCausalLM` and `torch.optim.AdamW` do for the same configuration. With `--lora`, low-rank
  /// additions to queries, keys, values and outputs train beside frozen weights, as PEFT has it.
  static let train = BenchCommand(
    name: "train",
    arguments: "[--config tiny|small|medium] [--lora RANK] [--steps N] [--threads N]",
    summary: "training throughput, and its share of the matrix product's peak"
  ) { arguments in
    let name = try arguments.text("--config") ?? "tiny"
    guard let shape = TrainingShape.all[name] else {
      throw BenchArguments.Misuse(message: "--config takes tiny, small or medium")
    }
    let rank = try arguments.integer("--lora", default: 0, in: 0...1024)
    let steps = try arguments.integer("--steps", default: 12, in: 4...10_000)
    let threads = try arguments.integer("--threads", default: 2, in: 1...1024)
    let rows = try arguments.integer("--group", default: 512, in: 1...1 << 20)
    try arguments.none()
    let context = WorkContext(threads: threads)
    let layout = DecoderLayout(shape.configuration)
    let state = TrainingState(count: layout.count)
    var stream = RandomStream(seed: 0, purpose: "bench/weights")
    for i in 0..<layout.count { state.parameters[i] = Float(stream.uniform() - 0.5) * 0.06 }
    for norm in layout.tensors where norm.shape.count == 1 {
      (state.parameters + norm.offset).update(repeating: 1, count: norm.count)
    }
    let step: (Batch) throws -> Double
    var trained = layout.count
    var operations = 6 * Double(layout.count)
    let lengths = Array(repeating: shape.configuration.context, count: shape.sequences)
    let tokens = Double(lengths.reduce(0, +))
    if rank > 0 {
      let model = try DecoderModel(
        configuration: shape.configuration, weights: state.buffer.shared(), tokenizer: nil)
      let adapter = try AdapterLayout(
        .lowRank(
          LowRankShape(
            rank: rank, alpha: Double(2 * rank), layers: 0..<shape.configuration.layers,
            parts: [.query, .key, .value, .output])), for: shape.configuration)
      trained = adapter.count
      let own = TrainingState(count: adapter.count)
      adapter.initialize(
        UnsafeMutableBufferPointer(start: own.parameters, count: own.count), seed: 0)
      let objective = AdapterObjective(model, adapter: adapter)
      operations = objective.operations(lengths: lengths) / tokens
      let optimizer = try Optimizer(
        objective, state: own, options: AdamW(), clip: 1, groupRows: rows,
        cancellation: context.cancellation)
      step = { try optimizer.step($0, learningRate: 1e-3, context: context).loss }
    } else {
      let optimizer = try Optimizer(
        DecoderObjective(DecoderGraph(layout)), state: state, options: AdamW(), clip: 1,
        groupRows: rows, cancellation: context.cancellation)
      step = { try optimizer.step($0, learningRate: 1e-3, context: context).loss }
    }
    let clock = ContinuousClock()
    var times: [Double] = []
    var loss = 0.0
    for _ in 0..<steps {
      let batch = shape.randomBatch(&stream)
      let time = try clock.measure { loss = try step(batch) }
      times.append(seconds(time))
    }
    let median = median(Array(times.dropFirst(3)))
    let peak = try ProductPeak.measure(threads: threads, milliseconds: 400) / 1e9
    let gflops = operations * tokens / median / 1e9
    print(
      """
      {"peer":"poise","config":"\(name)","lora":\(rank),"params":\(layout.count),\
      "trained":\(trained),"tokens_per_s":\(Int((tokens / median).rounded())),\
      "step_ms":\(rounded(median * 1e3, 1)),\
      "gflops":\(rounded(gflops, 1)),"peak_gflops":\(rounded(peak, 1)),\
      "share_of_peak":\(rounded(gflops / peak, 3)),"threads":\(threads),\
      "peak_rss_mb":\(peakMemory() >> 20),"blas":"\(try BLAS.shared().kernel)",\
      "vectors":"\(Vectors.instructionSet)","loss":\(rounded(loss, 3))}
      """)
  }
}

/// The three configurations of the figures to beat.
struct TrainingShape {
  let configuration: DecoderConfiguration
  let sequences: Int

  static let all = [
    "tiny": TrainingShape(
      configuration: DecoderConfiguration(
        vocabularySize: 2048, width: 128, layers: 4, heads: 4, feedForwardWidth: 384, context: 128),
      sequences: 32),
    "small": TrainingShape(
      configuration: DecoderConfiguration(
        vocabularySize: 4096, width: 256, layers: 6, heads: 8, feedForwardWidth: 768, context: 256),
      sequences: 16),
    "medium": TrainingShape(
      configuration: DecoderConfiguration(
        vocabularySize: 16_384, width: 576, layers: 12, heads: 9, feedForwardWidth: 1536,
        context: 512), sequences: 4),
  ]

  /// Sequences of random tokens whose labels are the tokens that follow; the last has none.
  func randomBatch(_ stream: inout RandomStream) -> Batch {
    var batch = Batch()
    for _ in 0..<sequences {
      let tokens = (0..<configuration.context).map { _ in
        Int32(stream.below(configuration.vocabularySize))
      }
      batch.append(tokens: tokens, labels: Array(tokens.dropFirst()) + [-1])
    }
    return batch
  }
}

/// The middle value; the mean of the middle two.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return 0 }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// The most memory that this process has held, in bytes.
func peakMemory() -> Int {
  var usage = rusage()
  guard getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return 0 }
  return usage.ru_maxrss * 1024
}
