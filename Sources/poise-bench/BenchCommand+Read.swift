import Bytes
import Corpora
import Execution
import FoundationEssentials
import Glibc
import LanguageModels
import Tensors
import Tokenizers
import Training

extension BenchCommand {
  /// How soon a decoder learns to read about people whom it has never met.
  static let read = BenchCommand(
    name: "read", arguments: "[--steps N] [--seed N] [--threads N]",
    summary: "a base model of a synthetic world: accuracy of reading as it learns"
  ) { arguments in
    let steps = try arguments.integer("--steps", default: 5600, in: 1...1_000_000)
    let seed = try arguments.integer("--seed", default: 0, in: 0...1 << 40)
    let threads = try arguments.integer("--threads", default: 1, in: 1...1024)
    let tokens = try arguments.integer("--tokens", default: 3840, in: 64...1 << 20)
    let rate = try arguments.integer("--rate", default: 1400, in: 1...1_000_000)
    let width = try arguments.integer("--width", default: 128, in: 16...1024)
    let heads = try arguments.integer("--heads", default: 4, in: 1...64)
    let layers = try arguments.integer("--layers", default: 4, in: 1...64)
    let every = try arguments.integer("--every", default: 300, in: 1...1_000_000)
    let pairs = try arguments.integer("--pairs", default: 30, in: 0...100)
    let growth = try arguments.integer("--growth", default: 30, in: 0...100)
    let turn = try arguments.integer("--turn", default: 60, in: 0...100)
    let drill = try arguments.integer("--drill", default: 36, in: 0...100)
    let restate = try arguments.integer("--restate", default: 24, in: 0...100)
    let single = try arguments.integer("--single", default: 30, in: 0...100)
    let passages = try arguments.integer("--passages", default: 8, in: 1...64)
    let closedEarly = try arguments.integer("--closed", default: 3, in: 0...100)
    let lateDrill = try arguments.integer("--late-drill", default: 5, in: 0...100)
    let lateRestate = try arguments.integer("--late-restate", default: 5, in: 0...100)
    let lateClosed = try arguments.integer("--late-closed", default: 5, in: 0...100)
    let base = try arguments.integer("--rope-base", default: 1_000_000, in: 1...1 << 40)
    let mixed = try arguments.integer("--mixed", default: 100, in: 0...100)
    let namesakes = try arguments.integer("--namesakes", default: 20, in: 0...100)
    let decay = try arguments.integer("--decay", default: 30, in: 1...100)
    let floor = try arguments.integer("--floor", default: 10, in: 0...100)
    try arguments.none()
    let context = WorkContext(threads: threads)
    let world = try World(.init(seed: UInt64(seed)))
    var lessons = Lessons(world, passages: passages, seed: UInt64(seed))
    lessons.pairs = Double(pairs) / 100
    lessons.growth = Double(growth) / 100
    lessons.turn = Double(turn) / 100
    lessons.single = Double(single) / 100
    lessons.namesakes = Double(namesakes) / 100
    lessons.mixed = Double(mixed) / 100
    func mixture(_ drill: Int, _ restate: Int, _ closed: Int) -> Lessons.Mixture {
      Lessons.Mixture(
        drill: Double(drill) / 100, restatement: Double(restate) / 100,
        openBook: Double(98 - drill - restate - closed) / 100, closedBook: Double(closed) / 100,
        page: 0.02)
    }
    lessons.early = mixture(drill, restate, closedEarly)
    lessons.late = mixture(lateDrill, lateRestate, lateClosed)
    let tokenizer = try Tokenizer.trainWords(
      Wording.vocabulary, specialTokens: ["<|endoftext|>"], context: context)
    let configuration = DecoderConfiguration(
      vocabularySize: tokenizer.vocabularySize, width: width, layers: layers, heads: heads,
      feedForwardWidth: 3 * width, context: 640, ropeBase: Double(base),
      endTokens: tokenizer.endOfText.map { [$0] } ?? [])
    let layout = DecoderLayout(configuration)
    let state = TrainingState(count: layout.count)
    layout.initialize(
      UnsafeMutableBufferPointer(start: state.parameters, count: state.count), seed: UInt64(seed))
    let optimizer = try Optimizer(
      DecoderObjective(DecoderGraph(layout)), state: state,
      options: AdamW(beta2: 0.99, weightDecay: 0.01), clip: 1, groupRows: 512,
      cancellation: context.cancellation)
    let schedule = LearningRateSchedule(
      peak: Double(rate) / 1e6, warmup: min(100, steps / 5), steps: steps,
      floor: Double(floor) / 100, decay: Double(decay) / 100)
    let source = LessonBatches(
      lessons, tokenizer: tokenizer, steps: steps, tokens: tokens, context: 640)
    print("parameters \(layout.count) vocabulary \(tokenizer.vocabularySize)")
    for kind in Lessons.Kind.allCases {
      var stream = RandomStream(seed: 1, purpose: "shown")
      print("[\(kind.rawValue)] " + LessonDrawer(lessons).draw(kind, progress: 0, by: &stream).text)
    }
    let clock = ContinuousClock()
    let start = clock.now
    var seen = 0
    var sum = 0.0
    let exams = [(1, false), (3, false), (8, false), (3, true)].map { passages, namesakes in
      ReadingExam(
        world, passages: passages, answerable: 200, unanswerable: 50, namesakes: namesakes, seed: 1)
    }
    let closed = ReadingExam(closedBook: world, count: 200, seed: 1)
    for step in 1...steps {
      let batch = source.batch(at: step)
      seen += batch.tokens.count
      sum += try optimizer.step(
        batch, learningRate: schedule.rate(at: step), context: context
      ).loss
      guard step % every == 0 || step == steps else { continue }
      let time = seconds(clock.now - start)
      let floats = UnsafeRawBufferPointer(start: state.parameters, count: 4 * state.count)
      let model = try DecoderModel(
        configuration: configuration, weights: SharedBytes(Array(floats)), tokenizer: tokenizer)
      var marks = ""
      for exam in exams {
        let right = try answers(model, exam, context: context)
        let (answered, refused) = (right.prefix(200).count { $0 }, right.suffix(50).count { $0 })
        marks += " \(rounded(Double(answered) / 200, 2))/\(rounded(Double(refused) / 50, 2))"
      }
      let known = try answers(model, closed, context: context)
      let deciles = (0..<10).map { decile in
        (0..<20).count { known[decile + 10 * $0] }
      }
      marks += " deciles \(deciles.map { "\($0 * 5)" }.joined(separator: " "))"
      print(
        step, "\(rounded(Double(seen) / 1e6, 2)) Mtok", "\(Int(time)) s",
        "loss \(rounded(sum / Double(every), 3))", marks)
      fflush(nil)
      sum = 0
    }
  }
}

/// Which questions of an exam a model answers right.
private func answers(
  _ model: DecoderModel, _ exam: ReadingExam, context: WorkContext
) throws -> [Bool] {
  let generator = try Generator(model, options: GenerationOptions(maxTokens: 3, stops: ["\n"]))
  let (results, _) = try generator.run(exam.items.map(\.prompt), context: context)
  return zip(results, exam.items).map { result, item in
    result.text == " " + (item.answer ?? PromptTemplate.standard.refusal)
  }
}
