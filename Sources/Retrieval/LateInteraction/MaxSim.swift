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
    let rows = document.count / dimension
    guard tokens > 0, rows > 0 else { return 0 }
    var products = [Float](repeating: 0, count: tokens * rows)
    document.withUnsafeBufferPointer { document in
      query.withUnsafeBufferPointer { query in
        products.withUnsafeMutableBufferPointer { products in
          guard let w = document.baseAddress, let x = query.baseAddress,
            let y = products.baseAddress
          else { return }
          ck_linear(
            Int64(rows), Int64(dimension), w, Int64(tokens), x, Int64(dimension), nil, y,
            Int64(rows), false)
        }
      }
    }
    var total = 0.0
    for token in 0..<tokens {
      var best = -Float.infinity
      for row in token * rows..<(token + 1) * rows { best = max(best, products[row]) }
      total += Double(best)
    }
    return Double(Float(total))
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
