extension Reference {
  /// x Wᵀ (+ b) (+ residual): ``Tape/linear(_:weight:bias:adding:)``.
  public static func linear(
    _ x: Matrix, weight: Matrix, bias: Matrix? = nil, adding residual: Matrix? = nil
  ) -> Matrix {
    Matrix(rows: x.rows, columns: weight.rows) { i, j in
      dot(x.row(i), weight.row(j)) + (bias?.values[j] ?? 0) + (residual?[i, j] ?? 0)
    }
  }

  /// x Wᵀ (+ b) + s (x Aᵀ) Bᵀ (+ residual):
  /// ``Tape/lowRankLinear(_:weight:bias:down:up:scale:adding:)``.
  public static func lowRankLinear(
    _ x: Matrix, weight: Matrix, bias: Matrix? = nil, down: Matrix, up: Matrix, scale: Double,
    adding residual: Matrix? = nil
  ) -> Matrix {
    let base = linear(x, weight: weight, bias: bias, adding: residual)
    let addition = linear(linear(x, weight: down), weight: up)
    return Matrix(rows: base.rows, columns: base.columns) {
      base[$0, $1] + scale * addition[$0, $1]
    }
  }

  /// The table's rows of the tokens: ``Tape/embedding(_:tokens:)`` and ``Tape/rows(_:at:)``.
  public static func embedding(_ table: Matrix, tokens: [Int]) -> Matrix {
    Matrix(rows: tokens.count, columns: table.columns) { table[tokens[$0], $1] }
  }

  /// a + b: ``Tape/add(_:_:)``.
  public static func add(_ a: Matrix, _ b: Matrix) -> Matrix {
    Matrix(rows: a.rows, columns: a.columns) { a[$0, $1] + b[$0, $1] }
  }

  /// factor · x: ``Tape/scaled(_:by:)``.
  public static func scaled(_ x: Matrix, by factor: Double) -> Matrix {
    Matrix(rows: x.rows, columns: x.columns) { factor * x[$0, $1] }
  }

  /// The rows start..<end: ``Tape/rows(_:from:to:)``.
  public static func rows(_ x: Matrix, from start: Int, to end: Int) -> Matrix {
    Matrix(rows: end - start, columns: x.columns) { x[start + $0, $1] }
  }

  /// Side by side: ``Tape/concatenate(columns:)``.
  public static func concatenate(columns parts: [Matrix]) -> Matrix {
    let rows = parts.first?.rows ?? 0
    let joined = (0..<rows).map { row in parts.flatMap { $0.row(row) } }
    return Matrix(rows: rows, columns: joined.first?.count ?? 0) { joined[$0][$1] }
  }

  /// One below the other: ``Tape/concatenate(rows:)``.
  public static func concatenate(rows parts: [Matrix]) -> Matrix {
    let joined = parts.flatMap { part in (0..<part.rows).map { part.row($0) } }
    return Matrix(rows: joined.count, columns: parts.first?.columns ?? 0) { joined[$0][$1] }
  }

  /// The mean of each sequence's rows: ``Tape/meanPooling(_:starts:)``.
  public static func meanPooling(_ x: Matrix, starts: [Int]) -> Matrix {
    let ends = starts.dropFirst() + [x.rows]
    let spans = zip(starts, ends).map { $0..<$1 }
    return Matrix(rows: starts.count, columns: x.columns) { sequence, column in
      mean(spans[sequence].map { x[$0, column] })
    }
  }
}
