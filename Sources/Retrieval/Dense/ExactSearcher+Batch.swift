import CKernels
package import Execution

extension ExactSearcher {
  /// The `k` best rows for each of several queries, the same as one by one.
  package func searchAll(
    _ queries: QueryRows, k: Int, allowed: DocumentSet?, context: WorkContext
  ) throws -> [[(row: Int, score: Float)]] {
    try queries.map(context: context) { search($0, k: k, allowed: allowed) }
  }
}
