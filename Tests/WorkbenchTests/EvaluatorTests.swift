import Execution
import Language
import Synchronization
import TestFolders
import Testing
import Workbench

/// Verbs that act on the session they run in.
private enum Probe {
  /// `trip(x)` gives x, and asks to stop at the call of a given number.
  static func library(at limit: Int, calls: Counter) -> VerbLibrary {
    VerbLibrary(
      VerbLibrary.standard.all + [
        Verb(
          VerbSignature(
            "trip", topic: "test", .describe, summary: "", example: "",
            parameters: [.init("x", .any, positional: true, "")], result: { _ in .number })
        ) { arguments, context in
          if calls.next() == limit { context.work.cancellation.cancel() }
          return arguments["x"]
        },
        Verb(
          VerbSignature(
            "spin", topic: "test", .compute, summary: "", example: "",
            parameters: [.init("x", .any, positional: true, "")], result: { _ in .number })
        ) { arguments, context in
          // Work that never ends by itself, but looks whether it should stop.
          while true {
            try context.work.check()
            if calls.next() == limit { context.work.cancellation.cancel() }
          }
        },
      ])
  }

  final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func next() -> Int {
      count.withLock {
        $0 += 1
        return $0
      }
    }
  }
}

@Suite struct EvaluatorTests {
  private func chain(_ length: Int, body: (Int) -> String, last: String) -> String {
    "f0(x) = x\n" + (1..<length).map { "f\($0)(x) = \(body($0 - 1))\n" }.joined() + last
  }

  /// What is bound further down stands before no verb above it, in whatever order things are
  /// evaluated.
  @Test func laterNamesChangeNothingAbove() throws {
    let folder = try tinyCollection()
    let recorder = Recorder()
    let session = try NotebookSession.inMemory(
      notebook(
        "size(xs) = count(xs)\nlength = count([1, 2])\nnext(x) = x + 1",
        "{#shown}\ncount([1, 2, 3])", "count = 7\nparam sum = 5",
        "{#used}\nsize([4, 5]) + length + count + next(sum)",
        "{#defaults}\nmax([count, size([1])])"),
      in: folder.path, observer: recorder)
    session.run(.all)
    #expect(recorder.output("shown").contains("3"), "\(recorder.output("shown"))")
    #expect(recorder.output("used").contains("17"), "\(recorder.output("used"))")
    #expect(recorder.output("defaults").contains("7"), "\(recorder.output("defaults"))")
  }

  @Test func functionsNestUpToABound() throws {
    #expect(
      try output(of: chain(150, body: { "f\($0)(x) + 1" }, last: "f149(0)")).contains("149"))
    let deep = try output(of: chain(400, body: { "f\($0)(x) + 1" }, last: "f399([0][0])"))
    #expect(deep.contains("nest") || deep.contains("too complex"), "\(deep)")
  }

  @Test func deepExpressionsInDeepFunctionsAreRefused() throws {
    let open = String(repeating: "(1 + ", count: 60)
    let close = String(repeating: ")", count: 60)
    let text = try output(
      of: chain(190, body: { "\(open)f\($0)(x)\(close)" }, last: "f189([0][0])"))
    #expect(text.contains("nest more than") || text.contains("too complex"), "\(text)")
  }

  @Test func longSumsAreReadOrRefused() throws {
    let sum = (0..<5000).map { _ in "1" }.joined(separator: " + ")
    let text = try output(of: sum)
    #expect(text == "5000" || text.contains("nested too deeply"), "\(text.prefix(300))")
  }

  @Test func manyNamesInARowAreEvaluatedInOrder() throws {
    var lines = ["a0 = [0]"]
    for index in 1..<2000 { lines.append("a\(index) = a\(index - 1) + [\(index)]") }
    #expect(try output(of: lines.joined(separator: "\n") + "\ncount(a1999)") == "2000")
  }

  @Test func sharedPartsCountAsOftenAsTheyStand() throws {
    var lines = ["a0 = [1]"]
    for index in 1..<60 { lines.append("a\(index) = [a\(index - 1), a\(index - 1)]") }
    for last in ["a59", "\"{a59}\"", "a59 == a59", "count(a59)", "distinct(a59)"] {
      let text = try output(of: (lines + [last]).joined(separator: "\n"))
      #expect(text.contains("more than 10,000,000 parts"), "\(last): \(text.prefix(200))")
    }
    let nested = (0..<60).reduce("[x]") { text, _ in "d(\(text))" }
    let text = try output(of: "d(a) = [a, a]\nx = 1\n\(nested)")
    #expect(text.contains("parts"), "\(text.prefix(200))")
  }

  @Test func elementBounds() throws {
    for (source, words) in [
      ("n = [100001][0]\n[x for x in 1...n]", "100000"),
      ("n = [1e300][0]\n[x for x in 1...n]", "whole numbers"),
      ("n = [400][0]\n[x for x in 1...n for y in 1...n]", "100000"),
      ("t = [{k: 1, v: n} for n in 1...400]\ncount(join(t, t, by: \"k\"))", "100000"),
    ] {
      let text = try output(of: source)
      #expect(
        text.replacing(",", with: "").contains(words) && text.contains("error"), "\(text)")
    }
    #expect(try output(of: "count([x for x in 1...100000])") == "100000")
    #expect(try output(of: "count([x for x in 5...4])") == "0")
  }

  @Test func cancellingAGridKeepsWhatWasDone() throws {
    let calls = Probe.Counter()
    let folder = try TemporaryFolder()
    try folder.write(
      notebook("a = 1", "b = [trip(x) for x in 1...50000]", "c = 2"), to: "nb.md")
    let session = try NotebookSession.open(
      folder, verbs: Probe.library(at: 100, calls: calls))
    let tally = session.run(.stale)
    #expect(tally.status == .interrupted)
    #expect(tally.ran == [0])
    #expect(calls.value == 100)
    let text = try folder.text("nb.md")
    #expect(text.contains("poise:out a"))
    #expect(!text.contains("poise:out b"))
    #expect(!text.contains("poise:out c"))
    // The flag is the run's, not the session's.
    #expect(session.run(.only([2])).status == .success)
  }

  @Test func cancellingStopsAVerbAndFunctionsWithoutLoops() throws {
    let calls = Probe.Counter()
    let spinning = try NotebookSession.inMemory(
      notebook("a = spin(1)"), verbs: Probe.library(at: 1000, calls: calls))
    #expect(spinning.run(.stale).status == .interrupted)

    let other = Probe.Counter()
    let lines =
      ["g0(x) = trip(x)"] + (1..<50).map { "g\($0)(x) = g\($0 - 1)(x) + g\($0 - 1)(x)" }
    let doubling = try NotebookSession.inMemory(
      notebook((lines + ["r = g49([1][0])"]).joined(separator: "\n")),
      verbs: Probe.library(at: 500, calls: other))
    #expect(doubling.run(.stale).status == .interrupted)
    #expect(other.value == 500)
  }

  @Test func anInterruptBeforeTheRunIsNoInterrupt() throws {
    let session = try NotebookSession.inMemory(notebook("a = 1"))
    #expect(!session.core.interrupt())
    let tally = session.run(.stale)
    #expect(tally.ran == [0] && !tally.isInterrupted)
  }

  @Test func aFailureNamesItsPlaceInTheCell() throws {
    let session = try NotebookSession.inMemory(
      "# Title\n\n" + notebook("xs = [0]", "{#it}\n# first a comment\n\n1 / xs[0]"))
    session.run(.all)
    let text = try #require(session.shown["it"])
    #expect(text.contains("it:3:5: error: division by zero"), "\(text)")
  }

  @Test func whatIsBlockedSaysByWhom() throws {
    let recorder = Recorder()
    let session = try NotebookSession.inMemory(
      notebook("a = [1][0 * 1 + [3][0]]", "b = a", "c(x) = b + x", "{#d}\nc(1)", "e = 1"),
      observer: recorder)
    let tally = session.run(.all)
    #expect(tally.failed == [0])
    #expect(tally.blocked == [1, 3])
    #expect(recorder.output("b").contains("'a'"))
    #expect(recorder.output("e") == "e: 1")
  }

  @Test func settingAParameterMakesItsReadersStale() throws {
    let session = try NotebookSession.inMemory(
      notebook("param k", "{#show}\nk * 2", "other = 1"))
    #expect(session.run(.all).waiting == [1])
    try session.set("k", to: "21")
    #expect(session.run(.all).waiting == [])
    #expect(session.shown["show"] == "42")
    try session.set("k", to: nil)
    #expect(session.run(.all).waiting == [1])
  }
}
