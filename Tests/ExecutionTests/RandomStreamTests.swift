import Execution
import Testing

/// A stream depends on its seed and its purpose, and on nothing else.
@Suite struct RandomStreamTests {
  static func words(_ count: Int, seed: UInt64, _ purpose: String) -> [UInt64] {
    var stream = RandomStream(seed: seed, purpose: purpose)
    return (0..<count).map { _ in stream.next() }
  }

  @Test func theSameSeedAndPurposeGiveTheSameNumbers() {
    let first = Self.words(1_000, seed: 7, "bootstrap/queries")
    // Other streams in between change nothing.
    _ = Self.words(500, seed: 7, "shuffle")
    #expect(Self.words(1_000, seed: 7, "bootstrap/queries") == first)
  }

  /// Stored results were made with these numbers: other ones would make every replay differ.
  /// A second implementation, in another language, gives the same ones.
  @Test func theNumbersArePinned() {
    #expect(Self.words(3, seed: 0, "test") == Self.pinned)
    var stream = RandomStream(seed: 3, purpose: "pinned")
    #expect((0..<6).map { _ in stream.below(10) } == Self.pinnedBelow)
  }

  static let pinned: [UInt64] = [
    7_250_269_793_085_449_070, 3_311_583_548_316_435_852, 6_422_654_094_093_108_950,
  ]
  static let pinnedBelow = [4, 3, 8, 9, 3, 3]

  @Test func oneBitOfSeedOrPurposeChangesHalfOfAllBits() {
    let base = Self.words(400, seed: 1, "a")
    let others = [
      Self.words(400, seed: 0, "a"), Self.words(400, seed: 1 << 63 | 1, "a"),
      Self.words(400, seed: 1, "b"), Self.words(400, seed: 1, "a "), Self.words(400, seed: 1, ""),
    ]
    for other in others {
      let differing = zip(base, other).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
      // 25,600 bits with a standard deviation of 80.
      #expect(abs(differing - 12_800) < 480)
    }
    #expect(Set(others.flatMap { $0.prefix(20) } + base.prefix(20)).count == 120)
  }

  @Test func namedStreamsAreUncorrelated() {
    let purposes = (0..<12).map { "purpose/\($0)" }
    let draws = purposes.map { purpose in
      var stream = RandomStream(seed: 5, purpose: purpose)
      return (0..<4_000).map { _ in stream.uniform() - 0.5 }
    }
    for first in draws.indices {
      for second in draws.indices where second > first {
        let product = zip(draws[first], draws[second]).reduce(0) { $0 + $1.0 * $1.1 }
        // The correlation of independent draws has a standard deviation of 1 / sqrt(4000).
        #expect(abs(product / 4_000 * 12) < 0.08, "\(first) and \(second)")
      }
    }
  }

  @Test func uniformDrawsFillTheUnitInterval() {
    var stream = RandomStream(seed: 11, purpose: "uniform")
    var cells = [Int](repeating: 0, count: 100)
    var sum = 0.0
    var squares = 0.0
    let count = 200_000
    for _ in 0..<count {
      let draw = stream.uniform()
      guard (0..<1).contains(draw) else {
        Issue.record("\(draw) is not in 0..<1")
        return
      }
      cells[Int(draw * 100)] += 1
      sum += draw
      squares += draw * draw
    }
    #expect(abs(sum / Double(count) - 0.5) < 0.004)
    #expect(abs(squares / Double(count) - 1.0 / 3) < 0.004)
    #expect(Self.chiSquare(cells, expected: Double(count) / 100) < 160)
  }

  /// A bound just above a power of two shows the bias of a plain remainder or product at once:
  /// without rejection some numbers would come up twice as often as others.
  @Test(arguments: [2, 3, 6, 7, 10, 100, 1_000])
  func boundedDrawsHaveNoBias(_ bound: Int) {
    var stream = RandomStream(seed: 2, purpose: "below")
    var cells = [Int](repeating: 0, count: bound)
    let draws = bound * 400
    for _ in 0..<draws { cells[stream.below(bound)] += 1 }
    let degrees = Double(bound - 1)
    let limit = degrees + 5 * (2 * degrees).squareRoot() + 10
    #expect(Self.chiSquare(cells, expected: 400) < limit)
  }

  @Test func rejectionRemovesTheBiasOfHugeBounds() {
    // Three quarters of the range: without rejection the lower third would be hit twice as often
    // as the rest under a remainder, and every third number never under a bare product.
    let bound = Int(UInt64(3) << 61)
    var stream = RandomStream(seed: 4, purpose: "huge")
    var thirds = [0, 0, 0]
    var remainders = [0, 0, 0]
    for _ in 0..<30_000 {
      let draw = stream.below(bound)
      guard (0..<bound).contains(draw) else {
        Issue.record("\(draw) is out of bounds")
        return
      }
      thirds[Int(UInt64(draw) / (UInt64(1) << 61))] += 1
      remainders[draw % 3] += 1
    }
    #expect(Self.chiSquare(thirds, expected: 10_000) < 20)
    #expect(Self.chiSquare(remainders, expected: 10_000) < 20)
  }

  @Test func smallBoundsNeedNoDraw() {
    var stream = RandomStream(seed: 1, purpose: "small")
    for bound in [1, 0, -1, Int.min] { #expect(stream.below(bound) == 0) }
    #expect(stream.next() == Self.words(1, seed: 1, "small")[0])
  }

  @Test func theLibrarysOwnShufflesTakeAStream() {
    func shuffled() -> [Int] {
      var stream = RandomStream(seed: 9, purpose: "shuffle")
      return (0..<50).shuffled(using: &stream)
    }
    #expect(shuffled() == shuffled())
    #expect(shuffled().sorted() == Array(0..<50))
    #expect(shuffled() != Array(0..<50))
  }

  static func chiSquare(_ observed: [Int], expected: Double) -> Double {
    observed.reduce(0) { sum, count in
      let difference = Double(count) - expected
      return sum + difference * difference / expected
    }
  }
}
