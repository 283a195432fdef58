import CKernels

/// The score of late interaction: for each token of the query the largest product with a token of
/// the document, added up (ColBERT, Khattab and Zaharia 2020).
public enum MaxSim {
  /// The score of token vectors given row after row; 0 where either has none.
  ///
  /// O(tokens · tokens · dimension).
  public static func score(query: [Float], document: [Float], dimension: Int) -> Double {
    guard dimension > 0 else { return 0 }
    let tokens = query.count / dimension
    return score(
      query: PackedRows(query, count: tokens, dimension: dimension), document: document)
  }

  /// The same for a query whose tokens are laid out already.
  static func score(query: PackedRows, document: [Float]) -> Double {
    let rows = query.dimension > 0 ? document.count / query.dimension : 0
    guard query.count > 0, rows > 0 else { return 0 }
    var best = [Float](repeating: -.infinity, count: query.width)
    document.withUnsafeBufferPointer { document in
      best.withUnsafeMutableBufferPointer { best in
        guard let x = document.baseAddress, let best = best.baseAddress else { return }
        query.raise(best, by: rows, of: x)
      }
    }
    return Double(sum(best, tokens: query.count))
  }

  /// The score of tokens by the largest products of each.
  static func sum(_ best: some Sequence<Float>, tokens: Int) -> Float {
    var total = 0.0
    for most in best.prefix(tokens) { total += Double(most) }
    return Float(total)
  }

  /// The product of two vectors, as an exact index computes it; 0 where their lengths differ.
  static func product(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count, !a.isEmpty else { return 0 }
    var product: Float = 0
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        guard let x = a.baseAddress, let w = b.baseAddress else { return }
        ck_linear(1, Int64(a.count), w, 1, x, Int64(a.count), nil, &product, 1, false)
      }
    }
    return product
  }
}
