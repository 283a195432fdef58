import Bytes
import Corpora
import Execution
import Testing
import TextEncoders

@Suite struct ProjectionTests {
  private let texts: [String] = {
    var random = RandomTexts("projection")
    return (0..<200).map { _ in random.next(longest: 30) }
  }()

  @Test(arguments: Projection.Method.allCases)
  func vectorsHaveLengthOneAndFewerDimensions(_ method: Projection.Method) throws {
    let base = try Fixtures.encoder("mean")
    let context = WorkContext(threads: 2)
    let encoder = try ProjectedEncoder(
      base, to: 10, by: method, sample: texts, seed: 3, context: context)
    #expect(encoder.dimension == 10 && encoder.name == "mean-10")
    #expect(encoder.maximumLength == base.maximumLength)
    let found = try encoder.encode(texts, as: .document, context: context)
    for text in texts.indices {
      let square = found[text].reduce(0) { $0 + Double($1) * Double($1) }
      #expect(abs(square - 1) < 1e-5)
    }
    let alone = try encoder.encode([texts[7]], as: .query, context: WorkContext())
    #expect(alone[0] == found[7])
    let again = try ProjectedEncoder(
      base, to: 10, by: method, sample: texts, seed: 3, context: WorkContext())
    #expect(again.projection.encoded() == encoder.projection.encoded())
    let decoded = try Projection(decoding: SharedBytes(encoder.projection.encoded()))
    #expect(decoded.encoded() == encoder.projection.encoded())
    let stored = try ProjectedEncoder(base, decoded).encode(texts, as: .query, context: context)
    #expect(texts.indices.allSatisfy { stored[$0] == found[$0] })
  }

  /// All directions together only turn the vectors: products stay.
  @Test func aWholeTurnKeepsProducts() throws {
    let base = try Fixtures.encoder("mean")
    let context = WorkContext()
    let turned = try ProjectedEncoder(base, to: 24, by: .random, seed: 9, context: context)
    let before = try base.encode(texts, as: .document, context: context)
    let after = try turned.encode(texts, as: .document, context: context)
    for (a, b) in zip(texts.indices, texts.indices.dropFirst()) {
      #expect(abs(cosine(before[a], before[b]) - cosine(after[a], after[b])) < 1e-5)
    }
  }

  @Test func mostVarianceComesFirst() throws {
    let context = WorkContext()
    let sample = try Fixtures.encoder("mean").encode(texts, as: .document, context: context)
    var before = 0.0
    for output in [1, 4, 12, 24] {
      let kept = try Projection.pca(of: sample, to: output, context: context).keptVariance
      #expect(kept > before && kept <= 1.000001)
      before = kept
    }
    #expect(before > 0.999999)
    #expect(try Projection.pca(of: sample, to: 12, context: context).keptVariance > 0.6)
  }

  @Test func whatCannotBeProjectedIsRefused() throws {
    #expect(
      throws: ProjectionError.dimension(name: "the projected dimension", got: 25, allowed: 1...24)
    ) { try Projection.truncation(from: 24, to: 25) }
    #expect(throws: ProjectionError.self) { try Projection.random(from: 24, to: 0, seed: 1) }
    let base = try Fixtures.encoder("cls")
    #expect(throws: ProjectionError.mismatch(encoder: 16, projection: 24)) {
      try ProjectedEncoder(base, Projection.truncation(from: 24, to: 8))
    }
    #expect(throws: ProjectionError.tooFewVectors(got: 1, needed: 2)) {
      try ProjectedEncoder(base, to: 4, by: .pca, sample: ["a"], context: WorkContext())
    }
  }

  @Test func changedBytesNeverTrap() throws {
    let context = WorkContext()
    let sample = try Fixtures.encoder("cls").encode(texts, as: .document, context: context)
    let sound = try Projection.pca(of: sample, to: 5, context: context).encoded()
    var random = RandomTexts("changed/projection")
    for _ in 0..<5000 {
      var bytes = sound
      for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count)) }
      _ = try? Projection(decoding: SharedBytes(bytes))
    }
  }
}
