import CKernels
import Glibc

/// What logits say about the next token.
package struct TokenStatistics {
  /// log Σ exp(logit)
  package let logPartition: Double
  /// -Σ p log p, in nats.
  package let entropy: Double

  /// O(V), sums in double.
  package init(_ logits: UnsafeBufferPointer<Float>, position: Int) throws(InferenceError) {
    guard let base = logits.baseAddress else { throw .notFinite(position: position) }
    var result = ck_statistics()
    ck_softmax_statistics(Int64(logits.count), base, &result)
    logPartition = result.top + log(result.sum)
    entropy = max(0, log(result.sum) - result.weighted / result.sum)
    guard logPartition.isFinite, entropy.isFinite else { throw .notFinite(position: position) }
  }

  /// log p of a token, in nats.
  package func logProbability(_ token: Int32, _ logits: UnsafeBufferPointer<Float>) -> Double {
    Double(logits[Int(token)]) - logPartition
  }
}
