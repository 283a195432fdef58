import Bytes
import Corpora
import Evaluation
import Execution
import Glibc
import Tensors
import TextEncoders
import Training

extension BenchCommand {
  /// An encoder tuned on a collection's `train` split: nDCG@10 of exact search on `test` before
  /// and after, and what it cost.
  static let tune = BenchCommand(
    name: "tune",
    arguments: """
      DIR [--model FOLDER | --dimension D] [--negatives in-batch,bm25,mined] [--epochs N] \
      [--batch N] [--length N] [--rate R] [--seed N] [--threads N]
      """,
    summary: "nDCG@10 of an encoder before and after it is tuned on the train split"
  ) { arguments in
    let threads = try arguments.integer("--threads", default: 2, in: 1...1024)
    let dimension = try arguments.integer("--dimension", default: 256, in: 1...4096)
    let names = try arguments.text("--negatives") ?? "in-batch"
    let negatives = try names.split(separator: ",").map { name in
      guard let setting = Negatives(String(name)) else {
        throw BenchArguments.Misuse(
          message: "--negatives takes \(Negatives.names.joined(separator: ", "))")
      }
      return setting
    }
    var tuning = EncoderTuning()
    tuning.epochs = try arguments.integer("--epochs", default: 1, in: 0...10_000)
    tuning.batchSize = try arguments.integer("--batch", default: 32, in: 1...65_536)
    tuning.maximumLength = try arguments.integer("--length", default: 128, in: 4...8192)
    tuning.seed = UInt64(try arguments.integer("--seed", default: 0, in: 0...1 << 40))
    tuning.learningRate = try arguments.text("--rate").flatMap { Double($0) }
    tuning.temperature = try arguments.text("--temperature").flatMap { Double($0) } ?? 0.05
    let model = try arguments.text("--model")
    let path = try arguments.only("a folder in the BEIR layout")
    let context = WorkContext(threads: threads)
    let clock = ContinuousClock()
    let collection = try CollectionReader().read(
      try CollectionReader.detect(path: path), context: context)
    if let folder = try model.map({ try EncoderFolder.load($0, context: context) }) {
      return try measure(
        BertEncoder(folder, name: "bert"), collection, tuning, negatives, making: 0,
        context: context)
    }
    var made: StaticEncoder?
    let making = try clock.measure {
      made = try StaticEncoder.train(
        collection.corpus, StaticTraining(dimension: dimension), context: context)
    }
    guard let encoder = made else { return }
    try measure(
      encoder, collection, tuning, negatives, making: seconds(making), context: context)
  }

  private static func measure<Encoder: TunableEncoder>(
    _ encoder: Encoder, _ collection: LoadedCollection, _ tuning: EncoderTuning,
    _ negatives: [Negatives], making: Double, context: WorkContext
  ) throws {
    guard let train = collection.splits.first(where: { $0.name == "train" }),
      let test = collection.splits.first(where: { $0.name == "test" })
    else { throw BenchArguments.Misuse(message: "the collection needs the splits train and test") }
    let clock = ContinuousClock()
    var before = 0.0
    let testing = try clock.measure {
      before = try quality(of: encoder, collection.corpus, test, context: context)
    }
    let examples = try ContrastiveExamples(train, corpus: collection.corpus)
    for setting in negatives {
      var tuning = tuning
      tuning.negatives = setting
      let start = clock.now
      let result =
        tuning.epochs > 0 ? try tuning.run(encoder, on: examples, context: context) : nil
      let elapsed = clock.now - start
      let after =
        try result.map { try quality(of: $0.encoder, collection.corpus, test, context: context) }
        ?? before
      let losses = result?.summary.curve.points.map { "\(rounded($0.loss, 3))" } ?? []
      print(
        """
        {"encoder":"\(encoder.name)","negatives":"\(setting.name)",\
        "epochs":\(tuning.epochs),"batch":\(tuning.batchSize),"seed":\(tuning.seed),\
        "rate":\(tuning.learningRate ?? encoder.usualLearningRate),\
        "pairs":\(examples.pairs.count),"ndcg_before":\(rounded(before, 4)),\
        "ndcg_after":\(rounded(after, 4)),"make_s":\(rounded(making, 2)),\
        "tune_s":\(rounded(seconds(elapsed), 1)),"test_s":\(rounded(seconds(testing), 1)),\
        "tokens":\(result?.summary.tokens ?? 0),\
        "gflop":\(rounded((result?.summary.operations ?? 0) / 1e9, 1)),\
        "losses":[\(losses.joined(separator: ","))],"peak_rss_mb":\(peakMemory() >> 20)}
        """)
      flush()
    }
  }

  /// Shows a line as soon as it is there: the next takes minutes.
  private static func flush() { fflush(nil) }

  /// nDCG@10 of exact search by cosine.
  private static func quality(
    of encoder: some TextEncoder, _ corpus: Corpus, _ set: JudgedSet, context: WorkContext
  ) throws -> Double {
    let documents = try encoder.encode(
      corpus.documents.map(\.encodedText), as: .document, context: context)
    let queries = try encoder.encode(set.queries.map(\.text), as: .query, context: context)
    let scores = FloatBuffer(count: queries.count * documents.count)
    try BLAS.shared().multiply(
      queries.vectors.base, documents.vectors.base, into: scores.base, m: queries.count,
      n: documents.count, k: encoder.dimension, transposeB: true)
    var run: [String: [String]] = [:]
    for (number, query) in set.queries.enumerated() {
      let row = UnsafeBufferPointer(
        start: scores.base + number * documents.count, count: documents.count)
      let best = row.indices.sorted { (-row[$0], $0) < (-row[$1], $1) }.prefix(10)
      run[query.id] = best.map { corpus.id(at: $0) }
    }
    let metric = try MetricName("ndcg@10")
    let results = evaluate(run: run, judgements: set.judgements, metrics: [metric])
    let values = try results.values(of: metric)
    return values.reduce(0, +) / Double(max(1, values.count))
  }
}
