import Corpora
import Execution
import Testing

@Suite struct LessonTests {
  private let world = try? World(World.Options(people: 40, seed: 1))

  private func draw(
    _ kind: Lessons.Kind, progress: Double, count: Int, mixed: Double = 0.5
  ) throws -> [Lessons.Lesson] {
    var lessons = Lessons(try #require(world), passages: 6)
    lessons.mixed = mixed
    let drawer = LessonDrawer(lessons)
    var stream = RandomStream(seed: 3, purpose: "test/\(kind.rawValue)")
    return (0..<count).map { _ in drawer.draw(kind, progress: progress, by: &stream) }
  }

  @Test func drillsAskForWhatTheySaid() throws {
    var repeats = 0
    for lesson in try draw(.drill, progress: 0, count: 100) {
      let said = lesson.parts[0].text
      guard lesson.parts.count > 2 else {
        #expect(said == "Context:\n" + lesson.parts[1].text)
        #expect(lesson.parts.map(\.isLearned) == [false, true])
        repeats += 1
        continue
      }
      for (key, value) in zip(lesson.parts.dropFirst(), lesson.parts.dropFirst(2))
      where value.isLearned { #expect(said.contains("\(key.text)\(value.text).")) }
    }
    #expect(repeats > 20)
  }

  @Test func openBookAnswersStandInTheContext() throws {
    var refused = 0
    var asked = 0
    for lesson in try draw(.openBook, progress: 1, count: 200) {
      #expect(lesson.text.hasPrefix("Context:\n"))
      #expect(lesson.parts.last?.ends == true)
      let lines = lesson.text.split(separator: "\n")
      for line in lines where line.hasPrefix("Question: ") {
        asked += 1
        // A name and its value, as pages have them.
        let fact = line.components(after: " of ")
        if fact.hasSuffix(" unknown") {
          refused += 1
        } else {
          #expect(lines.contains { !$0.hasPrefix("Question: ") && $0.contains("\(fact).") })
        }
      }
    }
    #expect(abs(Double(refused) / Double(asked) - 0.15) < 0.03)
  }

  @Test func contextsAreWrittenAsPromptsAre() throws {
    let template = PromptTemplate.standard
    for lesson in try draw(.openBook, progress: 1, count: 20) {
      let (context, rest) = try #require(lesson.text.halves(at: "Question: "))
      let pages = context.split(separator: "\n").dropFirst().map(String.init)
      let question = rest.split(separator: "\n").first.map(String.init) ?? ""
      #expect(
        lesson.text.hasPrefix(template.prompt(question: question, passages: Array(pages))))
    }
  }

  @Test func contextsGrow() throws {
    func longest(_ progress: Double) throws -> Int {
      try draw(.openBook, progress: progress, count: 200, mixed: 0).map { lesson in
        lesson.text.split(separator: "\n").count { !$0.hasPrefix("Question: ") } - 1
      }.max() ?? 0
    }
    #expect(try longest(0) < 6)
    #expect(try longest(1) == 6)
  }

  /// Facts in any order break pages up: somebody's facts no longer follow each other.
  @Test func someEarlyContextsAreMixed() throws {
    func torn(_ progress: Double, mixed: Double) throws -> Int {
      try draw(.openBook, progress: progress, count: 100, mixed: mixed).count { lesson in
        let lines = lesson.text.split(separator: "\n").filter { !$0.hasPrefix("Question: ") }
        // A line a page, or one wherever the person changes.
        let names = lines.dropFirst().map { line in
          line.split(separator: " ").filter { $0.first?.isUppercase == true }.dropFirst().prefix(2)
            .joined(separator: " ")
        }
        return Set(names).count < names.count
      }
    }
    #expect(try torn(0.2, mixed: 1) > 20)
    #expect(try torn(0.2, mixed: 0) == 0)
    #expect(try torn(0.9, mixed: 1) == 0)
  }

  /// From the turn on people share a name with others far more often than by chance.
  @Test func lateContextsHaveNamesakes() throws {
    func alike(_ progress: Double) throws -> Double {
      let counts = try draw(.openBook, progress: progress, count: 100, mixed: 0).map { lesson in
        let people = Set(
          lesson.text.split(separator: "\n").dropFirst().prefix { !$0.hasPrefix("Question: ") }
            .compactMap { page in
              page.components(after: " of ").split(separator: " ").prefix(2).joined(separator: " ")
            })
        let halves = people.flatMap { $0.split(separator: " ") }
        return (halves.count - Set(halves).count, people.count)
      }
      return Double(counts.reduce(0) { $0 + $1.0 }) / Double(counts.reduce(0) { $0 + $1.1 })
    }
    #expect(try alike(0.5) < 0.1)
    #expect(try alike(0.7) > 0.12)
  }

  @Test func examsOfNamesakesAskForOneOfThem() throws {
    let world = try #require(world)
    let exam = ReadingExam(
      world, passages: 4, answerable: 30, unanswerable: 30, namesakes: true, seed: 2)
    for item in exam.items {
      let pages = item.prompt.split(separator: "\n").filter { $0.hasSuffix(".") }
      let asked = item.question.components(after: " of ").split(separator: " ").prefix(2)
      #expect(pages.count == 4)
      let others = pages.map { $0.components(after: " of ").split(separator: " ").prefix(2) }
      let shared = others.count { zip($0, asked).contains { $0 == $1 } }
      // One who is not in the context shares with one who is, and others do with that one.
      #expect(item.answer == nil ? shared >= 1 : shared == 4)
      #expect(Set(others.map { $0.joined(separator: " ") }).count == 4)
    }
  }

  @Test func closedBookFollowsExposure() throws {
    let world = try #require(world)
    let names = try draw(.closedBook, progress: 0, count: 4000).map { $0.parts[0].text }
    let first = names.count { $0.contains(world.people[0].name) }
    let share =
      Double(world.people[0].exposure) / Double(world.people.reduce(0) { $0 + $1.exposure })
    #expect(abs(Double(first) / 4000 - share) < 0.03)
  }
}

extension StringProtocol {
  /// What comes before and after the first place of a text.
  fileprivate func halves(at mark: String) -> (String, String)? {
    let pieces = String(self).split(separator: mark, maxSplits: 1, omittingEmptySubsequences: false)
    guard pieces.count == 2 else { return nil }
    return (String(pieces[0]), String(pieces[1]))
  }

  /// What follows the last place of a text.
  fileprivate func components(after mark: String) -> String {
    let pieces = String(self).split(separator: mark, omittingEmptySubsequences: false)
    return pieces.last.map(String.init) ?? ""
  }
}
