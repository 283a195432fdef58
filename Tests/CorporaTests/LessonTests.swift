import Corpora
import Execution
import Testing

@Suite struct LessonTests {
  private let world = try? World(World.Options(people: 40, seed: 1))

  private func draw(_ kind: Lessons.Kind, progress: Double, count: Int) throws
    -> [Lessons.Lesson]
  {
    let drawer = LessonDrawer(Lessons(try #require(world), passages: 6))
    var stream = RandomStream(seed: 3, purpose: "test/\(kind.rawValue)")
    return (0..<count).map { _ in drawer.draw(kind, progress: progress, by: &stream) }
  }

  @Test func drillsSayTheSameTwice() throws {
    for lesson in try draw(.drill, progress: 0, count: 50) {
      #expect(lesson.parts.count == 2 && lesson.parts[0].text == lesson.parts[1].text)
      #expect(lesson.parts.map(\.isLearned) == [false, true])
    }
  }

  @Test func openBookAnswersStandInTheContext() throws {
    var refused = 0
    var asked = 0
    for lesson in try draw(.openBook, progress: 1, count: 200) {
      let context = try #require(lesson.parts.first).text
      #expect(context.hasPrefix("Context:\n"))
      #expect(lesson.parts.last?.ends == true)
      for (question, answer) in zip(lesson.parts, lesson.parts.dropFirst())
      where !question.isLearned {
        asked += 1
        // What is asked: the words after the noun's "of", up to "is".
        let text = question.text.components(after: "Question: ")
        let name = text.components(after: " of ").dropLast(3)
        if answer.text == " unknown" {
          refused += 1
          continue
        }
        #expect(context.contains("\(name) is\(answer.text)."))
      }
    }
    #expect(abs(Double(refused) / Double(asked) - 0.15) < 0.03)
  }

  @Test func contextsGrow() throws {
    func longest(_ progress: Double) throws -> Int {
      try draw(.openBook, progress: progress, count: 200).map {
        ($0.parts.first?.text ?? "").split(separator: "\n").count - 2
      }.max() ?? 0
    }
    #expect(try longest(0) == 3)
    #expect(try longest(1) == 6)
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
  /// What follows the last place of a text.
  fileprivate func components(after mark: String) -> String {
    let pieces = String(self).split(separator: mark, omittingEmptySubsequences: false)
    return pieces.last.map(String.init) ?? ""
  }
}
