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

  /// Rows compared at a time: with a query's tokens they stay in the second cache, and are whole
  /// tiles of the product.
  private static let block = 48

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
    let packed = queries.packed(text: query)
    let tokens = Int64(packed.count)
    guard tokens > 0 else { return [] }
    let width = Int64(packed.width)
    let centroids = matrix.centroidCount
    // [centroids, width]: a token of the document finds all its products side by side, as bytes,
    // so that the table stays in the second cache.
    var products = [Float](repeating: 0, count: centroids * packed.width)
    var table = [UInt8](repeating: 0, count: centroids * packed.width)
    var scores = [Float](repeating: 0, count: matrix.count)
    var best = NearestRows(limit: count)
    products.withUnsafeMutableBufferPointer { products in
      table.withUnsafeMutableBufferPointer { table in
        scores.withUnsafeMutableBufferPointer { scores in
          guard let products = products.baseAddress, let table = table.baseAddress,
            let scores = scores.baseAddress
          else { return }
          packed.products(centroids, of: matrix.centroids, into: products)
          ck_byte_table(Int64(centroids), tokens, width, products, table)
          if ranks.count * 4 > matrix.count {
            ck_code_sums(
              tokens, table, width, Int64(matrix.count), matrix.starts, matrix.codes, scores)
          } else {
            for rank in ranks {
              ck_code_sums(
                tokens, table, width, 1, matrix.starts + rank, matrix.codes, scores + rank)
            }
          }
          for rank in ranks where scores[rank] > best.threshold || best.heap.count < count {
            best.offer(rank, scores[rank])
          }
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
    let packed = wanted.map { queries.packed(text: $0) }
    var best = wanted.map { _ in NearestRows(limit: min(k, ranks.count)) }
    var most = packed.map { [Float](repeating: 0, count: $0.width) }
    var space = [Float](repeating: 0, count: Self.block * dimension)
    for (place, rank) in ranks.enumerated() {
      if place % 16 == 0 { try context.check() }
      for slot in packed.indices {
        for column in most[slot].indices { most[slot][column] = -.infinity }
      }
      let rows = Int(matrix.starts[rank])..<Int(matrix.starts[rank + 1])
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.block) {
        let part = first..<min(first + Self.block, rows.upperBound)
        space.withUnsafeMutableBufferPointer { space in
          guard let space = space.baseAddress else { return }
          let x = matrix.widened(part, in: space)
          for (slot, packed) in packed.enumerated() where packed.count > 0 {
            most[slot].withUnsafeMutableBufferPointer { most in
              if let most = most.baseAddress { packed.raise(most, by: part.count, of: x) }
            }
          }
        }
      }
      for (slot, packed) in packed.enumerated() where packed.count > 0 {
        best[slot].offer(rank, MaxSim.sum(most[slot], tokens: packed.count))
      }
    }
    return best.map { $0.sorted() }
  }
}
