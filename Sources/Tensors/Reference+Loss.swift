import Glibc

extension Reference {
  /// x - log(sum(exp(x))) of each row: ``Tape/logSoftmax(_:)``.
  public static func logSoftmax(_ x: Matrix) -> Matrix {
    x.mapRows { row in
      let top = row.max() ?? 0
      let logSum = top + log(row.reduce(0) { $0 + exp($1 - top) })
      return row.map { $0 - logSum }
    }
  }

  /// -log p(label) of each row, 0 where the label is negative:
  /// ``Tape/softmaxCrossEntropy(_:labels:scale:perRow:)``, and with `linear` before it
  /// ``Tape/crossEntropy(_:head:labels:scale:perRow:)``.
  public static func crossEntropy(_ logits: Matrix, labels: [Int]) -> [Double] {
    let logarithms = logSoftmax(logits)
    return labels.enumerated().map { $1 < 0 ? 0 : -logarithms[$0, $1] }
  }

  /// The gradient of the summed cross-entropy, times `scale`.
  public static func crossEntropyGradient(
    _ logits: Matrix, labels: [Int], scale: Double
  ) -> Matrix {
    let logarithms = logSoftmax(logits)
    return Matrix(rows: logits.rows, columns: logits.columns) { i, j in
      labels[i] < 0 ? 0 : scale * (exp(logarithms[i, j]) - (j == labels[i] ? 1 : 0))
    }
  }
}
