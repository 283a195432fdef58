import Bytes
import Corpora
import Evaluation
import Execution
import FoundationEssentials
import Glibc
import LanguageModels
import Retrieval
import Routing
import Testing
import Tokenizers

@Suite struct RecordedTests {
  /// `$POISE_DATA`, or the shared data beside the package.
  static let file: String? = {
    var folders = [ProcessInfo.processInfo.environment["POISE_DATA"]].compactMap(\.self)
    let parts = #filePath.split(separator: "/").dropLast(3)
    folders.append("/" + parts.joined(separator: "/") + "/../shared/data")
    return folders.map { $0 + "/adarague/hotpotqa.jsonl" }.first { access($0, R_OK) == 0 }
  }()

  private static func shared() throws -> RecordedOutcomes {
    let bytes = try Array(Data(contentsOf: URL(filePath: file ?? "")))
    return try bytes.withUnsafeBytes { try RecordedOutcomes(jsonLines: $0) }
  }

  private func share(_ flags: [Bool]) -> Double {
    Double(flags.count { $0 }) / Double(flags.count)
  }

  @Test(.enabled(if: RecordedTests.file != nil, "the data set adarague is not here"))
  func publishedFiguresComeOut() throws {
    let outcomes = try Self.shared().outcomes
    #expect(outcomes.count == 500)
    #expect(abs(share(outcomes.map(\.isKnown)) - 0.286) < 1e-9)
    #expect(abs(share(outcomes.map(\.isRead)) - 0.438) < 1e-9)
    #expect(abs(share(outcomes.map { $0.isKnown || $0.isRead }) - 0.488) < 1e-9)
  }

  @Test(.enabled(if: RecordedTests.file != nil, "the data set adarague is not here"))
  func featuresTellMoreThanChance() throws {
    let outcomes = try Self.shared().outcomes
    for features in [
      [OutcomeFeatures.question], [.question, .retrieval], OutcomeFeatures.allCases,
    ] {
      var lines: [String] = []
      for share in [0.3, 0.5, 0.6, 0.8] {
        let router = FeatureRouter(share: share, features: features, seed: 1)
        let decisions = try router.decisions(on: outcomes, context: WorkContext(threads: 2))
        #expect(
          decisions == (try router.decisions(on: outcomes, context: WorkContext())))
        let right = zip(outcomes, decisions).map { $1.looksUp ? $0.isRead : $0.isKnown }
        let called = self.share(decisions.map(\.looksUp))
        #expect(abs(called - share) < 0.08)
        let area = try Statistics.rocArea(
          scores: decisions.map(\.known), correct: outcomes.map(\.isKnown))
        #expect(area > 0.5, "\(features)")
        lines.append("\(share): \(self.share(right)) at \(called), auroc \(area)")
      }
      print(features, lines)
    }
  }

  static let lines = """
    {"_id": "a", "question": "Who made tea?", "answers": ["Ann"], "passages": [{"title": "Tea", "text": "Ann made it."}], "answer_without_retrieval": "Bob", "answer_with_retrieval": "ann."}
    {"question": "Is iron red?", "answers": ["no"], "passages": ["Iron is grey."], "answer_without_retrieval": "No", "answer_with_retrieval": "unknown"}

    """

  @Test func linesAreRead() throws {
    let read = try Array(Self.lines.utf8).withUnsafeBytes { try RecordedOutcomes(jsonLines: $0) }
    #expect(read.outcomes.map(\.id) == ["a", "line-2"])
    #expect(read.outcomes.map(\.isKnown) == [false, true])
    // By substrings, as the published figures are counted: "no" is in "unknown".
    #expect(read.outcomes.map(\.isRead) == [true, true])
    #expect(try RecordedOutcomes(decoding: read.encoded()) == read)
  }

  @Test(arguments: [
    ("", "the file has no outcomes"), ("[1]\n", "line 1 is no JSON object"),
    ("{\"question\": \"x\"}\n", "line 1 has no field 'answers'"),
    (
      "{\"question\": \"x\", \"answers\": [\"y\"], \"answer_without_retrieval\": \"y\"}\n",
      "line 1 has no field 'answer_with_retrieval'"
    ),
    (RecordedTests.lines + RecordedTests.lines, "line 3: the id \"a\" was there before"),
  ])
  func whatIsNoOutcomeIsTold(_ text: String, _ message: String) {
    #expect {
      try Array(text.utf8).withUnsafeBytes { try RecordedOutcomes(jsonLines: $0) }
    } throws: { "\($0)" == message }
  }

  @Test func damagedBytesThrow() throws {
    let bytes = try Array(Self.lines.utf8)
      .withUnsafeBytes { try RecordedOutcomes(jsonLines: $0) }.encoded()
    var stream = RandomStream(seed: 1, purpose: "test/damage")
    for _ in 0..<3000 {
      var damaged = bytes
      for _ in 0...stream.below(3) {
        damaged[stream.below(damaged.count)] = UInt8(truncatingIfNeeded: stream.next())
      }
      if stream.below(3) == 0 { damaged.removeLast(stream.below(damaged.count)) }
      _ = try? RecordedOutcomes(decoding: damaged)
    }
    #expect(throws: BinaryCodingError.self) {
      try RecordedOutcomes(decoding: Array(bytes.dropLast()))
    }
  }

  /// Against weights that are known: outcomes drawn by them.
  @Test func weightsAreFoundAgain() {
    var stream = RandomStream(seed: 2, purpose: "test/logistic")
    let rows = (0..<4000).map { _ in [stream.uniform() * 4 - 2, stream.uniform() * 10, 7] }
    let outcomes = rows.map { row in
      stream.uniform() < 1 / (1 + exp(-(1.5 * row[0] - 0.4 * row[1] + 1)))
    }
    let model = LogisticRegression(rows, outcomes, penalty: 0.01)
    for row in [[0.0, 0, 7], [1, 2, 7], [-1, 5, 7], [2, 9, 7]] {
      let wanted = 1 / (1 + exp(-(1.5 * row[0] - 0.4 * row[1] + 1)))
      #expect(abs(model.probability(row) - wanted) < 0.05)
    }
    // At the best weights the gradient of the penalised loss is zero: nothing near is better.
    let heavy = LogisticRegression(rows, outcomes, penalty: 1e6)
    #expect(abs(heavy.probability([2, 9, 7]) - heavy.probability([-2, 0, 7])) < 0.05)
  }

  @Test func settingsAreChecked() {
    for router in [
      FeatureRouter(share: 1.2), FeatureRouter(penalty: 0), FeatureRouter(folds: 1),
    ] {
      #expect(throws: RoutingError.self) { try router.validate() }
    }
    #expect(throws: RoutingError.self) {
      try FeatureRouter().decisions(on: [], context: WorkContext())
    }
  }
}
