public import Corpora
import Execution
public import Tokenizers

/// Lessons of a world as batches, drawn anew at every step.
///
/// A step holds about as many tokens as it was asked for. Each kind of lesson keeps its share of
/// the tokens, which goes from the early mixture to the late one at ``turn`` of the way.
public struct LessonBatches: BatchSource {
  private let drawer: LessonDrawer
  private let tokenizer: Tokenizer
  private let end: Int32?
  private let seed: UInt64
  private let steps: Int
  private let tokens: Int
  private let context: Int
  /// Open-book questions about contexts that are not learned; none where nothing is held out.
  public let validation: [Batch]

  /// How far training is when the mixture turns, from 0 to 1.
  public static let turn = 0.5

  /// Batches for a training of `steps` steps.
  ///
  /// - Parameters:
  ///   - lessons: What is taught.
  ///   - tokenizer: What turns it into tokens.
  ///   - steps: Steps of the whole training.
  ///   - tokens: Tokens of a step, about.
  ///   - context: The longest sequence; longer ones are cut.
  ///   - heldOut: Whether reading is measured on contexts of full length that are not learned.
  public init(
    _ lessons: Lessons, tokenizer: Tokenizer, steps: Int, tokens: Int, context: Int,
    heldOut: Bool = false
  ) {
    drawer = LessonDrawer(lessons)
    self.tokenizer = tokenizer
    end = tokenizer.endOfText
    seed = lessons.seed
    self.steps = max(1, steps)
    self.tokens = max(1, tokens)
    self.context = max(2, context)
    var batches: [Batch] = []
    if heldOut {
      var stream = RandomStream(seed: lessons.seed, purpose: "lessons/held-out")
      for _ in 0..<Self.heldOutBatches {
        var batch = Batch()
        for _ in 0..<8 {
          let lesson = drawer.draw(.openBook, progress: 1, by: &stream)
          let (tokens, labels) = Self.encoded(lesson, tokenizer, end: end, context: context)
          batch.append(tokens: tokens, labels: labels)
        }
        batches.append(batch)
      }
    }
    validation = batches
  }

  private static let heldOutBatches = 8

  /// The context.
  public var longestSequence: Int { context }
  /// A step's tokens and one sequence more.
  public var largestBatch: Int { tokens + context }

  /// The batch of a step, counted from 1.
  public func batch(at step: Int) -> Batch {
    var stream = RandomStream(seed: seed, purpose: "lessons/\(step)")
    let progress = Double(step) / Double(steps)
    let shares = (progress < Self.turn ? Lessons.Mixture.early : .late).shares
    var used = [Double](repeating: 0, count: shares.count)
    var batch = Batch()
    while batch.tokens.count < tokens {
      // The kind that is furthest behind its share comes next.
      let behind = shares.indices.max { a, b in
        (used[a] + 1) * shares[b] > (used[b] + 1) * shares[a]
      }
      guard let behind else { break }
      let lesson = drawer.draw(Lessons.Kind.allCases[behind], progress: progress, by: &stream)
      let (tokens, labels) = Self.encoded(lesson, tokenizer, end: end, context: context)
      used[behind] += Double(tokens.count)
      batch.append(tokens: tokens, labels: labels)
    }
    return batch
  }

  /// A lesson's tokens, and for each the token that is to follow, where that is learned.
  private static func encoded(
    _ lesson: Lessons.Lesson, _ tokenizer: Tokenizer, end: Int32?, context: Int
  ) -> (tokens: [Int32], labels: [Int32]) {
    var all: [Int32] = []
    var learned: [Bool] = []
    for part in lesson.parts {
      let tokens = tokenizer.encode(part.text, addingSpecialTokens: false)
      all += tokens
      learned += repeatElement(part.isLearned, count: tokens.count)
      if part.ends, let end {
        all.append(end)
        learned.append(true)
      }
    }
    let count = min(context, max(0, all.count - 1))
    return (
      Array(all.prefix(count)),
      (0..<count).map { learned[$0 + 1] ? all[$0 + 1] : -1 }
    )
  }
}
