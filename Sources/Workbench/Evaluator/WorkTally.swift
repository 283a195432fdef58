import Synchronization

/// Names of counts that several verbs keep, so that they can be added up and compared.
package enum WorkCount {
  /// Floating-point operations; a multiplication and an addition are two.
  package static let operations = "FLOPs"
  /// Tokens that a model was trained on or that it read and wrote.
  package static let tokens = "tokens"
  /// Bytes of text that were indexed.
  package static let textBytes = "text bytes"
  /// Steps of an optimiser.
  package static let steps = "steps"
  /// Parameters of a model.
  package static let parameters = "parameters"
  /// The median time to an answer, milliseconds: the one count that is measured, with the next.
  package static let latencyMedian = "latency p50 ms"
  /// The time within which 95 % of questions were answered, milliseconds.
  package static let latencyTail = "latency p95 ms"
}

/// What a running verb counts. May be used from any thread.
package final class WorkTally: Sendable {
  private struct State {
    var counts: [String: Double] = [:]
    var kernel = ""
  }

  private let state = Mutex(State())

  /// Nothing counted yet.
  package init() {}

  /// Adds to a count; what is no number of things (negative, not finite) is left out.
  package func add(_ name: String, _ number: Double) {
    guard number.isFinite, number >= 0 else { return }
    state.withLock { state in
      let sum = state.counts[name, default: 0] + number
      if sum.isFinite { state.counts[name] = sum }
    }
  }

  /// The last kernel named is the one recorded.
  package func use(kernel name: String) { state.withLock { $0.kernel = name } }

  package var counts: [String: Double] { state.withLock { $0.counts } }
  package var kernel: String { state.withLock { $0.kernel } }
}
