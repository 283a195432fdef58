import Bytes
import CKernels
import Execution
import Retrieval
import Testing

/// Vectors drawn at random, with repeats so that ties occur.
struct RandomVectors {
  let rows: [[Float]]
  let queries: [[Float]]

  /// Where `coarse`, multiples of 1/64: all sums of their products are exact in any order.
  init(
    _ count: Int, dimension: Int, queries: Int, seed: UInt64, scale: Float = 1,
    coarse: Bool = false
  ) {
    var stream = RandomStream(seed: seed, purpose: "tests/vectors")
    func row() -> [Float] {
      (0..<dimension).map { _ in
        coarse ? Float(stream.below(65) - 32) / 64 : Float(stream.uniform() - 0.5) * scale
      }
    }
    var rows: [[Float]] = []
    for place in 0..<count {
      rows.append(place > 3 && stream.below(4) == 0 ? rows[stream.below(place)] : row())
    }
    self.rows = rows
    self.queries = (0..<queries).map { _ in row() }
  }

  /// All rows by their products in double, best first; equal rows by their number.
  func ranking(_ query: [Float], allowed: (Int) -> Bool = { _ in true }) -> [(Int, Double)] {
    rows.indices.filter(allowed).map { row in
      (row, zip(rows[row], query).reduce(0) { $0 + Double($1.0) * Double($1.1) })
    }
    .sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
  }

  func withQueries<Result>(_ body: (QueryRows) throws -> Result) rethrows -> Result {
    let buffer = FloatBuffer(count: queries.count * (queries.first?.count ?? 0))
    for (place, value) in queries.joined().enumerated() { buffer.base[place] = value }
    defer { withExtendedLifetime(buffer) {} }
    return try body(
      QueryRows(base: buffer.base, count: queries.count, dimension: queries.first?.count ?? 0))
  }
}

/// Serialized: one test changes the instruction set of all.
@Suite(.serialized) struct FlatSearchTests {
  static let shapes: [(count: Int, dimension: Int, k: Int)] = [
    (1, 1, 3), (7, 5, 3), (300, 16, 10), (1500, 33, 10), (2500, 384, 1), (2500, 64, 100),
    (1100, 700, 5),
  ]

  @Test(arguments: shapes.indices)
  func equalsAPlainLoop(_ place: Int) throws {
    let shape = Self.shapes[place]
    let vectors = RandomVectors(
      shape.count, dimension: shape.dimension, queries: 40, seed: UInt64(place), coarse: true)
    let searcher = ExactSearcher(try VectorMatrix(rows: vectors.rows))
    try vectors.withQueries { queries in
      let batch = try searcher.searchAll(queries, k: shape.k, allowed: nil, context: WorkContext())
      for (number, query) in vectors.queries.enumerated() {
        let expected = vectors.ranking(query).prefix(shape.k)
        // From the fourth search on the byte bounds are in use.
        let single = searcher.search(
          queries.base + number * shape.dimension, k: shape.k, allowed: nil)
        #expect(single.map(\.row) == expected.map(\.0))
        #expect(zip(single, expected).allSatisfy { Double($0.score) == $1.1 })
        #expect(single.elementsEqual(batch[number], by: ==))
      }
    }
  }

  @Test func theSameRowsAndScoresHoweverAsked() throws {
    let vectors = RandomVectors(3000, dimension: 48, queries: 300, seed: 50)
    let matrix = try VectorMatrix(rows: vectors.rows)
    let searcher = ExactSearcher(matrix)
    try vectors.withQueries { queries in
      let all = try searcher.searchAll(queries, k: 10, allowed: nil, context: WorkContext())
      for threads in [2, 3] {
        let others = try searcher.searchAll(
          queries, k: 10, allowed: nil, context: WorkContext(threads: threads))
        #expect(zip(all, others).allSatisfy { $0.elementsEqual($1, by: ==) }, "\(threads) threads")
      }
      for number in 0..<queries.count {
        let query = queries.base + number * 48
        // The first search of a searcher of its own reads the rows themselves.
        let plain = ExactSearcher(matrix).search(query, k: 10, allowed: nil)
        #expect(plain.elementsEqual(all[number], by: ==))
        #expect(
          searcher.search(query, k: 10, allowed: nil).elementsEqual(all[number], by: ==))
      }
    }
  }

  @Test func theSameBitsOnEveryInstructionSet() throws {
    let chosen = String(cString: ck_backend())
    defer { _ = ck_use_backend(chosen) }
    let vectors = RandomVectors(1200, dimension: 70, queries: 20, seed: 51)
    var results: [[(row: Int, score: Float)]] = []
    var stored: [SharedBytes] = []
    for backend in ["portable", "avx2", "avx512"] where ck_use_backend(backend) {
      let searcher = ExactSearcher(try VectorMatrix(rows: vectors.rows))
      let found = vectors.withQueries { queries in
        (0..<20).flatMap { searcher.search(queries.base + $0 * 70, k: 7, allowed: nil) }
      }
      results.append(found)
      let tokens = try TokenMatrix(
        documents: vectors.rows.map { [$0] }, dimension: 70, precision: .int8, centroids: 16)
      stored.append(tokens.encodedBytes)
    }
    for other in results.dropFirst() { #expect(other.elementsEqual(results[0], by: ==)) }
    for other in stored.dropFirst() { #expect(other == stored[0]) }
  }

  @Test(arguments: [0.9, 0.3, 0.02, 0])
  func returnsOnlyWhatIsAllowed(_ share: Double) throws {
    let vectors = RandomVectors(2000, dimension: 20, queries: 30, seed: 52, coarse: true)
    let searcher = ExactSearcher(try VectorMatrix(rows: vectors.rows))
    var stream = RandomStream(seed: 5, purpose: "tests/allowed")
    var allowed = DocumentSet(capacity: 2000)
    for row in 0..<2000 where stream.uniform() < share { allowed.insert(row) }
    try vectors.withQueries { queries in
      let batch = try searcher.searchAll(
        queries, k: 9, allowed: allowed, context: WorkContext())
      for (number, query) in vectors.queries.enumerated() {
        let expected = vectors.ranking(query, allowed: allowed.contains).prefix(9).map(\.0)
        #expect(batch[number].map(\.row) == expected)
        let single = searcher.search(queries.base + number * 20, k: 9, allowed: allowed)
        #expect(single.elementsEqual(batch[number], by: ==))
      }
    }
  }

  @Test func tiesBreakByRowAlsoAtTheLastPlace() throws {
    let row: [Float] = [0.25, -0.5, 1]
    let searcher = ExactSearcher(try VectorMatrix(rows: Array(repeating: row, count: 3000)))
    row.withUnsafeBufferPointer { query in
      guard let base = query.baseAddress else { return }
      for _ in 0..<6 {
        #expect(searcher.search(base, k: 4, allowed: nil).map(\.row) == [0, 1, 2, 3])
      }
    }
  }

  /// Rows whose bytes lose everything, rows of very different lengths, and tiny and huge ones.
  @Test(arguments: [1e-25, 1e-12, 1, 1e9] as [Float])
  func boundsHoldAtAllScales(_ scale: Float) throws {
    var vectors = RandomVectors(1500, dimension: 40, queries: 12, seed: 53, scale: scale)
    var rows = vectors.rows
    for row in stride(from: 0, to: rows.count, by: 3) {
      rows[row] = rows[row].enumerated().map {
        $0.offset == row % 40 ? 1e6 * $0.element : $0.element
      }
    }
    for row in stride(from: 1, to: rows.count, by: 50) { rows[row] = rows[row].map { _ in 0 } }
    let matrix = try VectorMatrix(rows: rows)
    vectors = RandomVectors(
      0, dimension: 40, queries: 12, seed: 54, scale: scale == 1 ? 1e-24 : 1)
    try vectors.withQueries { queries in
      let searcher = ExactSearcher(matrix)
      for number in 0..<12 {
        let query = queries.base + number * 40
        let plain = ExactSearcher(matrix).search(query, k: 20, allowed: nil)
        for _ in 0..<2 {
          #expect(searcher.search(query, k: 20, allowed: nil).elementsEqual(plain, by: ==))
        }
      }
      let batch = try searcher.searchAll(
        QueryRows(base: queries.base, count: 12, dimension: 40), k: 20, allowed: nil,
        context: WorkContext())
      #expect(batch.count == 12)
    }
  }

  @Test func unreasonableDepthsAreAnswered() throws {
    let vectors = RandomVectors(30, dimension: 8, queries: 20, seed: 55)
    let searcher = ExactSearcher(try VectorMatrix(rows: vectors.rows))
    try vectors.withQueries { queries in
      for k in [0, -1, .min] {
        #expect(searcher.search(queries.base, k: k, allowed: nil).isEmpty)
        let all = try searcher.searchAll(queries, k: k, allowed: nil, context: WorkContext())
        #expect(all.allSatisfy(\.isEmpty) && all.count == 20)
      }
      #expect(searcher.search(queries.base, k: .max, allowed: nil).count == 30)
      let cancelled = Cancellation()
      cancelled.cancel()
      #expect(throws: CancellationRequested.self) {
        try searcher.searchAll(
          queries, k: 3, allowed: nil, context: WorkContext(cancellation: cancelled))
      }
    }
  }
}
