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
    let steps = try arguments.integer("--steps", default: 1000, in: 1...1_000_000)
    let seed = try arguments.integer("--seed", default: 0, in: 0...1 << 40)
    let threads = try arguments.integer("--threads", default: 1, in: 1...1024)
    let tokens = try arguments.integer("--tokens", default: 8192, in: 64...1 << 20)
    let rate = try arguments.integer("--rate", default: 2000, in: 1...1_000_000)
    let width = try arguments.integer("--width", default: 128, in: 16...1024)
    let heads = try arguments.integer("--heads", default: 8, in: 1...64)
    let layers = try arguments.integer("--layers", default: 4, in: 1...64)
    let every = try arguments.integer("--every", default: 100, in: 1...1_000_000)
    try arguments.none()
    let context = WorkContext(threads: threads)
    let world = try World(.init(seed: UInt64(seed)))
    let lessons = Lessons(world, seed: UInt64(seed))
    let tokenizer = try Tokenizer.trainWords(
      Wording.vocabulary, specialTokens: ["<|endoftext|>"], context: context)
    let configuration = DecoderConfiguration(
      vocabularySize: tokenizer.vocabularySize, width: width, layers: layers, heads: heads,
      feedForwardWidth: 3 * width, context: 640,
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
      peak: Double(rate) / 1e6, warmup: min(100, steps / 5), steps: steps)
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
    let exam = ReadingExam(world)
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
      let marks = try exam.marks(model, context: context)
      print(
        step, "\(rounded(Double(seen) / 1e6, 2)) Mtok", "\(Int(time)) s",
        "loss \(rounded(sum / Double(every), 3))", marks)
      fflush(nil)
      sum = 0
    }
  }
}

/// Questions of several kinds about contexts that no training saw.
private struct ReadingExam {
  private var groups: [(name: String, prompts: [String], answers: [String])] = []

  init(_ world: World) {
    let template = PromptTemplate.standard
    for (name, people, same) in [
      ("same3", 3, true), ("1", 1, false), ("3", 3, false), ("8", 8, false),
    ] {
      var stream = RandomStream(seed: 99, purpose: "exam/\(name)")
      var prompts: [String] = []
      var answers: [String] = []
      var refusals: [String] = []
      for _ in 0..<100 {
        var facts: [(String, Int, String)] = []
        var pages: [String] = []
        let only = stream.below(world.attributes.count)
        for _ in 0..<people {
          let person = Wording.unmet(&stream)
          var sentences: [String] = []
          for (index, attribute) in world.attributes.enumerated() where !same || index == only {
            let value = attribute.values[stream.below(attribute.values.count)]
            facts.append((person, index, value))
            sentences.append(Wording.fact(attribute.lead(stream.below(12)), of: person, value))
          }
          pages.append(Wording.page(sentences))
        }
        let fact = facts[stream.below(facts.count)]
        let lead = world.attributes[fact.1].lead(stream.below(12))
        prompts.append(
          template.prompt(question: Wording.question(lead, of: fact.0), passages: pages))
        answers.append(fact.2)
        refusals.append(
          template.prompt(
            question: Wording.question(lead, of: Wording.unmet(&stream)), passages: pages))
      }
      groups.append((name, prompts, answers))
      if !same {
        groups.append(
          ("no" + name, refusals, Array(repeating: template.refusal, count: refusals.count)))
      }
    }
    for (name, range) in [
      ("head", 0..<world.people.count / 10), ("mid", 100..<200), ("tail", 300..<400),
    ] {
      var stream = RandomStream(seed: 9, purpose: "exam/closed/\(name)")
      var prompts: [String] = []
      var answers: [String] = []
      for _ in 0..<100 {
        let person = world.people[range.lowerBound + stream.below(range.count)]
        let attribute = stream.below(world.attributes.count)
        prompts.append(
          template.prompt(
            question: Wording.question(
              world.attributes[attribute].lead(stream.below(12)), of: person.name)))
        answers.append(world.value(attribute, of: person) ?? "")
      }
      groups.append((name, prompts, answers))
    }
  }

  func marks(_ model: DecoderModel, context: WorkContext) throws -> String {
    var line = ""
    for (name, prompts, answers) in groups {
      let options = GenerationOptions(maxTokens: 3, stops: ["\n"])
      let (results, _) = try Generator(model, options: options).run(prompts, context: context)
      let right = zip(results, answers).count { $0.text == " " + $1 }
      line += " \(name) \(right)"
    }
    return line
  }
}
