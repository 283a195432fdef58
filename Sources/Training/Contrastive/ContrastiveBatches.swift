import Corpora
import Execution
import Synchronization

/// Pairs in shuffled epochs, with the negatives drawn for each.
///
/// A batch is a function of the step alone. No document and no query is twice in a batch where
/// that can be avoided, and batches of an epoch differ in size by one at most.
package final class ContrastiveBatches: BatchSource {
  private let examples: ContrastiveExamples
  private let pairs: [ContrastiveExamples.Pair]
  private let candidates: [[Int]]
  private let negativesPerQuery: Int
  private let seed: UInt64
  private let tokens: @Sendable (ContrastiveText) -> [Int32]
  private let epochs = Mutex<(epoch: Int, batches: [[Int]])?>(nil)
  /// Steps of one epoch.
  package let stepsPerEpoch: Int
  package let validation: [Batch]
  package let longestSequence: Int
  package let largestBatch: Int

  /// - Parameters:
  ///   - examples: All queries and documents.
  ///   - batchSize: Pairs of a step.
  ///   - candidates: For each query the documents that negatives are drawn from; empty for none.
  ///   - negativesPerQuery: How many are drawn for each query and epoch.
  ///   - heldOut: The share of the queries that is measured and not learned.
  ///   - seed: What everything random is drawn by.
  ///   - longest: The most tokens that a text has.
  ///   - tokens: The tokens of a text; empty where it has none of its own.
  /// - Throws: ``ContrastiveError/nothingHeldOut(queries:share:)``.
  package init(
    _ examples: ContrastiveExamples, batchSize: Int, candidates: [[Int]], negativesPerQuery: Int,
    heldOut: Double, seed: UInt64, longest: Int,
    tokens: @escaping @Sendable (ContrastiveText) -> [Int32]
  ) throws(ContrastiveError) {
    self.examples = examples
    self.candidates = candidates
    self.negativesPerQuery = negativesPerQuery
    self.seed = seed
    self.tokens = tokens
    longestSequence = longest
    let order = RandomStream.permutation(
      examples.queries.count, seed: seed, purpose: "contrastive/held-out")
    let held = Int((Double(order.count) * heldOut).rounded())
    guard heldOut == 0 || (held > 0 && held < order.count) else {
      throw .nothingHeldOut(queries: order.count, share: heldOut)
    }
    let measured = Set(order.prefix(held))
    pairs = examples.pairs.filter { !measured.contains($0.query) }
    let size = max(1, batchSize)
    stepsPerEpoch = (pairs.count + size - 1) / size
    largestBatch = size * (2 + (candidates.isEmpty ? 0 : negativesPerQuery)) * longest
    // The same for every run of these examples, whatever negatives training has.
    let validationPairs = examples.pairs.filter { measured.contains($0.query) }
    let groups = Self.batches(
      validationPairs, Array(validationPairs.indices), count: (validationPairs.count + 31) / 32)
    validation = groups.map { group in
      Self.batch(group.map { validationPairs[$0] }, negatives: [], examples, tokens)
    }
  }

  package func batch(at step: Int) -> Batch {
    let (epoch, place) = max(0, step - 1).quotientAndRemainder(dividingBy: max(1, stepsPerEpoch))
    let chosen = batches(of: epoch)[place].map { pairs[$0] }
    let drawn = candidates.isEmpty ? [] : chosen.map { negatives(of: $0.query, epoch: epoch) }
    return Self.batch(chosen, negatives: drawn, examples, tokens)
  }

  private func batches(of epoch: Int) -> [[Int]] {
    epochs.withLock { kept in
      if let kept, kept.epoch == epoch { return kept.batches }
      let order = RandomStream.permutation(
        pairs.count, seed: seed, purpose: "contrastive/epoch/\(epoch)")
      let batches = Self.batches(pairs, order, count: stepsPerEpoch)
      kept = (epoch, batches)
      return batches
    }
  }

  /// The documents drawn for a query in an epoch, without repetition.
  private func negatives(of query: Int, epoch: Int) -> [Int] {
    var pool = candidates[query]
    var stream = RandomStream(seed: seed, purpose: "contrastive/negatives/\(epoch)/\(query)")
    var drawn: [Int] = []
    while drawn.count < negativesPerQuery, !pool.isEmpty {
      drawn.append(pool.remove(at: stream.below(pool.count)))
    }
    return drawn
  }

  /// Divides pairs among batches in their order; one whose query or document the batch has
  /// already waits for the next.
  private static func batches(
    _ pairs: [ContrastiveExamples.Pair], _ order: [Int], count: Int
  ) -> [[Int]] {
    var waiting: [Int] = []
    var rest = order[...]
    var batches: [[Int]] = []
    for number in 0..<count {
      let size = order.count * (number + 1) / count - order.count * number / count
      var queries: Set<Int> = []
      var documents: Set<Int> = []
      var batch: [Int] = []
      var left: [Int] = []
      func consider(_ index: Int) {
        let pair = pairs[index]
        if batch.count < size, !queries.contains(pair.query), !documents.contains(pair.document) {
          queries.insert(pair.query)
          documents.insert(pair.document)
          batch.append(index)
        } else {
          left.append(index)
        }
      }
      for index in waiting { consider(index) }
      while batch.count < size, let index = rest.popFirst() { consider(index) }
      let missing = size - batch.count
      batch += left.prefix(missing)
      waiting = Array(left.dropFirst(missing))
      batches.append(batch)
    }
    return batches
  }

  /// Queries, then documents, each document once.
  private static func batch(
    _ pairs: [ContrastiveExamples.Pair], negatives: [[Int]], _ examples: ContrastiveExamples,
    _ tokens: (ContrastiveText) -> [Int32]
  ) -> Batch {
    var batch = Batch()
    var documents: [Int] = []
    var numbers: [Int: Int32] = [:]
    for document in pairs.map(\.document) + negatives.joined() where numbers[document] == nil {
      numbers[document] = Int32(truncatingIfNeeded: documents.count)
      documents.append(document)
    }
    for pair in pairs { batch.append(tokens(.query(examples.queries[pair.query]))) }
    for document in documents {
      batch.append(tokens(.document(examples.corpus[document].encodedText)))
    }
    batch.contrast = Contrast(
      positives: pairs.map { numbers[$0.document] ?? 0 },
      ignored: pairs.map { pair in
        examples.relevant[pair.query].compactMap { numbers[$0] }.sorted()
      })
    return batch
  }
}

/// A text and what it is to a search.
package enum ContrastiveText {
  case query(String)
  case document(String)
}

extension Batch {
  /// Adds a sequence without labels; an empty one as the single token 0.
  fileprivate mutating func append(_ tokens: [Int32]) {
    let tokens = tokens.isEmpty ? [0] : tokens
    append(tokens: tokens, labels: [Int32](repeating: -1, count: tokens.count))
  }
}
