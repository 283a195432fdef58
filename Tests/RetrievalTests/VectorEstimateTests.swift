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
