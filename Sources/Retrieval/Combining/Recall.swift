import Corpora
public import Execution

/// How much of what an exact retriever finds another one finds: per query the share of the exact
/// one's first `k` documents that are among the other's first `k`, 1 where there are none to find.
///
/// - Parameters:
///   - retriever: What is measured.
///   - exact: What it is measured against.
///   - queries: What both are asked.
///   - k: How many documents of both count.
///   - filter: Which documents may be returned; nil for all.
///   - context: Threads, progress, cancellation.
/// - Returns: One share a query, in their order.
/// - Throws: What the retrievers throw.
public func recall(
  of retriever: any Retriever, against exact: any Retriever, queries: [String], k: Int,
  filter: DocumentFilter? = nil, context: WorkContext
) throws -> [Double] {
  let wanted = try exact.searchAll(queries, k: k, filter: filter, context: context)
  let found = try retriever.searchAll(queries, k: k, filter: filter, context: context)
  return zip(wanted, found).map { wanted, found in
    guard !wanted.isEmpty else { return 1 }
    let ids = Set(found.map(\.documentID))
    let hits = wanted.reduce(0) { $0 + (ids.contains($1.documentID) ? 1 : 0) }
    return Double(hits) / Double(wanted.count)
  }
}
