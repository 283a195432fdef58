import LanguageModels
import Testing
import TextEncoders

@Suite struct ConfigurationTests {
  private static let small = EncoderConfiguration(
    vocabularySize: 30, width: 8, layers: 2, heads: 2, feedForwardWidth: 16, positions: 12)

  @Test func tensorsFollowEachOtherWithoutGaps() {
    let layout = EncoderLayout(Self.small)
    var next = 0
    for tensor in layout.tensors {
      #expect(tensor.offset == next)
      next += tensor.count
    }
    #expect(next == layout.count)
    #expect(layout.count == Self.small.parameterCount)
  }

  @Test func shapesThatNoModelHasAreRefused() {
    var wrong = Self.small
    wrong.heads = 3
    #expect(
      throws: ModelShapeError.notDivisible(
        name: "the width", got: 8, by: "the number of heads", of: 3)
    ) { try wrong.validate() }
    wrong = Self.small
    wrong.layers = 0
    #expect(throws: ModelShapeError.self) { try wrong.validate() }
    wrong = Self.small
    wrong.normEpsilon = .nan
    #expect(throws: ModelShapeError.self) { try wrong.validate() }
    wrong.normEpsilon = 1e-12
    (wrong.vocabularySize, wrong.width, wrong.heads) = (4_000_000, 16_384, 1)
    #expect(throws: ModelShapeError.tooLarge(most: "64 GB")) { try wrong.validate() }
  }
}
