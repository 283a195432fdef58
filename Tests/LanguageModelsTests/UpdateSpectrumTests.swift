import Bytes
import Execution
import LanguageModels
import TestModels
import Testing

@Suite struct UpdateSpectrumTests {
  private static let shape = DecoderConfiguration(
    vocabularySize: 12, width: 8, layers: 2, heads: 2, feedForwardWidth: 20, context: 16)

  /// A model whose matrices are those of another and something more.
  private func changed(
    _ base: DecoderModel, by change: (_ name: String, _ row: Int, _ column: Int) -> Float
  ) throws -> DecoderModel {
    let floats = FloatBuffer(count: base.layout.count)
    floats.fill(from: base.weights.bytes)
    for tensor in base.layout.tensors where tensor.shape.count == 2 {
      for row in 0..<tensor.shape[0] {
        for column in 0..<tensor.shape[1] {
          floats.base[tensor.offset + row * tensor.shape[1] + column] += change(
            tensor.name, row, column)
        }
      }
    }
    return try DecoderModel(
      configuration: base.configuration, weights: floats.shared(), tokenizer: nil)
  }

  /// Two outer products of unit vectors along the axes, and one of vectors across.
  @Test func singularValuesOfAKnownSum() throws {
    let base = try randomModel(Self.shape)
    let tuned = try changed(base) { _, row, column in
      (row == 0 && column == 1 ? 4 : 0) + (row == 5 && column == 0 ? 2 : 0)
        + ((2...3).contains(row) && (4...5).contains(column) ? 0.5 : 0)
    }
    let changes = try #require(
      try UpdateSpectrum.changes(from: base, to: tuned, context: WorkContext()))
    #expect(changes.count == base.layout.tensors.count { $0.shape.count == 2 })
    for change in changes {
      #expect(change.values.count == change.shape.min())
      for (got, expected) in zip(change.values, [4.0, 2, 1, 0]) {
        #expect(abs(got - expected) < 1e-5, "\(change.name): \(change.values)")
      }
      // 16, 4 and 1 of 21.
      #expect(change.rank(share: 0.7) == 1)
      #expect(change.rank(share: 0.9) == 2)
      #expect(change.rank(share: 0.99) == 3)
    }
  }

  /// The sum of squares is that of the differences, whatever the matrix; and nothing has rank 0.
  @Test func lengthIsKept() throws {
    let (base, tuned) = (try randomModel(Self.shape), try randomModel(Self.shape, seed: 2))
    let changes = try #require(
      try UpdateSpectrum.changes(from: base, to: tuned, context: WorkContext(threads: 2)))
    for (change, tensor) in zip(changes, base.layout.tensors.filter { $0.shape.count == 2 }) {
      let (old, new) = (base.weights.bytes, tuned.weights.bytes)
      var sum = 0.0
      var before = 0.0
      for place in tensor.offset..<tensor.offset + tensor.count {
        let x = Double(old.load(fromByteOffset: 4 * place, as: Float.self))
        let y = Double(new.load(fromByteOffset: 4 * place, as: Float.self))
        sum += (x - y) * (x - y)
        before += x * x
      }
      let squares = change.values.reduce(0) { $0 + $1 * $1 }
      #expect(abs(squares - sum) < 1e-9 * sum)
      #expect(abs(change.relativeNorm - (sum / before).squareRoot()) < 1e-9)
      #expect(change.values == change.values.sorted(by: >))
    }
    let none = try #require(
      try UpdateSpectrum.changes(from: base, to: base, context: WorkContext()))
    #expect(none.allSatisfy { $0.rank(share: 0.9) == 0 && $0.relativeNorm == 0 })
    var other = Self.shape
    other.layers = 1
    #expect(
      try UpdateSpectrum.changes(from: base, to: randomModel(other), context: WorkContext()) == nil)
  }
}
