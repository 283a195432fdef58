extension Reference {
  /// x / sqrt(mean(x²) + ε) · w: ``Tape/rmsNorm(_:weight:epsilon:)``.
  public static func rmsNorm(_ x: Matrix, weight: Matrix, epsilon: Double) -> Matrix {
    x.mapRows { row in
      let root = (mean(row.map { $0 * $0 }) + epsilon).squareRoot()
      return zip(row, weight.values).map { $0 / root * $1 }
    }
  }

  /// (x - mean) / sqrt(variance + ε) · w + b: ``Tape/layerNorm(_:weight:bias:epsilon:)``.
  public static func layerNorm(
    _ x: Matrix, weight: Matrix, bias: Matrix, epsilon: Double
  ) -> Matrix {
    x.mapRows { row in
      let centre = mean(row)
      let variance = mean(row.map { ($0 - centre) * ($0 - centre) })
      let root = (variance + epsilon).squareRoot()
      return row.indices.map { (row[$0] - centre) / root * weight.values[$0] + bias.values[$0] }
    }
  }

  /// x / max(|x|, 1e-12): ``Tape/normalize(_:)``.
  public static func normalize(_ x: Matrix) -> Matrix {
    x.mapRows { row in
      let length = max(dot(row, row).squareRoot(), 1e-12)
      return row.map { $0 / length }
    }
  }

  /// a · b / (max(|a|, 1e-8) max(|b|, 1e-8)) of rows: ``Tape/cosine(_:_:)``.
  public static func cosine(_ a: Matrix, _ b: Matrix) -> Matrix {
    Matrix(rows: a.rows, columns: 1) { row, _ in
      let (p, q) = (a.row(row), b.row(row))
      return dot(p, q)
        / (max(dot(p, p).squareRoot(), 1e-8) * max(dot(q, q).squareRoot(), 1e-8))
    }
  }
}
