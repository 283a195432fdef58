import Artifacts
import Glibc
import Synchronization
import TestFolders
import Testing

/// Collects what a store reports.
final class IssueLog: Sendable {
  private let collected = Mutex<[StoreIssue]>([])

  var issues: [StoreIssue] { collected.withLock { $0 } }
  var kinds: [StoreIssue.Kind] { issues.map(\.kind) }

  func callAsFunction(_ issue: StoreIssue) { collected.withLock { $0.append(issue) } }
}

/// A small generator for test inputs: SplitMix64 (Steele, Lea and Flood 2014).
struct TestRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}

/// A store in a folder of its own.
struct StoreFixture {
  let folder: TemporaryFolder
  let store: ArtifactStore
  let log: IssueLog

  init() throws {
    let folder = try TemporaryFolder()
    let log = IssueLog()
    self.folder = folder
    self.log = log
    store = try ArtifactStore.open(at: folder("artifacts"), issues: { log($0) })
  }

  /// The same folder, opened anew, as another process would.
  func reopened() throws -> ArtifactStore {
    let log = log
    return try ArtifactStore.open(at: folder("artifacts"), create: false, issues: { log($0) })
  }

  func objectPath(_ digest: Digest) -> String {
    "artifacts/objects/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))"
  }

  func actionPath(_ key: Digest) -> String { "artifacts/actions/\(key.hex).json" }

  /// Stores an output and records the action that made it.
  @discardableResult
  func make(_ name: String, bytes: [UInt8], createdAt: Int = 1000, extra: [Digest] = []) throws
    -> Action
  {
    let output = try store.put(bytes)
    let action = testAction(name, output: output, bytes: bytes.count, createdAt: createdAt, extra)
    try store.record(action)
    return action
  }
}

func testKey(_ name: String) -> Digest { Digest(hashing: Array("key of \(name)".utf8)) }

func testAction(
  _ name: String, output: Digest, bytes: Int, createdAt: Int = 1000, _ extra: [Digest] = []
) -> Action {
  Action(
    key: testKey(name), verb: "bm25", verbVersion: 3, label: "bm25(\(name), k1: 0.9)",
    inputs: [testKey("input of \(name)")], output: output, outputBytes: bytes,
    objects: [output] + extra,
    cost: Cost(
      seconds: 1.25, cpuSeconds: 2.5, peakMemoryBytes: 1 << 20, outputBytes: bytes,
      counts: ["flops": 1e12, "documents": 5183]),
    provenance: Provenance(cpu: "Test CPU", threads: 2, poiseVersion: "0.1", kernel: "avx512"),
    createdAt: createdAt)
}
