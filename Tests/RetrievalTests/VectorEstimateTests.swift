import Corpora
import Execution
import Retrieval
import Testing

@Suite struct VectorEstimateTests {
  @Test func storedBytesAreThoseOfTheIndex() throws {
    let rows = RandomVectors(50, dimension: 12, queries: 0, seed: 1).rows
    let flat = VectorEstimate.flat(documents: 50, dimension: 12)
    #expect(flat.storedBytes == Double(try VectorMatrix(rows: rows).byteCount))
    #expect(flat.operationsPerQuery == 2 * 50 * 12)
    for precision in TokenMatrix.Precision.allCases {
      let tokens = try TokenMatrix(
        documents: rows.map { [$0, $0] }, dimension: 12, precision: precision)
      let late = VectorEstimate.lateInteraction(
        documents: 50, tokens: 100, dimension: 12, precision: precision)
      #expect(abs(late.storedBytes - Double(tokens.byteCount)) < 512)
      #expect(late.peakBytes >= late.storedBytes)
    }
  }

  /// What plans say of a small index, and what it then is and took.
  @Test(arguments: [(1500, 24, 8, 60), (4000, 70, 16, 100), (3000, 40, 6, 200)])
  func estimatesAreWithinAFactorOfTwo(_ count: Int, _ dimension: Int, _ m: Int, _ width: Int)
    throws
  {
    let vectors = GraphVectors.clustered(count, dimension: dimension, seed: 5)
    let options = try HNSWOptions(m: m, efConstruction: width)
    let graph = try HNSWGraph.build(
      vectors.rows, options: options, context: WorkContext(threads: 2))
    let matrix = try VectorMatrix(
      rows: (0..<count).map { row in (0..<dimension).map { vectors[row][$0] } })
    let flat = VectorEstimate.flat(documents: count, dimension: dimension)
    #expect(flat.storedBytes == Double(matrix.byteCount))
    let estimate = VectorEstimate.hnsw(documents: count, dimension: dimension, options: options)
    let stored = Double(matrix.byteCount + graph.byteCount)
    #expect(estimate.storedBytes / stored > 0.97 && estimate.storedBytes / stored < 1.03)
    #expect(estimate.peakBytes >= stored && estimate.peakBytes < 2 * stored + 4e6)
    let operations = flat.buildOperations + 2 * graph.operations
    let share = estimate.buildOperations / operations
    #expect(share > 0.5 && share < 2, "\(share)")
    #expect(graph.insertedRows == count)
  }

  /// Counts follow from the arguments alone.
  @Test func workDoesNotDependOnThreads() throws {
    let vectors = GraphVectors.clustered(1200, dimension: 24, seed: 5)
    let options = try HNSWOptions(m: 6, efConstruction: 40)
    let counts = try [1, 2, 3].map { threads in
      try HNSWGraph.build(
        vectors.rows, options: options, context: WorkContext(threads: threads)
      ).productCount
    }
    #expect(counts[0] == counts[1] && counts[0] == counts[2])
    let graph = try HNSWGraph.build(vectors.rows, options: options, context: WorkContext())
    let read = try HNSWGraph(decoding: graph.bytes, rows: vectors.rows)
    #expect(read.productCount == graph.productCount && read.insertedRows == 0)
  }

  @Test func pruningSavesWhereThereIsMuch() {
    let pruned = VectorEstimate.lateInteraction(
      documents: 5000, tokens: 1_000_000, dimension: 384)
    let whole = VectorEstimate.lateInteraction(
      documents: 5000, tokens: 1_000_000, dimension: 384, pruning: .off)
    #expect(pruned.operationsPerQuery < whole.operationsPerQuery / 5)
    #expect(pruned.storedBytes < 4.1e8 && pruned.storedBytes > 3.8e8)
    let hostile = VectorEstimate.flat(documents: .max, dimension: .max)
    #expect(hostile.peakBytes > 1e30)
    #expect(VectorEstimate.flat(documents: -1, dimension: -1).storedBytes == 64)
    #expect(VectorEstimate.encodingOperations(parameters: 10, tokens: 5) == 100)
  }
}
