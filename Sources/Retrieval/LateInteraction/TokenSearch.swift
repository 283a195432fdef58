import Bytes
import CKernels
import Corpora
import Execution

/// One search of a few queries over the token vectors of a part.
struct TokenSearch {
  let matrix: TokenMatrix
  let queries: EncodedTokens
  let range: Range<Int>
  let context: WorkContext

  /// Rows compared at a time: with a query's tokens they stay in the second cache.
  private static let block = 256

  /// The best documents for each query of the range.
  func best(
    k: Int, allowed: DocumentSet, pruning: LateInteractionIndex.Pruning
  ) throws -> [[(row: Int, score: Float)]] {
    let ranks = allowed.ranks.filter { matrix.tokens(ofRank: $0) > 0 }
    guard case .centroids(let rescored) = pruning, matrix.centroidCount > 0,
      ranks.count > max(rescored, 2 * min(k, ranks.count))
    else { return try exact(ranks, Array(range), k: k) }
    let wanted = max(rescored, 2 * min(k, ranks.count), 1)
    return try range.map { query in
      try context.check()
      let candidates = approximate(query, ranks, count: wanted)
      return try exact(candidates, [query], k: k).first ?? []
    }
  }

  /// The ranks of the best documents by their tokens' centroids, ascending.
  private func approximate(_ query: Int, _ ranks: [Int], count: Int) -> [Int] {
    let tokens = queries.starts[query + 1] - queries.starts[query]
    guard tokens > 0 else { return [] }
    let width = (tokens + 31) / 32 * 32
    let centroids = matrix.centroidCount
    // [centroids, width]: a token of the document finds all its products side by side.
    var table = [Float](repeating: 0, count: centroids * width)
    var scores = [Float](repeating: 0, count: matrix.count)
    var best = NearestRows(limit: count)
    table.withUnsafeMutableBufferPointer { table in
      scores.withUnsafeMutableBufferPointer { scores in
        guard let table = table.baseAddress, let scores = scores.baseAddress else { return }
        ck_linear(
          Int64(tokens), Int64(matrix.dimension),
          queries.vectors.base + queries.starts[query] * matrix.dimension, Int64(centroids),
          matrix.centroids, Int64(matrix.dimension), nil, table, Int64(width), false)
        if ranks.count * 4 > matrix.count {
          ck_centroid_sums(
            Int64(tokens), table, Int64(width), Int64(matrix.count), matrix.starts, matrix.codes,
            scores)
        } else {
          for rank in ranks {
            ck_centroid_sums(
              Int64(tokens), table, Int64(width), 1, matrix.starts + rank, matrix.codes,
              scores + rank)
          }
        }
        for rank in ranks where scores[rank] > best.threshold || best.heap.count < count {
          best.offer(rank, scores[rank])
        }
      }
    }
    return best.heap.map(\.row).sorted()
  }

  /// The best of some documents for some queries, by all their tokens.
  private func exact(
    _ ranks: [Int], _ wanted: [Int], k: Int
  ) throws -> [[(row: Int, score: Float)]] {
    let dimension = matrix.dimension
    var best = wanted.map { _ in NearestRows(limit: min(k, ranks.count)) }
    let most = wanted.map { queries.starts[$0 + 1] - queries.starts[$0] }.max() ?? 0
    guard most > 0 else { return wanted.map { _ in [] } }
    var rows: [Float] = []
    var products: [Float] = []
    var scores: [Float] = []
    var next = 0
    while next < ranks.count {
      try context.check()
      // Documents are taken whole, one at least.
      var starts: [Int64] = [0]
      var end = next
      while end < ranks.count {
        let total = Int(starts[end - next]) + matrix.tokens(ofRank: ranks[end])
        if end > next, total > Self.block { break }
        starts.append(Int64(total))
        end += 1
      }
      let total = Int(starts[end - next])
      if rows.count < total * dimension { rows = [Float](repeating: 0, count: total * dimension) }
      if products.count < total * most { products = [Float](repeating: 0, count: total * most) }
      if scores.count < end - next { scores = [Float](repeating: 0, count: end - next) }
      let group = next..<end
      rows.withUnsafeMutableBufferPointer { rows in
        products.withUnsafeMutableBufferPointer { products in
          scores.withUnsafeMutableBufferPointer { scores in
            guard let rows = rows.baseAddress, let products = products.baseAddress,
              let scores = scores.baseAddress
            else { return }
            for place in group {
              matrix.widen(
                Int(matrix.starts[ranks[place]])..<Int(matrix.starts[ranks[place] + 1]),
                into: rows + Int(starts[place - group.lowerBound]) * dimension)
            }
            for (slot, query) in wanted.enumerated() {
              let tokens = queries.starts[query + 1] - queries.starts[query]
              guard tokens > 0 else { continue }
              ck_linear(
                Int64(total), Int64(dimension), rows, Int64(tokens),
                queries.vectors.base + queries.starts[query] * dimension, Int64(dimension), nil,
                products, Int64(total), false)
              ck_max_sums(
                Int64(tokens), products, Int64(total), Int64(group.count), starts, scores)
              for place in group {
                best[slot].offer(ranks[place], scores[place - group.lowerBound])
              }
            }
          }
        }
      }
      next = end
    }
    return best.map { $0.sorted() }
  }
}
