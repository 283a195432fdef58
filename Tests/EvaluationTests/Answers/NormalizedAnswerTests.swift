import Evaluation
import Execution
import Testing

@Suite struct NormalizedAnswerTests {
  /// What SQuAD's own script gives.
  @Test(arguments: [
    ("The Eiffel Tower!", ["eiffel", "tower"]),
    ("  A  man, a plan \t an\nidea.", ["man", "plan", "idea"]),
    ("U.S.A.", ["usa"]),
    ("well-known", ["wellknown"]),
    ("theatre", ["theatre"]),
    ("the-the", ["thethe"]),
    ("“the”", ["“", "”"]),
    ("ÉCOLE", ["école"]),
    ("a\u{301}", ["á"]),
    ("", []),
    ("the", []),
  ])
  func normalises(_ text: String, _ tokens: [String]) {
    #expect(NormalizedAnswer(text).tokens == tokens)
  }

  @Test func overlapByHand() {
    // Two of three words found, two of four right: 2·(2/4)·(2/3) / (2/4 + 2/3) = 4/7.
    let given = NormalizedAnswer("red green blue white")
    #expect(given.f1(against: NormalizedAnswer("the red blue black")) == 4.0 / 7)
    // A word counts as often as it comes.
    #expect(NormalizedAnswer("no no no").f1(against: NormalizedAnswer("no")) == 0.5)
    #expect(NormalizedAnswer("x").f1(against: NormalizedAnswer("y")) == 0)
    #expect(NormalizedAnswer("the").f1(against: NormalizedAnswer("an")) == 1)
    #expect(NormalizedAnswer("").f1(against: NormalizedAnswer("y")) == 0)
  }

  @Test func textsAreContained() {
    let text = NormalizedAnswer("She was born in Paris, France.")
    #expect(text.contains(NormalizedAnswer("the Paris")))
    #expect(text.contains(NormalizedAnswer("paris france")))
    #expect(!text.contains(NormalizedAnswer("france paris")))
    #expect(NormalizedAnswer("in 2012").contains(NormalizedAnswer("12")))
    #expect(!text.contains(NormalizedAnswer("")))
  }

  @Test func propertiesHold() {
    var random = RandomStream(seed: 3, purpose: "answers")
    let words = ["red", "Red,", "the", "12", "a", "blue", "é"]
    func text() -> String {
      (0..<random.below(6)).map { _ in words[random.below(words.count)] }.joined(separator: " ")
    }
    for _ in 0..<500 {
      let (a, b) = (NormalizedAnswer(text()), NormalizedAnswer(text()))
      let score = a.f1(against: b)
      #expect((0...1).contains(score))
      #expect(score == b.f1(against: a))
      #expect(a.f1(against: a) == 1)
      if a.matches(b) { #expect(score == 1) }
      if a.matches(b), !a.tokens.isEmpty { #expect(a.contains(b)) }
      // Normalised once is normalised.
      #expect(NormalizedAnswer(a.tokens.joined(separator: " ")) == a)
    }
  }
}
