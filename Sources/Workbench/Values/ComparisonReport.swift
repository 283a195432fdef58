package import Artifacts
package import Corpora
package import Evaluation
import Language

/// What `compare` found: the answers of several answerers to the same questions, scored.
package struct ComparisonReport: Sendable, ArtifactHolder {
  /// One answerer.
  package struct Arm: Sendable {
    package var name: String
    package var approach: Approach?
    /// The answers as an object of their own, whose record tells what they took; nil for answers
    /// that were recorded elsewhere.
    package var source: ArtifactHandle?
    package var answers: [GivenAnswer]
    /// Milliseconds by question, where they were recorded with the answers.
    package var latencies: [String: Double]?
    /// Answers to the questions about what was known before.
    package var known: [GivenAnswer]
    /// The answers of what it was trained from to the same questions; none where it was not.
    package var before: [GivenAnswer]
    /// Documents in its index, 0 where there is none or it isn't known.
    package var documents: Int

    package init(
      name: String, approach: Approach?, source: ArtifactHandle? = nil, answers: [GivenAnswer],
      latencies: [String: Double]? = nil, known: [GivenAnswer] = [],
      before: [GivenAnswer] = [], documents: Int = 0
    ) {
      self.name = name
      self.approach = approach
      self.source = source
      self.answers = answers
      self.latencies = latencies
      self.known = known
      self.before = before
      self.documents = documents
    }
  }

  /// The identity of the questions: what is on the same ones is paired.
  package let identity: String
  package let isSeeded: Bool
  /// What the summary shows, in the order asked for.
  package let metrics: [AnswerMetric]
  package let set: JudgedSet
  /// Questions about what was known before any training; nil where none were given.
  package let known: JudgedSet?
  package let arms: [Arm]
  package let asked: AskedQuestions
  /// The scores of each arm.
  package let scores: [AnswerScores]
  /// The scores of each arm, and of what it was trained from, on what was known before.
  private let knownScores: [(after: AnswerScores?, before: AnswerScores?)]

  /// - Throws: `AskedQuestions.Failure` where questions and answers don't belong together.
  package init(
    identity: String, isSeeded: Bool, metrics: [AnswerMetric], set: JudgedSet,
    known: JudgedSet? = nil, arms: [Arm]
  ) throws {
    self.identity = identity
    self.isSeeded = isSeeded
    self.metrics = metrics
    self.set = set
    self.known = known
    self.arms = arms
    let asked = try AskedQuestions(set.queries, identity: identity)
    self.asked = asked
    scores = try arms.map { arm in
      do {
        return try AnswerScores(arm.answers, to: asked, latencies: arm.latencies)
      } catch {
        throw VerbError("'\(arm.name)': \(error)")
      }
    }
    let knownAsked = try known.map {
      try AskedQuestions($0.queries, identity: identity + "/known")
    }
    knownScores = try arms.map { arm in
      func scores(_ answers: [GivenAnswer]) throws -> AnswerScores? {
        do {
          return answers.isEmpty ? nil : try AnswerScores(answers, to: knownAsked ?? asked)
        } catch {
          throw VerbError("'\(arm.name)', on what was known before: \(error)")
        }
      }
      return (try scores(known == nil ? arm.answers : arm.known), try scores(arm.before))
    }
  }

  package var heldArtifacts: [ArtifactHandle] { arms.compactMap(\.source) }

  package func index(ofArm name: String) -> Int? { arms.firstIndex { $0.name == name } }

  private var seeds: Int { isSeeded ? 1 : 0 }

  // MARK: Numbers

  /// A metric of an arm over a group of questions; nil where it isn't defined.
  package func measured(
    _ metric: AnswerMetric, arm: Int, _ group: QuestionGroup = .all
  ) throws -> Measured? {
    try scores[arm].measured(metric, group, seeds: seeds)
  }

  /// What one question took of an arm.
  package func work(arm: Int) throws -> Work { try Work(each: scores[arm], seeds: seeds) }

  /// Accuracy on what was known before any training, of an arm and of what it was trained from;
  /// nil where no such questions were answered.
  ///
  /// The questions are those given as known, else those of the kind `known`.
  package func knownAccuracy(arm: Int) throws -> (after: Measured?, before: Measured?) {
    let group = known == nil ? QuestionGroup.kind(AskedQuestions.known) : .all
    let scores = knownScores[arm]
    return (
      try scores.after?.measured(.accuracy, group, seeds: seeds),
      try scores.before?.measured(.accuracy, group, seeds: seeds)
    )
  }

  /// How much accuracy on what was known before was lost; nil for what was not trained.
  package func forgetting(arm: Int) throws -> Measured? {
    let accuracy = try knownAccuracy(arm: arm)
    guard let before = accuracy.before, let after = accuracy.after else { return nil }
    return before - after
  }
}

// MARK: - Stored form

extension ComparisonReport {
  private static let format = "poise-comparison-1"

  /// The same comparison gives the same bytes.
  package func encoded() -> [UInt8] {
    var encoder = ValueEncoder()
    encoder.append(Self.format)
    encoder.append(identity)
    encoder.append(isSeeded ? 1 : 0)
    encoder.append(metrics.count)
    for metric in metrics { encoder.append(metric.rawValue) }
    encoder.append(set.encoded())
    encoder.append(known == nil ? 0 : 1)
    if let known { encoder.append(known.encoded()) }
    encoder.append(arms.count)
    for arm in arms {
      encoder.append(arm.name)
      encoder.append(arm.approach?.rawValue ?? "")
      encoder.append(arm.source?.digest.hex ?? "")
      encoder.append(arm.documents)
      encoder.append(arm.answers)
      encoder.append(arm.known)
      encoder.append(arm.before)
      encoder.append(arm.latencies == nil ? 0 : 1)
      for query in set.queries {
        if let latencies = arm.latencies { encoder.append(latencies[query.id] ?? -1) }
      }
    }
    return encoder.bytes
  }

  /// Reads ``encoded()``; hostile bytes throw.
  package init(
    decoding bytes: [UInt8], handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws {
    self = try bytes.withUnsafeBytes { buffer in
      var decoder = ValueDecoder(withoutArtifacts: buffer)
      guard try decoder.string() == Self.format else { throw VerbError("not a comparison") }
      let identity = try decoder.string()
      let isSeeded = try decoder.count(unit: 0) == 1
      var metrics: [AnswerMetric] = []
      for _ in 0..<(try decoder.count(unit: 8)) {
        guard let metric = AnswerMetric(rawValue: try decoder.string()) else {
          throw VerbError("not a comparison")
        }
        metrics.append(metric)
      }
      let set = try JudgedSet(decoding: try decoder.object())
      let known =
        try decoder.count(unit: 0) == 1
        ? try JudgedSet(decoding: try decoder.object()) : nil
      var arms: [Arm] = []
      for _ in 0..<(try decoder.count(unit: 64)) {
        var arm = Arm(name: try decoder.string(), approach: nil, answers: [])
        arm.approach = Approach(rawValue: try decoder.string())
        arm.source = Digest(hex: try decoder.string()).map { handle(.answers, $0) }
        arm.documents = try decoder.count(unit: 0)
        arm.answers = try decoder.answers()
        arm.known = try decoder.answers()
        arm.before = try decoder.answers()
        if try decoder.count(unit: 0) == 1 {
          let times = try decoder.doubles(set.queries.count)
          arm.latencies = Dictionary(zip(set.queries.map(\.id), times)) { first, _ in first }
        }
        arms.append(arm)
      }
      try decoder.end()
      return try ComparisonReport(
        identity: identity, isSeeded: isSeeded, metrics: metrics, set: set, known: known,
        arms: arms)
    }
  }
}
