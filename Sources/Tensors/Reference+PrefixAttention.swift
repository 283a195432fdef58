import Glibc

extension Reference {
  /// Causal attention that also sees a prefix:
  /// ``Tape/attention(_:prefix:heads:starts:rotary:)``.
  ///
  /// - Parameters:
  ///   - projection: [R, (H + 2 G) D]
  ///   - prefix: [P, 2 G D]: keys, values.
  ///   - heads: H, G and D.
  ///   - starts: The first row of each sequence.
  ///   - frequencies: D/2 angles of one step for rotary positions, which count from P; nil for none.
  /// - Returns: [R, H D]
  public static func attention(
    _ projection: Matrix, prefix: Matrix, heads: AttentionHeads, starts: [Int],
    frequencies: [Double]?
  ) -> Matrix {
    let d = heads.dimension
    func part(_ row: Int, _ head: Int) -> [Double] {
      Array(projection.row(row)[head * d..<(head + 1) * d])
    }
    func turned(_ x: [Double], _ position: Int) -> [Double] {
      guard let frequencies else { return x }
      var result = x
      for (i, frequency) in frequencies.enumerated() {
        let angle = Double(position) * frequency
        result[i] = x[i] * cos(angle) - x[d / 2 + i] * sin(angle)
        result[d / 2 + i] = x[d / 2 + i] * cos(angle) + x[i] * sin(angle)
      }
      return result
    }
    var result = Matrix(rows: projection.rows, columns: heads.queries * d)
    for row in 0..<projection.rows {
      let start = starts.last { $0 <= row } ?? 0
      for head in 0..<heads.queries {
        let shared = head * heads.keyValues / heads.queries
        let query = turned(part(row, head), prefix.rows + row - start)
        let before = (0..<prefix.rows).map { p in
          (
            key: Array(prefix.row(p)[shared * d..<(shared + 1) * d]),
            value: Array(
              prefix.row(p)[(heads.keyValues + shared) * d..<(heads.keyValues + shared + 1) * d])
          )
        }
        let seen =
          before
          + (start...row).map { s in
            (
              key: turned(part(s, heads.queries + shared), prefix.rows + s - start),
              value: part(s, heads.queries + heads.keyValues + shared)
            )
          }
        let scores = seen.map { dot(query, $0.key) / Double(d).squareRoot() }
        let top = scores.max() ?? 0
        let powers = scores.map { exp($0 - top) }
        let sum = powers.reduce(0, +)
        for (power, pair) in zip(powers, seen) {
          for i in 0..<d { result[row, head * d + i] += power / sum * pair.value[i] }
        }
      }
    }
    return result
  }
}
