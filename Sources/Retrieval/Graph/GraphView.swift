import CKernels

/// Bare pointers to a graph, finished or being built, for inner loops; whoever makes a view keeps
/// the memory alive while it is used.
struct GraphView {
  let count: Int
  let m: Int
  let stride: Int
  let codes: UnsafePointer<UInt8>
  let terms: UnsafePointer<Float>
  /// count × 2m
  let links: UnsafePointer<UInt32>
  /// For each level from 1 on, its nodes × m.
  let upper: [UnsafePointer<UInt32>]

  var kernelCodes: ck_codes { ck_codes(codes: codes, stride: Int64(stride), terms: terms) }

  /// The links of a node on a level, and how many there may be.
  func links(
    of node: Int, level: Int
  ) -> (base: UnsafePointer<UInt32>, capacity: Int) {
    level == 0
      ? (links + node &* (2 &* m), 2 &* m)
      : (upper[level - 1] + node &* m, m)
  }
}

/// What codes are compared with: a query's code, and for nodes as queries the one component more
/// that makes all rows equally long (see ``GraphBuilder``).
struct GraphQuery {
  var kernel: ck_code_query
  var extras: UnsafePointer<Float>?
  var ownExtra: Float = 0
}

extension GraphView {
  /// The scores of listed nodes.
  @inline(__always)
  func score(
    _ n: Int, _ nodes: UnsafePointer<UInt32>, _ query: inout GraphQuery,
    into scores: UnsafeMutablePointer<Float>
  ) {
    var codes = kernelCodes
    ck_code_scores(&codes, &query.kernel, Int64(n), nodes, scores)
    if let extras = query.extras {
      for at in 0..<n { scores[at] += query.ownExtra * extras[Int(nodes[at])] }
    }
  }
}

/// Candidates are compared as one number: the score, its bits arranged so that they sort as
/// integers; then the node, the lower number first; in the lowest bit, whether it was expanded.
enum CandidateKey {
  static func make(score: Float, node: UInt32) -> UInt64 {
    // Adding 0 makes -0 the same as 0, which compare as equal.
    let bits = (score + 0).bitPattern
    let sortable = bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
    return UInt64(sortable) << 32 | UInt64(0x7FFF_FFFF &- (node & 0x7FFF_FFFF)) << 1
  }

  static func node(_ key: UInt64) -> Int {
    Int(0x7FFF_FFFF &- (UInt32(truncatingIfNeeded: key) >> 1))
  }

  static func score(_ key: UInt64) -> Float {
    let sortable = UInt32(truncatingIfNeeded: key >> 32)
    return Float(bitPattern: sortable >> 31 == 1 ? sortable & 0x7FFF_FFFF : ~sortable)
  }
}
