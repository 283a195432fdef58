import CKernels
import Execution

/// Directions that token vectors gather around: spherical k-means (Dhillon and Modha 2001), as
/// PLAID uses it to find candidates (Santhanam, Khattab, Potts and Zaharia 2022).
enum Centroids {
  /// Rows that a centroid is learned from.
  static let sampled = 32
  static let rounds = 4
  /// Rows assigned in one piece of work.
  private static let piece = 512

  /// Centroids of a sample of a matrix's rows, each of length 1.
  static func trained(
    _ matrix: TokenMatrix, count: Int, seed: UInt64, context: WorkContext
  ) throws -> [Float] {
    let dimension = matrix.dimension
    var stream = RandomStream(seed: seed, purpose: "late-interaction/centroids")
    // A sample without repeats, in random order: the first rows are where centroids begin.
    var places = Array(0..<matrix.tokenCount)
    let size = min(matrix.tokenCount, count * sampled)
    for place in 0..<size {
      places.swapAt(place, place + stream.below(places.count - place))
    }
    var rows = [Float](repeating: 0, count: size * dimension)
    rows.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      for place in 0..<size {
        matrix.widen(places[place]..<places[place] + 1, into: base + place * dimension)
      }
    }
    var centroids = Array(rows.prefix(count * dimension))
    for round in 0..<rounds {
      context.report(
        Progress(task: "finding centroids", completed: round, total: rounds, unit: "rounds"))
      let sample = rows
      let codes = try nearest(size, to: centroids, dimension, context: context) { range, target in
        sample.withUnsafeBufferPointer { source in
          guard let base = source.baseAddress else { return }
          target.update(
            from: base + range.lowerBound * dimension, count: range.count * dimension)
        }
      }
      centroids = means(rows, codes, before: centroids, dimension)
    }
    return centroids
  }

  /// The centroid nearest to each row of a matrix.
  static func codes(
    _ matrix: TokenMatrix, of centroids: [Float], count: Int, context: WorkContext
  ) throws -> [UInt16] {
    context.report(
      Progress(task: "assigning centroids", completed: 0, total: matrix.tokenCount, unit: "tokens"))
    return try nearest(
      matrix.tokenCount, to: centroids, matrix.dimension, context: context
    ) { range, target in matrix.widen(range, into: target) }
  }

  private static func nearest(
    _ count: Int, to centroids: [Float], _ dimension: Int, context: WorkContext,
    read: @Sendable (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) throws -> [UInt16] {
    let columns = centroids.count / dimension
    let pieces = try parallelMap((count + piece - 1) / piece, context: context) { index in
      let range = index * piece..<min((index + 1) * piece, count)
      var rows = [Float](repeating: 0, count: range.count * dimension)
      var products = [Float](repeating: 0, count: range.count * columns)
      var codes = [UInt16](repeating: 0, count: range.count)
      rows.withUnsafeMutableBufferPointer { rows in
        products.withUnsafeMutableBufferPointer { products in
          codes.withUnsafeMutableBufferPointer { codes in
            centroids.withUnsafeBufferPointer { centroids in
              guard let x = rows.baseAddress, let y = products.baseAddress,
                let w = centroids.baseAddress, let places = codes.baseAddress
              else { return }
              read(range, x)
              ck_linear(
                Int64(columns), Int64(dimension), w, Int64(range.count), x, Int64(dimension), nil,
                y, Int64(columns), false)
              ck_largest_places(Int64(range.count), Int64(columns), y, places)
            }
          }
        }
      }
      return codes
    }
    return Array(pieces.joined())
  }

  /// The directions of the sums of each centroid's rows; one without rows stays where it was.
  private static func means(
    _ rows: [Float], _ codes: [UInt16], before: [Float], _ dimension: Int
  ) -> [Float] {
    var sums = [Double](repeating: 0, count: before.count)
    for (row, code) in codes.enumerated() {
      let source = row * dimension
      let target = Int(code) * dimension
      for place in 0..<dimension { sums[target + place] += Double(rows[source + place]) }
    }
    var centroids = before
    for first in stride(from: 0, to: before.count, by: dimension) {
      var square = 0.0
      for place in first..<first + dimension { square += sums[place] * sums[place] }
      guard square > 1e-30 else { continue }
      let length = square.squareRoot()
      for place in first..<first + dimension { centroids[place] = Float(sums[place] / length) }
    }
    return centroids
  }
}
