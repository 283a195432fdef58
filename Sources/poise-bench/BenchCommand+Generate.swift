import Bytes
import Execution
import LanguageModels
import Tensors

extension BenchCommand {
  /// Steps of greedy generation with a cache, by one sequence and by sixteen: what `generate` of
  /// `transformers` does for the same configuration. A step reads all matrices once, so its rate is
  /// set beside what the memory gives.
  static let generate = BenchCommand(
    name: "generate", arguments: "[--config tiny|small|medium] [--model FOLDER] [--threads N]",
    summary: "tokens a second of generation, and its share of the memory's bandwidth"
  ) { arguments in
    var name = try arguments.text("--config") ?? "tiny"
    guard let shape = TrainingShape.all[name] else {
      throw BenchArguments.Misuse(message: "--config takes tiny, small or medium")
    }
    let folder = try arguments.text("--model")
    let threads = try arguments.integer("--threads", default: 2, in: 1...1024)
    try arguments.none()
    let context = WorkContext(threads: threads)
    let model: DecoderModel
    if let folder {
      name = String(folder.split(separator: "/").last ?? "model")
      model = try HuggingFaceFolder.load(folder, context: context)
    } else {
      model = try randomModel(shape.configuration)
    }
    let peak = try bandwidth(context)
    for batch in [1, 16] {
      try measure(model, name, batch: batch, peak: peak, context)
    }
  }

  private static func measure(
    _ model: DecoderModel, _ name: String, batch: Int, peak: Double, _ context: WorkContext
  ) throws {
    let shape = model.configuration
    let prompt = min(16, max(1, shape.context - 1))
    let new = min(64, shape.context - prompt)
    var stream = RandomStream(seed: 0, purpose: "bench/tokens")
    let prompts = (0..<batch).map { _ in
      (0..<prompt).map { _ in Int32(stream.below(shape.vocabularySize)) }
    }
    let session = try DecoderSession(
      model, limits: DecoderSession.Limits(batch: batch, length: prompt + new), context: context)
    let clock = ContinuousClock()
    var steps: [Double] = []
    for _ in 0..<3 {
      var (sequences, logits) = try session.prefill(prompts)
      for _ in 1..<max(new, 2) {
        let time = try clock.measure {
          let chosen = (0..<batch).map { row in
            Sampling.greedy.choose(logits[row], &stream)
          }
          logits = try session.step(chosen, of: sequences)
        }
        steps.append(seconds(time))
      }
      for sequence in sequences { try session.drop(sequence) }
      sequences = []
    }
    let step = median(steps)
    let bytes = 4 * model.layout.matrixCount
    let rate = Double(bytes) / step / 1e9
    print(
      """
      {"peer":"poise","config":"\(name)","batch":\(batch),\
      "tokens_per_s":\(rounded(Double(batch) / step, 1)),"ms_per_step":\(rounded(step * 1e3, 3)),\
      "new_tokens":\(new),"prompt_tokens":\(prompt),"bytes_per_step":\(bytes),\
      "bandwidth_gb_s":\(rounded(rate, 2)),"peak_bandwidth_gb_s":\(rounded(peak / 1e9, 2)),\
      "share_of_bandwidth":\(rounded(rate * 1e9 / peak, 3)),"threads":\(context.threads),\
      "vectors":"\(Vectors.instructionSet)"}
      """)
  }

  /// Small numbers at random; norms of one.
  private static func randomModel(_ shape: DecoderConfiguration) throws -> DecoderModel {
    let layout = DecoderLayout(shape)
    var stream = RandomStream(seed: 0, purpose: "bench/weights")
    let weights = SharedBytes(count: 4 * layout.count) { buffer in
      let floats = buffer.bindMemory(to: Float.self)
      for i in floats.indices { floats[i] = Float(stream.uniform() - 0.5) * 0.06 }
      for norm in layout.tensors where norm.shape.count == 1 {
        for i in norm.offset..<norm.offset + norm.count { floats[i] = 1 }
      }
    }
    return try DecoderModel(configuration: shape, weights: weights, tokenizer: nil)
  }

  /// Bytes a second that so many threads read of 512 MB, the best of six times.
  private static func bandwidth(_ context: WorkContext) throws -> Double {
    let words = (512 << 20) / MemoryLayout<SIMD8<UInt64>>.stride
    let buffer = UnsafeMutableBufferPointer<SIMD8<UInt64>>.allocate(capacity: words)
    buffer.initialize(repeating: SIMD8(repeating: 1))
    defer { buffer.deallocate() }
    // Nobody writes while it is read.
    nonisolated(unsafe) let shared = UnsafeBufferPointer(buffer)
    let clock = ContinuousClock()
    var best = Double.infinity
    let parts = context.threads
    for _ in 0..<6 {
      var sums: [UInt64] = []
      let time = try clock.measure {
        sums = try parallelMap(parts, context: context) { part in
          let range = words * part / parts..<words * (part + 1) / parts
          return readAll(UnsafeBufferPointer(rebasing: shared[range]))
        }
      }
      // What was read has to be used.
      guard sums.reduce(0, +) == UInt64(words * 8) else { return 0 }
      best = min(best, seconds(time))
    }
    return Double(512 << 20) / best
  }

  /// Four sums, so that no addition waits for the one before.
  private static func readAll(_ words: UnsafeBufferPointer<SIMD8<UInt64>>) -> UInt64 {
    var (a, b) = (SIMD8<UInt64>(repeating: 0), SIMD8<UInt64>(repeating: 0))
    var (c, d) = (a, b)
    var i = 0
    while i + 4 <= words.count {
      a &+= words[i]
      b &+= words[i + 1]
      c &+= words[i + 2]
      d &+= words[i + 3]
      i += 4
    }
    while i < words.count {
      a &+= words[i]
      i += 1
    }
    return (a &+ b &+ c &+ d).wrappedSum()
  }
}
