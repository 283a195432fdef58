/// What the fused operations of ``Tape`` compute, written plainly in Double.
///
/// Slow on purpose: each function is its formula and nothing else. Tests hold the fast paths
/// against these, and gradients against differences of these.
public enum Reference {
  /// A matrix of doubles, row-major.
  public struct Matrix: Hashable, Sendable {
    /// R
    public let rows: Int
    /// C
    public let columns: Int
    /// R · C numbers, row by row.
    public var values: [Double]

    /// A matrix whose entry in row i and column j is `entry(i, j)`.
    public init(rows: Int, columns: Int, entry: (Int, Int) -> Double) {
      self.rows = rows
      self.columns = columns
      values = (0..<rows * columns).map { entry($0 / columns, $0 % columns) }
    }

    /// A matrix of zeros.
    public init(rows: Int, columns: Int) {
      self.init(rows: rows, columns: columns) { _, _ in 0 }
    }

    /// The entry in row i and column j.
    public subscript(i: Int, j: Int) -> Double {
      get { values[i * columns + j] }
      set { values[i * columns + j] = newValue }
    }

    /// The numbers of row i.
    public func row(_ i: Int) -> [Double] { Array(values[i * columns..<(i + 1) * columns]) }

    /// The same shape with each row replaced.
    func mapRows(_ transform: ([Double]) -> [Double]) -> Matrix {
      let changed = (0..<rows).map { transform(row($0)) }
      return Matrix(rows: rows, columns: changed.first?.count ?? columns) { changed[$0][$1] }
    }
  }

  static func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  static func mean(_ a: [Double]) -> Double { a.reduce(0, +) / Double(a.count) }
}
