import Bytes
import Execution
import LanguageModels
import Synchronization
import Training

extension BenchCommand {
  /// Decoding with a cache, greedily, from prompts of 16 random tokens: at batch 1 a step reads
  /// every weight once, so memory bandwidth is the bound; `share_of_bandwidth` says how near it is.
  static let generate = BenchCommand(
    name: "generate", arguments: "[--config tiny|small|medium] [--model FOLDER] [--threads N]",
    summary: "tokens a second with a cache at batch 1 and 16, and the share of memory bandwidth"
  ) { arguments in
    let name = try arguments.text("--config") ?? "medium"
    let folder = try arguments.text("--model")
    let threads = try arguments.integer("--threads", default: 2, in: 1...1024)
    try arguments.none()
    let context = WorkContext(threads: threads)
    let model: DecoderModel
    if let folder {
      model = try HuggingFaceFolder.load(folder, context: context)
    } else {
      guard let shape = TrainingShape.all[name] else {
        throw BenchArguments.Misuse(message: "--config takes tiny, small or medium")
      }
      let layout = DecoderLayout(shape.configuration)
      let weights = FloatBuffer(count: layout.count)
      layout.initialize(
        UnsafeMutableBufferPointer(start: weights.base, count: weights.count), seed: 0)
      model = try DecoderModel(
        configuration: shape.configuration, weights: weights.shared(), tokenizer: nil)
    }
    let bandwidth = try readBandwidth(context)
    for batch in [1, 16] {
      let step = try secondsOfStep(model, batch: batch, context)
      let bytes = 4 * model.layout.matrixCount
      let rate = Double(bytes) / step / 1e9
      print(
        """
        {"peer":"poise","config":"\(folder ?? name)","params":\(model.layout.count),\
        "batch":\(batch),"tokens_per_s":\(rounded(Double(batch) / step, 1)),\
        "ms_per_step":\(rounded(step * 1e3, 3)),"bytes_per_step":\(bytes),\
        "bandwidth_gb_s":\(rounded(rate, 1)),\
        "peak_bandwidth_gb_s":\(rounded(bandwidth / 1e9, 1)),\
        "share_of_bandwidth":\(rounded(rate * 1e9 / bandwidth, 2)),"threads":\(threads)}
        """)
    }
  }

  /// The median time of a step after 16 tokens.
  private static func secondsOfStep(
    _ model: DecoderModel, batch: Int, _ context: WorkContext
  ) throws -> Double {
    let limit = model.configuration.context
    let new = min(64, max(1, limit - 16))
    let session = try DecoderSession(
      model, limits: DecoderSession.Limits(batch: batch, length: min(limit, 16 + new)),
      context: context)
    var stream = RandomStream(seed: 0, purpose: "bench/prompts")
    let prompts = (0..<batch).map { _ in
      (0..<16).map { _ in Int32(stream.below(model.configuration.vocabularySize)) }
    }
    var (sequences, logits) = try session.prefill(prompts)
    var times: [Double] = []
    let clock = ContinuousClock()
    for _ in 0..<new - 1 {
      var next: [Int32] = []
      let time = try clock.measure {
        next = sequences.indices.map { Sampling.greedy.choose(logits[$0], &stream) }
        logits = try session.step(next, of: sequences)
      }
      times.append(seconds(time))
    }
    for sequence in sequences { try session.drop(sequence) }
    sequences = []
    return median(Array(times.dropFirst(3)))
  }

  /// Bytes a second of reading memory on as many threads, the best of five: 512 MB, far more than
  /// any cache.
  private static func readBandwidth(_ context: WorkContext) throws -> Double {
    let words = 64 << 20
    let buffer = SharedBytes(count: words * 8) { $0.initializeMemory(as: UInt8.self, repeating: 1) }
    let parts = context.threads
    let clock = ContinuousClock()
    let checksum = Atomic<UInt64>(0)
    var best = 0.0
    for _ in 0..<5 {
      let time = try clock.measure {
        _ = try parallelMap(parts, context: context) { part in
          var sums = SIMD16<UInt64>(repeating: 0)
          let range = buffer.bytes[(part * words / parts * 8)..<((part + 1) * words / parts * 8)]
          let slice = UnsafeRawBufferPointer(rebasing: range)
          for offset in stride(from: 0, to: slice.count - 127, by: 128) {
            sums &+= slice.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt64>.self)
          }
          checksum.wrappingAdd(sums.wrappedSum(), ordering: .relaxed)
        }
      }
      best = max(best, Double(words * 8) / seconds(time))
    }
    return best
  }
}
