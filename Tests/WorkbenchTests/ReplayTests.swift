import Testing
import Workbench

@Suite struct ReplayTests {
  private func compare(_ saved: String, _ replayed: String, seeded: Bool = false) -> ReplayOutcome {
    ReplayComparison.compare(saved: saved, replayed: replayed, isSeeded: seeded)
  }

  @Test func equalBytesAreTheSame() {
    #expect(compare("", "") == .same)
    #expect(compare("| 1 | 0.5 |\n", "| 1 | 0.5 |\n") == .same)
  }

  @Test func countsMustBeEqual() {
    #expect(compare("5 queries", "6 queries") == .drifted)
    #expect(compare("| 1,200 |", "| 1,201 |") == .drifted)
    #expect(compare("| 3 | 0.51 |", "| 4 | 0.51 |", seeded: true) == .drifted)
  }

  @Test func scoresMayDifferByOneInTheLastDigit() {
    #expect(compare("0.612", "0.613") == .within)
    #expect(compare("0.612", "0.614") == .drifted)
    #expect(compare("a 0.61 b", "a 0.62 b") == .within)
    #expect(compare("0.6", "0.61") == .within)
    #expect(compare("-0.10", "0.10") == .drifted)
    #expect(compare("3e-4", "4e-4") == .drifted)
  }

  @Test func seededScoresMayMoveWithinTheReplayedInterval() {
    #expect(compare("0.80 [0.70, 0.90]", "0.84 [0.74, 0.94]", seeded: true) == .within)
    #expect(compare("0.80 [0.70, 0.90]", "0.84 [0.74, 0.94]") == .drifted)
    #expect(compare("0.60 [0.50, 0.70]", "0.84 [0.74, 0.94]", seeded: true) == .drifted)
    #expect(
      compare("0.80 [0.70, 0.90] and 5", "0.84 [0.74, 0.94] and 6", seeded: true) == .drifted)
  }

  @Test func verdictsAndTextMustBeEqual() {
    #expect(compare("**claim held**: a (0.10)", "**claim held**: a (0.11)") == .within)
    #expect(compare("**claim held**: a", "**claim refuted**: a") == .drifted)
    #expect(compare("alpha", "beta") == .drifted)
    #expect(compare("1 a", "1 a 2") == .drifted)
  }

  @Test func aPlotsFileIsNamedByItsContent() {
    #expect(
      compare("![p](nb.assets/p-0123456789ab.svg)", "![p](nb.assets/p-ba9876543210.svg)")
        == .within)
    #expect(
      compare("![p](nb.assets/p-0123456789ab.svg) 4", "![p](nb.assets/p-ba9876543210.svg) 5")
        == .drifted)
    #expect(
      compare("![held](nb.assets/p-01.svg)", "![refuted](nb.assets/p-02.svg)") == .drifted,
      "only the file's name may differ")
  }

  @Test func anotherColumnIsDrift() {
    #expect(compare("| a | b |\n| 1 | 2 |", "| a | c |\n| 1 | 2 |") == .drifted)
    #expect(compare("| a |\n| 1 |", "| a |\n| 1 |\n| 2 |") == .drifted)
  }
}
