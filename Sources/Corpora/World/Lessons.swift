import Execution

/// What a base model is brought up on, drawn anew at every step: it never sees a context twice, so
/// that it has to learn to read.
///
/// There are five kinds. *Drills* are random words said twice: what makes heads appear that find
/// something again (Olsson et al. 2022). *Restatements* say the facts of a context again in another
/// order. *Open-book questions* are about people who never recur, some not answered in the context.
/// *Closed-book questions* and *pages* are about the world's own people, as often as these are met.
/// Early contexts are short.
public struct Lessons: Sendable, Hashable {
  /// The kinds of lessons.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case drill, restatement
    case openBook = "open book"
    case closedBook = "closed book"
    case page
  }

  /// One sequence: stretches of text, and whether each is to be learned or only read.
  public struct Lesson: Sendable, Hashable {
    /// A stretch; all but the first begin with a space or line break.
    public struct Part: Sendable, Hashable {
      /// The text.
      public var text: String
      /// Whether it is learned.
      public var isLearned: Bool
      /// Whether the text ends after it, which is learned, too.
      public var ends: Bool
    }

    /// What it is.
    public let kind: Kind
    /// Its stretches in order.
    public var parts: [Part] = []

    mutating func read(_ text: String) {
      parts.append(Part(text: text, isLearned: false, ends: false))
    }
    mutating func learn(_ text: String, ends: Bool = false) {
      parts.append(Part(text: text, isLearned: true, ends: ends))
    }

    /// All of its text.
    public var text: String { parts.map(\.text).joined() }
  }

  /// The shares of the kinds, in tokens.
  public struct Mixture: Sendable, Hashable {
    /// In the order of ``Lessons/Kind/allCases``; they need not add up to 1.
    public var shares: [Double]

    /// Shares by kind.
    public init(
      drill: Double, restatement: Double, openBook: Double, closedBook: Double, page: Double
    ) {
      shares = [drill, restatement, openBook, closedBook, page]
    }

    /// Until contexts can be read.
    public static let early = Mixture(
      drill: 0.36, restatement: 0.24, openBook: 0.35, closedBook: 0.03, page: 0.02)
    /// After that.
    public static let late = Mixture(
      drill: 0.05, restatement: 0.05, openBook: 0.83, closedBook: 0.05, page: 0.02)
  }

  /// The most passages that a context of lessons may have.
  public static let mostPassages = 64

  /// Whose people the closed-book questions and pages are about.
  public let world: World
  /// The most passages of a context.
  public let passages: Int
  /// The share of open-book questions that the context does not answer.
  public let unanswerable: Double
  /// What lessons are drawn by.
  public let seed: UInt64
  /// The shares of the kinds until ``turn``.
  public var early = Mixture.early
  /// The shares of the kinds after it.
  public var late = Mixture.late
  /// The share of drills that are keys and their words.
  public var pairs = 0.3
  /// How far training is when contexts grow, from 0 to 1.
  public var growth = 0.3
  /// How far training is when the mixture turns, from 0 to 1.
  public var turn = 0.6
  /// How far training is when contexts of one person stop.
  public var single = 0.3
  /// The share of people in a context who share their first or last name with one before them,
  /// from ``turn`` on.
  public var namesakes = 0.2
  /// The share of contexts whose facts stand in any order instead of page by page, until
  /// ``turn``: there the name alone tells whose a value is.
  public var mixed = 1.0

  /// Lessons of a world.
  public init(
    _ world: World, passages: Int = 8, unanswerable: Double = 0.15, seed: UInt64 = 0
  ) {
    self.world = world
    self.passages = max(1, passages)
    self.unanswerable = unanswerable
    self.seed = seed
  }
}
