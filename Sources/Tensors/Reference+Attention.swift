import Glibc

extension Reference {
  /// Attention of sequences that follow each other:
  /// ``Tape/attention(_:heads:starts:rotary:isCausal:)``.
  ///
  /// - Parameters:
  ///   - projection: [R, (H + 2 G) D]
  ///   - heads: H, G and D.
  ///   - starts: The first row of each sequence.
  ///   - frequencies: D/2 angles of one step for rotary positions; nil for none.
  ///   - isCausal: Whether a position sees only itself and what is before it.
  /// - Returns: [R, H D]
  public static func attention(
    _ projection: Matrix, heads: AttentionHeads, starts: [Int], frequencies: [Double]?,
    isCausal: Bool
  ) -> Matrix {
    let turned = frequencies.map {
      rotated(projection, heads: heads, starts: starts, frequencies: $0, direction: 1)
    }
    let parts = AttentionParts(turned ?? projection, heads)
    var result = Matrix(rows: projection.rows, columns: heads.queries * heads.dimension)
    for (head, i, seen) in visits(projection.rows, heads, starts, isCausal) {
      let weights = parts.weights(head, i, seen)
      for d in 0..<heads.dimension {
        result[i, head * heads.dimension + d] = zip(seen, weights).reduce(0) {
          $0 + $1.1 * parts.value(head, $1.0)[d]
        }
      }
    }
    return result
  }

  /// The gradient of `attention` for its projection. With P = softmax(S) of one head and row:
  /// dV = Pᵀ dO, dS = P (dO Vᵀ - dO · O), dQ = dS K / √D, dK = dSᵀ Q / √D, all turned back.
  public static func attentionGradient(
    _ projection: Matrix, heads: AttentionHeads, starts: [Int], frequencies: [Double]?,
    isCausal: Bool, outgoing: Matrix
  ) -> Matrix {
    let turned = frequencies.map {
      rotated(projection, heads: heads, starts: starts, frequencies: $0, direction: 1)
    }
    let parts = AttentionParts(turned ?? projection, heads)
    let width = heads.dimension
    let scale = 1 / Double(width).squareRoot()
    var gradient = Matrix(rows: projection.rows, columns: projection.columns)
    for (head, i, seen) in visits(projection.rows, heads, starts, isCausal) {
      let weights = parts.weights(head, i, seen)
      let flow = Array(outgoing.row(i)[head * width..<(head + 1) * width])
      let along = seen.map { dot(flow, parts.value(head, $0)) }
      let expected = dot(weights, along)
      for (n, j) in seen.enumerated() {
        let ds = weights[n] * (along[n] - expected) * scale
        let (q, k) = (parts.query(head, i), parts.key(head, j))
        for d in 0..<width {
          gradient[i, parts.queryColumn(head) + d] += ds * k[d]
          gradient[j, parts.keyColumn(head) + d] += ds * q[d]
          gradient[j, parts.valueColumn(head) + d] += weights[n] * flow[d]
        }
      }
    }
    return frequencies.map {
      rotated(gradient, heads: heads, starts: starts, frequencies: $0, direction: -1)
    } ?? gradient
  }

  /// Pairs (i, i + D/2) of queries and keys turned by position times frequency (Su et al. 2021).
  public static func rotated(
    _ projection: Matrix, heads: AttentionHeads, starts: [Int], frequencies: [Double],
    direction: Double
  ) -> Matrix {
    var result = projection
    let half = heads.dimension / 2
    for row in 0..<projection.rows {
      let start = starts.last { $0 <= row } ?? 0
      for head in 0..<heads.queries + heads.keyValues {
        for i in 0..<half {
          let angle = direction * Double(row - start) * frequencies[i]
          let (a, b) = (head * heads.dimension + i, head * heads.dimension + half + i)
          result[row, a] = projection[row, a] * cos(angle) - projection[row, b] * sin(angle)
          result[row, b] = projection[row, b] * cos(angle) + projection[row, a] * sin(angle)
        }
      }
    }
    return result
  }

  /// Every head and row, with the rows that it sees.
  private static func visits(
    _ rows: Int, _ heads: AttentionHeads, _ starts: [Int], _ isCausal: Bool
  ) -> [(head: Int, row: Int, seen: Range<Int>)] {
    let ends = starts.dropFirst() + [rows]
    return zip(starts, ends).flatMap { start, end in
      (start..<end).flatMap { row in
        (0..<heads.queries).map { ($0, row, start..<(isCausal ? row + 1 : end)) }
      }
    }
  }
}

/// Where one projection holds the queries, keys and values of each head.
private struct AttentionParts {
  let projection: Reference.Matrix
  let heads: AttentionHeads

  init(_ projection: Reference.Matrix, _ heads: AttentionHeads) {
    self.projection = projection
    self.heads = heads
  }

  func queryColumn(_ head: Int) -> Int { head * heads.dimension }
  func keyColumn(_ head: Int) -> Int {
    (heads.queries + head * heads.keyValues / heads.queries) * heads.dimension
  }
  func valueColumn(_ head: Int) -> Int {
    keyColumn(head) + heads.keyValues * heads.dimension
  }

  func query(_ head: Int, _ row: Int) -> [Double] { part(row, queryColumn(head)) }
  func key(_ head: Int, _ row: Int) -> [Double] { part(row, keyColumn(head)) }
  func value(_ head: Int, _ row: Int) -> [Double] { part(row, valueColumn(head)) }

  /// softmax(q · k / √D) over the rows that are seen.
  func weights(_ head: Int, _ row: Int, _ seen: Range<Int>) -> [Double] {
    let scores = seen.map {
      Reference.dot(query(head, row), key(head, $0))
        / Double(heads.dimension).squareRoot()
    }
    let top = scores.max() ?? 0
    let powers = scores.map { exp($0 - top) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  private func part(_ row: Int, _ column: Int) -> [Double] {
    let start = row * projection.columns + column
    return Array(projection.values[start..<start + heads.dimension])
  }
}
