import Tensors

extension OperationCase {
  /// Small enough for differences, then larger ones against the reference's own gradient.
  static let attention: [OperationCase] =
    [
      attention([3], (1, 1, 2)), attention([1, 4], (2, 1, 5), rotary: false),
      attention([2, 3], (4, 2, 6), causal: false),
      attention([5], (2, 2, 4), rotary: false, causal: false),
    ].map { $0.byDifferences }
    + [
      attention([1], (1, 1, 16)), attention([15, 16, 17], (2, 1, 16)),
      attention([31, 1, 33], (3, 1, 32)), attention([100], (2, 2, 64)),
      attention([32, 64], (6, 2, 32)), attention([100, 7], (1, 1, 80)),
      attention([33, 31], (4, 2, 17), rotary: false),
      attention([40, 1, 2], (4, 4, 2), causal: false),
      attention([17, 100, 31], (2, 1, 64), causal: false),
      attention([65], (3, 3, 33), rotary: false, causal: false),
      attention([96, 5], (2, 1, 48)),
    ]

  private static func attention(
    _ lengths: [Int], _ heads: (Int, Int, Int), rotary: Bool = true, causal: Bool = true
  ) -> OperationCase {
    let heads = AttentionHeads(queries: heads.0, keyValues: heads.1, dimension: heads.2)
    let starts = lengths.indices.map { lengths[..<$0].reduce(0, +) }
    let rows = lengths.reduce(0, +)
    let frequencies =
      rotary ? RotaryTable.frequencies(base: 100, dimension: heads.dimension) : nil
    let table = frequencies.map { RotaryTable(frequencies: $0, positions: 100) }
    let described =
      "attention of \(lengths) with \(heads.queries)/\(heads.keyValues) heads of "
      + "\(heads.dimension)\(rotary ? ", rotary" : "")\(causal ? ", causal" : "")"
    var result = OperationCase(
      described, [sample(rows, heads.projectionWidth, "projection")],
      run: {
        try $0.attention($1[0], heads: heads, starts: starts, rotary: table, isCausal: causal)
      },
      reference: {
        Reference.attention(
          $0[0], heads: heads, starts: starts, frequencies: frequencies, isCausal: causal)
      })
    result.gradients = {
      [
        Reference.attentionGradient(
          $0[0], heads: heads, starts: starts, frequencies: frequencies, isCausal: causal,
          outgoing: $1)
      ]
    }
    return result
  }

  private var byDifferences: OperationCase {
    var copy = self
    copy.gradients = nil
    return copy
  }
}
