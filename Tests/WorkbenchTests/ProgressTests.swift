import Testing
import Workbench

/// The line that tells how far long work is.
@Suite struct ProgressTests {
  private func progress(
    _ completed: Int, of total: Int? = 1000, detail: String? = nil
  ) -> WorkProgress {
    WorkProgress(
      task: "training", completed: completed, total: total, unit: "steps", detail: detail)
  }

  @Test func aLineTellsRateTimeLeftAndDetail() {
    #expect(
      ProgressText.line(
        progress(120, detail: "loss 1.93 · 12,400 tokens/s · 61 % of peak"), label: "tuned",
        done: 120, elapsed: 37.5)
        == "tuned: training 120 of 1000 steps (12 %), 3.2 steps/s, 4 min 35 s left, "
        + "loss 1.93 · 12,400 tokens/s · 61 % of peak")
    #expect(
      ProgressText.line(progress(7, of: nil), label: "a", done: 7, elapsed: 0.1)
        == "a: training 7 steps")
    #expect(
      ProgressText.line(progress(1000), label: "a", done: 1000, elapsed: 10)
        == "a: training 1000 of 1000 steps (100 %), 100 steps/s")
  }

  @Test func aLineKeepsToTheWidthAndTheLine() {
    let long = progress(120, detail: "loss 1.93\u{1B}[2J\n\tnext")
    for width in 0...120 {
      let line = ProgressText.line(long, label: "tuned", done: 120, elapsed: 30, width: width)
      #expect(line.count <= width)
      #expect(!line.unicodeScalars.contains { $0.value < 32 || $0.value == 127 })
    }
    let cut = ProgressText.line(long, label: "tuned", done: 120, elapsed: 30, width: 20)
    #expect(cut == "tuned: training 120…")
  }

  @Test func numbersOfAnySizeAreTold() {
    for done in [Int.min, -1, 0, 1, Int.max] {
      for total in [nil, Int.min, 0, 1, Int.max] as [Int?] {
        for elapsed in [0, 1e-300, 1, 1e300, .infinity, .nan] {
          let line = ProgressText.line(
            progress(done, of: total), label: "a", done: max(0, done), elapsed: elapsed)
          #expect(line.hasPrefix("a: training"))
        }
      }
    }
    #expect(ProgressText.duration(7_512) == "2 h 05 min")
    #expect(ProgressText.duration(.nan) == "?")
  }

  @Test func linesComeLateAndSeldom() {
    var display = ProgressDisplay()
    display.begin("tuned", at: 100)
    var shown: [Double] = []
    for tick in 0..<3000 {
      let now = 100 + Double(tick) / 1000
      if display.update(progress(tick, of: 3000), at: now, width: 80) != nil { shown.append(now) }
    }
    #expect(shown.first ?? 0 > 101)
    #expect((15...20).contains(shown.count), "\(shown.count) lines in two seconds")
    #expect(zip(shown, shown.dropFirst()).allSatisfy { $1 - $0 > ProgressDisplay.interval })
  }

  /// What a resumed computation had done before says nothing about its speed.
  @Test func resumedWorkTellsItsOwnRate() throws {
    var display = ProgressDisplay()
    display.begin("tuned", at: 0)
    _ = display.update(progress(500), at: 0, width: 200)
    let shown = display.update(progress(510, detail: "loss 2"), at: 10, width: 200)
    let line = try #require(shown)
    #expect(
      line == "tuned: training 510 of 1000 steps (51 %), 1.0 steps/s, 8 min 10 s left, loss 2")
    // A second has passed without a word: the line stays what it was.
    #expect(display.tick(at: 10.5, width: 200) == nil)
    #expect(display.tick(at: 11.5, width: 200)?.contains("loss 2") == true)
    // The next epoch counts from its beginning.
    _ = display.update(progress(1), at: 12, width: 200)
    let later = display.update(progress(5), at: 14, width: 200)
    let next = try #require(later)
    #expect(next.contains(" 2.0 steps/s"), "\(next)")
  }

  @Test func aSilentVerbIsSeenToWork() {
    var display = ProgressDisplay()
    #expect(display.tick(at: 50, width: 80) == nil)
    display.begin("slow", at: 50)
    #expect(display.tick(at: 50.5, width: 80) == nil)
    #expect(display.tick(at: 62, width: 80) == "slow: 12 s, Ctrl-C cancels")
    #expect(display.isShown)
  }
}
