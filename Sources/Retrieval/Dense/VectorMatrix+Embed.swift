import Bytes
public import Corpora
public import Execution

extension VectorMatrix {
  /// How many texts are handed to an encoder at once: enough to sort them by length, few enough
  /// for progress to show.
  static let chunk = 512

  /// Encodes all documents of a corpus, title and text together.
  ///
  /// - Parameters:
  ///   - corpus: The documents; row `r` becomes that of the id of rank `r`.
  ///   - encoder: What turns texts into vectors.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: The vectors, with how many tokens were read and texts cut.
  /// - Throws: What the encoder throws; ``VectorError`` where its vectors are not as it says.
  public static func embed(
    _ corpus: Corpus, encoder: any TextEncoder, context: WorkContext
  ) throws -> VectorMatrix {
    var builder = VectorMatrixBuilder(count: corpus.count, dimension: encoder.dimension)
    let start = ContinuousClock.now
    let quiet = WorkContext(cancellation: context.cancellation, threads: context.threads)
    for first in stride(from: 0, to: corpus.count, by: chunk) {
      try context.check()
      context.report(
        Progress(
          task: "embedding", completed: first, total: corpus.count, unit: "documents",
          detail: rate(builder.tokenCount, since: start)))
      let ranks = first..<min(first + chunk, corpus.count)
      let texts = ranks.map { corpus[corpus.index(rankedByID: $0)].encodedText }
      let encoded = try encoder.encode(texts, as: .document, context: quiet)
      try encoded.check(against: encoder, texts: texts.count)
      builder.row(first).update(from: encoded.vectors.base, count: texts.count * encoder.dimension)
      builder.tokenCount += encoded.tokenCount
      builder.truncatedCount += encoded.truncatedCount
      builder.emptyCount += encoded.emptyCount
    }
    return try builder.finish()
  }
}

/// `1234 tokens/s`, once there is something to measure.
func rate(_ tokens: Int, since start: ContinuousClock.Instant) -> String? {
  let (whole, fraction) = (ContinuousClock.now - start).components
  let elapsed = Double(whole) + Double(fraction) * 1e-18
  guard tokens > 0, elapsed > 0 else { return nil }
  return "\(Int(min(Double(tokens) / elapsed, 1e12))) tokens/s"
}

extension EncodedTexts {
  /// Fails where the vectors are not what the encoder promises.
  func check(against encoder: any TextEncoder, texts: Int) throws(VectorError) {
    let what = "encoder \(encoder.name)"
    guard dimension == encoder.dimension, dimension > 0 else {
      throw .dimension(what: what, expected: max(encoder.dimension, 1), got: dimension)
    }
    guard count == texts, vectors.count >= texts * dimension else {
      throw .count(what: what, expected: texts, got: min(count, vectors.count / dimension))
    }
    _ = try longestRow(vectors.base, count: texts, dimension: dimension, what: what)
  }
}

extension EncodedTokens {
  /// Fails where the vectors are not what the encoder promises.
  func check(against encoder: any TextEncoder, texts: Int) throws(VectorError) {
    let what = "encoder \(encoder.name)"
    guard dimension == encoder.dimension, dimension > 0 else {
      throw .dimension(what: what, expected: max(encoder.dimension, 1), got: dimension)
    }
    guard starts.count == texts + 1, starts[0] == 0, zip(starts, starts.dropFirst()).allSatisfy(<=),
      vectors.count / dimension >= starts[texts]
    else { throw .count(what: what, expected: texts, got: starts.count - 1) }
    _ = try longestRow(vectors.base, count: starts[texts], dimension: dimension, what: what)
  }
}
