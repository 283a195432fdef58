import Artifacts
import Bytes
import Execution
import Synchronization

/// The resume states of one node in the store. Its lock is held while the verb runs.
final class NodeCheckpoints: CheckpointStore {
  private let store: ArtifactStore
  private let key: Digest
  private let call: String
  private let work: WorkContext
  private let meter: CostMeter
  /// What runs before this one took up to the state that this one went on from.
  private let before = Mutex((seconds: 0.0, cpuSeconds: 0.0))

  /// The states of a node; `call` is its text, for listings, and `meter` measures this run.
  init(store: ArtifactStore, key: Digest, call: String, work: WorkContext, meter: CostMeter) {
    self.store = store
    self.key = key
    self.call = call
    self.work = work
    self.meter = meter
  }

  func latest() throws -> SharedBytes? {
    let work = work
    guard let state = try store.latestState(key, check: { try work.check() }) else { return nil }
    before.withLock { $0 = (state.seconds, state.cpuSeconds) }
    return state.bytes.shared
  }

  func save(_ write: (ByteSink) throws -> Void) throws {
    let spent = total(of: meter.stop())
    let work = work
    try store.keepState(
      key, call: call, seconds: spent.seconds, cpuSeconds: spent.cpuSeconds,
      check: { try work.check() }
    ) { try write($0.pieces) }
  }

  /// A run's cost with the time that runs before it took for the state that it went on from.
  func total(of cost: Cost) -> Cost {
    let earlier = before.withLock { $0 }
    var cost = cost
    cost.seconds += earlier.seconds
    cost.cpuSeconds += earlier.cpuSeconds
    return cost
  }
}
