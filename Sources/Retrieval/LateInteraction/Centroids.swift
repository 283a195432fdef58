import CKernels
import Execution

/// Directions that token vectors gather around: spherical k-means (Dhillon and Modha 2001), as
/// PLAID uses it to find candidates (Santhanam, Khattab, Potts and Zaharia 2022).
enum Centroids {
  /// Rows that a centroid is learned from.
  static let sampled = 32
  /// Rounds at most; fewer where no row changes its centroid.
  static let rounds = 4
  /// Rows assigned in one piece of work.
  private static let piece = 1536
  /// Rows that are copied at a time: they stay in the second cache.
  private static let block = 192

  /// Centroids of a sample of a matrix's rows, each of length 1.
  ///
  /// O(rounds · count² · dimension): the sample has ``sampled`` rows a centroid at most.
  static func trained(
    _ matrix: TokenMatrix, count: Int, seed: UInt64, context: WorkContext
  ) throws -> [Float] {
    var stream = RandomStream(seed: seed, purpose: "late-interaction/centroids")
    // A sample without repeats, in random order: the first rows are where centroids begin.
    var places = Array(0..<matrix.tokenCount)
    let size = min(matrix.tokenCount, count * sampled)
    for place in 0..<size {
      places.swapAt(place, place + stream.below(places.count - place))
    }
    let sample = Array(places.prefix(size))
    var centroids = rows(matrix, sample.prefix(count))
    var before: [UInt16] = []
    for round in 0..<rounds {
      context.report(
        Progress(task: "finding centroids", completed: round, total: rounds, unit: "rounds"))
      let codes = try nearest(size, to: centroids, matrix.dimension, context: context) {
        range, target in
        for (place, row) in sample[range].enumerated() {
          matrix.widen(row..<row + 1, into: target + place * matrix.dimension)
        }
      }
      guard codes != before else { break }
      centroids = try means(
        matrix, sample, codes, before: centroids, context: context)
      before = codes
    }
    return centroids
  }

  /// The centroid nearest to each row of a matrix.
  ///
  /// O(tokens · centroids · dimension).
  static func codes(
    _ matrix: TokenMatrix, of centroids: [Float], context: WorkContext
  ) throws -> [UInt16] {
    try nearest(matrix.tokenCount, to: centroids, matrix.dimension, context: context) {
      range, target in
      context.report(
        Progress(
          task: "assigning centroids", completed: range.lowerBound, total: matrix.tokenCount,
          unit: "tokens"))
      matrix.widen(range, into: target)
    }
  }

  private static func rows(_ matrix: TokenMatrix, _ places: ArraySlice<Int>) -> [Float] {
    var rows = [Float](repeating: 0, count: places.count * matrix.dimension)
    rows.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      for (place, row) in places.enumerated() {
        matrix.widen(row..<row + 1, into: base + place * matrix.dimension)
      }
    }
    return rows
  }

  private static func nearest(
    _ count: Int, to centroids: [Float], _ dimension: Int, context: WorkContext,
    read: @Sendable (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) throws -> [UInt16] {
    let columns = centroids.count / dimension
    let packed = PackedRows(centroids, count: columns, dimension: dimension)
    let pieces = try parallelMap((count + piece - 1) / piece, context: context) { index in
      let range = index * piece..<min((index + 1) * piece, count)
      var rows = [Float](repeating: 0, count: min(block, range.count) * dimension)
      return [UInt16](unsafeUninitializedCapacity: range.count) { codes, filled in
        codes.initialize(repeating: 0)
        rows.withUnsafeMutableBufferPointer { rows in
          guard let x = rows.baseAddress, let places = codes.baseAddress else { return }
          for first in stride(from: range.lowerBound, to: range.upperBound, by: block) {
            let part = first..<min(first + block, range.upperBound)
            read(part, x)
            packed.nearest(part.count, of: x, into: places + (first - range.lowerBound))
          }
        }
        filled = range.count
      }
    }
    return Array(pieces.joined())
  }

  /// The directions of the sums of each centroid's rows; one without rows stays where it was.
  private static func means(
    _ matrix: TokenMatrix, _ sample: [Int], _ codes: [UInt16], before: [Float],
    context: WorkContext
  ) throws -> [Float] {
    let dimension = matrix.dimension
    let count = before.count / dimension
    // Rows by centroid, in the order of the sample, so that sums have one order.
    var starts = [Int](repeating: 0, count: count + 1)
    for code in codes { starts[Int(code) + 1] += 1 }
    for place in 0..<count { starts[place + 1] += starts[place] }
    var next = starts
    var members = [Int](repeating: 0, count: codes.count)
    for (place, code) in codes.enumerated() {
      members[next[Int(code)]] = sample[place]
      next[Int(code)] += 1
    }
    let (bounds, sorted) = (starts, members)
    let group = 64
    let groups = try parallelMap((count + group - 1) / group, context: context) { index in
      let range = index * group..<min((index + 1) * group, count)
      var centroids = Array(before[range.lowerBound * dimension..<range.upperBound * dimension])
      var row = [Float](repeating: 0, count: dimension)
      var sum = [Double](repeating: 0, count: dimension)
      for centroid in range {
        for place in 0..<dimension { sum[place] = 0 }
        for member in sorted[bounds[centroid]..<bounds[centroid + 1]] {
          row.withUnsafeMutableBufferPointer { row in
            if let base = row.baseAddress { matrix.widen(member..<member + 1, into: base) }
          }
          for place in 0..<dimension { sum[place] += Double(row[place]) }
        }
        let square = sum.reduce(0) { $0 + $1 * $1 }
        guard square > 1e-30 else { continue }
        let length = square.squareRoot()
        let first = (centroid - range.lowerBound) * dimension
        for place in 0..<dimension { centroids[first + place] = Float(sum[place] / length) }
      }
      return centroids
    }
    return Array(groups.joined())
  }
}
