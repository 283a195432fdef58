import Bytes
import CKernels
public import Corpora
public import Execution

extension TokenMatrix {
  /// How many centroids help a search over so many token vectors: none below 20,000, where a
  /// search may as well read all; else a power of two near four times the root, at most 4,096.
  public static func centroidCount(forTokens tokens: Int) -> Int {
    guard tokens >= 20_000 else { return 0 }
    let wanted = 4 * Int(Double(tokens).squareRoot())
    var count = 256
    while count * 2 <= wanted, count < 4096 { count *= 2 }
    return count
  }

  /// Encodes the tokens of all documents of a corpus, title and text together.
  ///
  /// - Parameters:
  ///   - corpus: The documents, taken in the order of their ids.
  ///   - encoder: What turns texts into token vectors.
  ///   - precision: How rows are stored.
  ///   - centroids: How many centroids to make; nil for ``centroidCount(forTokens:)``.
  ///   - seed: Chooses where the centroids begin.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: The token vectors, with their centroids.
  /// - Throws: What the encoder throws; ``VectorError`` where its vectors are not as it says.
  public static func embed(
    _ corpus: Corpus, encoder: any TokenEncoder, precision: Precision = .int8,
    centroids: Int? = nil, seed: UInt64 = 0, context: WorkContext
  ) throws -> TokenMatrix {
    var builder = TokenMatrixBuilder(dimension: encoder.dimension, precision: precision)
    let start = ContinuousClock.now
    let quiet = WorkContext(cancellation: context.cancellation, threads: context.threads)
    for first in stride(from: 0, to: corpus.count, by: VectorMatrix.chunk) {
      try context.check()
      context.report(
        Progress(
          task: "embedding tokens", completed: first, total: corpus.count, unit: "documents",
          detail: rate(builder.tokenCount, since: start)))
      let ranks = first..<min(first + VectorMatrix.chunk, corpus.count)
      let texts = ranks.map { corpus[corpus.index(rankedByID: $0)].encodedText }
      let encoded = try encoder.encodeTokens(texts, as: .document, context: quiet)
      try encoded.check(against: encoder, texts: texts.count)
      try builder.append(encoded)
    }
    return try builder.finish(centroids: centroids, seed: seed, context: context)
  }

  /// Token vectors given as numbers, a list of rows a document.
  ///
  /// - Throws: ``VectorError`` where their lengths differ or a number is not finite.
  public init(
    documents: [[[Float]]], dimension: Int, precision: Precision = .float32, centroids: Int? = nil,
    seed: UInt64 = 0, context: WorkContext = WorkContext()
  ) throws {
    for (index, rows) in documents.enumerated() {
      for row in rows where row.count != dimension {
        throw VectorError.dimension(
          what: "document \(index)", expected: dimension, got: row.count)
      }
    }
    var builder = TokenMatrixBuilder(dimension: dimension, precision: precision)
    var starts = [0]
    for rows in documents { starts.append((starts.last ?? 0) + rows.count) }
    let flat = documents.flatMap { $0.flatMap { $0 } }
    let buffer = FloatBuffer(count: flat.count)
    for (place, value) in flat.enumerated() { buffer.base[place] = value }
    _ = try longestRow(
      buffer.base, count: starts.last ?? 0, dimension: dimension, what: "token vectors")
    try builder.append(
      EncodedTokens(
        vectors: buffer, dimension: dimension, starts: starts, tokenIDs: [], truncatedCount: 0))
    self = try builder.finish(centroids: centroids, seed: seed, context: context)
  }
}

/// Token vectors on their way into a ``TokenMatrix``.
struct TokenMatrixBuilder {
  let dimension: Int
  let precision: TokenMatrix.Precision
  private var starts: [UInt32] = [0]
  private var scales: [Float] = []
  private var floats: [Float] = []
  private var bytes: [Int8] = []
  private var truncated = 0

  init(dimension: Int, precision: TokenMatrix.Precision) {
    self.dimension = dimension
    self.precision = precision
  }

  var tokenCount: Int { Int(starts.last ?? 0) }

  mutating func append(_ encoded: EncodedTokens) throws {
    let documents = encoded.starts.count - 1
    let rows = encoded.starts[documents]
    let before = tokenCount
    guard before + rows < Int(UInt32.max) else {
      throw VectorError.count(
        what: "token vectors of a part, at most", expected: Int(UInt32.max), got: before + rows)
    }
    for end in encoded.starts.dropFirst() {
      starts.append(UInt32(truncatingIfNeeded: before + end))
    }
    truncated += encoded.truncatedCount
    let base = encoded.vectors.base
    switch precision {
    case .float32:
      floats.append(contentsOf: UnsafeBufferPointer(start: base, count: rows * dimension))
    case .int8:
      var codes = [Int8](repeating: 0, count: dimension)
      for row in 0..<rows {
        let scale = codes.withUnsafeMutableBufferPointer { codes in
          codes.baseAddress.map { ck_byte_row(Int64(dimension), base + row * dimension, $0) } ?? 0
        }
        scales.append(scale)
        bytes.append(contentsOf: codes)
      }
    }
  }

  func finish(centroids: Int?, seed: UInt64, context: WorkContext) throws -> TokenMatrix {
    let wanted = centroids ?? TokenMatrix.centroidCount(forTokens: tokenCount)
    let plain = laidOut(centroids: 0, rows: [], codes: [])
    let count = min(max(0, wanted), 1 << 16, tokenCount)
    guard count > 0 else { return plain }
    let rows = try Centroids.trained(plain, count: count, seed: seed, context: context)
    let codes = try Centroids.codes(plain, of: rows, context: context)
    return laidOut(centroids: count, rows: rows, codes: codes)
  }

  private func laidOut(centroids: Int, rows: [Float], codes: [UInt16]) -> TokenMatrix {
    let layout = TokenLayout(
      precision: precision, dimension: dimension, centroids: centroids, count: starts.count - 1,
      tokens: tokenCount)
    let storage = SharedBytes(count: layout.total) { target in
      target.initializeMemory(as: UInt8.self, repeating: 0)
      func place(_ source: UnsafeRawBufferPointer, _ start: Int) {
        UnsafeMutableRawBufferPointer(rebasing: target[start..<start + source.count])
          .copyMemory(from: source)
      }
      layout.header(truncated: truncated).withUnsafeBytes { place($0, 0) }
      starts.withUnsafeBytes { place($0, layout.starts) }
      scales.withUnsafeBytes { place($0, layout.scales) }
      floats.withUnsafeBytes { place($0, layout.rows) }
      bytes.withUnsafeBytes { place($0, layout.rows) }
      rows.withUnsafeBytes { place($0, layout.centroidRows) }
      codes.withUnsafeBytes { place($0, layout.codes) }
    }
    return TokenMatrix(storage: storage, layout: layout, truncatedCount: truncated)
  }
}
