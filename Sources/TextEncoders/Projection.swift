import Bytes
import CKernels
public import Corpora
public import Execution

/// A linear map of vectors to fewer dimensions.
public struct Projection: Sendable {
  /// How the map was found.
  public enum Method: String, Hashable, Sendable, CaseIterable {
    /// The directions in which a sample of vectors varies most, its mean taken off before.
    case pca
    /// The first numbers of each vector, as models trained for that put the most into them.
    case truncate
    /// Directions at right angles to each other, drawn at random.
    case random
  }

  /// How the map was found.
  public let method: Method
  /// Numbers of the vectors that go in.
  public let input: Int
  /// Numbers of the vectors that come out, at most as many.
  public let output: Int
  /// The share of the sample's variance that the directions of ``Method/pca`` hold; 1 for others,
  /// of which it is not known.
  public let keptVariance: Double
  /// [output, input]; empty where the first numbers are taken.
  let matrix: [Float]
  /// [output]: what is added; empty for none.
  let bias: [Float]

  init(
    method: Method, input: Int, output: Int, keptVariance: Double = 1, matrix: [Float] = [],
    bias: [Float] = []
  ) {
    self.method = method
    self.input = input
    self.output = output
    self.keptVariance = keptVariance
    self.matrix = matrix
    self.bias = bias
  }

  /// The most numbers of a vector that can be projected.
  public static let largest = 8192

  private static func check(_ input: Int, _ output: Int) throws(ProjectionError) {
    guard 1...largest ~= input else {
      throw .dimension(name: "the encoder's dimension", got: input, allowed: 1...largest)
    }
    guard 1...input ~= output else {
      throw .dimension(name: "the projected dimension", got: output, allowed: 1...input)
    }
  }

  /// The first numbers of each vector.
  ///
  /// - Throws: ``ProjectionError``.
  public static func truncation(from input: Int, to output: Int) throws(ProjectionError)
    -> Projection
  {
    try check(input, output)
    return Projection(method: .truncate, input: input, output: output)
  }

  /// Orthonormal directions drawn at random (Gram–Schmidt on normal vectors). O(output² · input).
  ///
  /// - Throws: ``ProjectionError``.
  public static func random(from input: Int, to output: Int, seed: UInt64)
    throws(ProjectionError) -> Projection
  {
    try check(input, output)
    var stream = RandomStream(seed: seed, purpose: "projection/random")
    var rows: [[Double]] = []
    while rows.count < output {
      // Sums of uniform numbers are near enough to normal ones, and the same everywhere.
      var row = (0..<input).map { _ in (0..<12).reduce(-6.0) { sum, _ in sum + stream.uniform() } }
      // Twice: what rounding leaves of the other directions goes with the second pass.
      for _ in 0..<2 {
        for other in rows {
          let along = zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }
          for i in 0..<input { row[i] -= along * other[i] }
        }
      }
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if length < 1e-6 { continue }
      rows.append(row.map { $0 / length })
    }
    return Projection(
      method: .random, input: input, output: output,
      matrix: rows.flatMap { row in row.map { Float($0) } })
  }

  /// The directions in which vectors vary most, in double precision and with the same bits on any
  /// number of threads. O(vectors · input² + input³).
  ///
  /// - Parameters:
  ///   - sample: Vectors of texts like those that will be projected; more than a few times `output`
  ///     for directions that mean something. Texts without a vector are passed over.
  ///   - output: The number of directions.
  ///   - context: Threads, and when to stop.
  /// - Returns: The projection, with the share of variance that it keeps.
  /// - Throws: ``ProjectionError``; `CancellationRequested`.
  public static func pca(of sample: EncodedTexts, to output: Int, context: WorkContext) throws
    -> Projection
  {
    let input = sample.dimension
    try check(input, output)
    let rows = (0..<sample.count).map { sample[$0] }.filter { row in row.contains { $0 != 0 } }
    guard rows.count >= 2 else {
      throw ProjectionError.tooFewVectors(got: rows.count, needed: 2)
    }
    guard rows.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw ProjectionError.notFinite }
    let count = Double(rows.count)
    var mean = [Double](repeating: 0, count: input)
    for row in rows {
      for i in 0..<input { mean[i] += Double(row[i]) }
    }
    for i in 0..<input { mean[i] /= count }
    let centre = mean
    let covariance = try parallelMap(input, context: context) { i in
      var sums = [Double](repeating: 0, count: input)
      for row in rows {
        let x = Double(row[i]) - centre[i]
        for j in 0...i { sums[j] += x * (Double(row[j]) - centre[j]) }
      }
      return sums.map { $0 / count }
    }
    var matrix = covariance
    for i in 0..<input {
      for j in 0..<i { matrix[j][i] = covariance[i][j] }
    }
    try context.check()
    guard let eigen = SymmetricEigen(matrix) else { throw ProjectionError.notFinite }
    let total = eigen.values.reduce(0) { $0 + max(0, $1) }
    let kept = eigen.values.prefix(output).reduce(0) { $0 + max(0, $1) }
    let directions = eigen.vectors.prefix(output)
    return Projection(
      method: .pca, input: input, output: output, keptVariance: total > 0 ? kept / total : 1,
      matrix: directions.flatMap { row in row.map { Float($0) } },
      bias: directions.map { row in
        -Float(zip(row, centre).reduce(0) { $0 + $1.0 * $1.1 })
      })
  }

  /// Projects rows and brings them to length 1; rows of zeros stay so.
  func apply(_ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>) {
    var inverse: Float = 0
    for row in 0..<rows {
      let source = x + row * input
      let target = y + row * output
      guard (0..<input).contains(where: { source[$0] != 0 }) else {
        target.update(repeating: 0, count: output)
        continue
      }
      if matrix.isEmpty {
        target.update(from: source, count: output)
      } else {
        matrix.withUnsafeBufferPointer { matrix in
          bias.withUnsafeBufferPointer { bias in
            guard let weights = matrix.baseAddress else { return }
            ck_linear(
              Int64(output), Int64(input), weights, 1, source, Int64(input),
              self.bias.isEmpty ? nil : bias.baseAddress, target, Int64(output), false)
          }
        }
      }
      ck_normalize(1, Int64(output), 1e-12, target, target, &inverse)
    }
  }
}

/// Why there is no such projection.
public enum ProjectionError: Error, Hashable, Sendable {
  /// A dimension is outside what can be.
  case dimension(name: String, got: Int, allowed: ClosedRange<Int>)
  /// The sample is too small.
  case tooFewVectors(got: Int, needed: Int)
  /// A number of the sample is infinite or NaN.
  case notFinite
  /// The encoder gives vectors of another dimension than the projection takes.
  case mismatch(encoder: Int, projection: Int)
}

extension ProjectionError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .dimension(let name, let got, let allowed):
      "\(name) is \(got); it has to be between \(allowed.lowerBound) and \(allowed.upperBound)"
    case .tooFewVectors(let got, let needed):
      "the sample has \(got) vectors; at least \(needed) are needed"
    case .notFinite: "the sample has numbers that are infinite or NaN"
    case .mismatch(let encoder, let projection):
      "the encoder's vectors have \(encoder) dimensions, the projection takes \(projection)"
    }
  }
}
