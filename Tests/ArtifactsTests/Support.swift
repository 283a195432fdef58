import Artifacts
import Glibc
import Synchronization
import Testing

/// A folder for one test, removed with everything in it when the test ends.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/poise-artifacts-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileFailure(.createFolder, "/tmp", code: errno) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    Self.remove(path)
  }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    for name in list(path) { remove(path + "/" + name) }
    rmdir(path)
  }

  /// Writes a file directly, without the code under test; makes the folders that it is in.
  func write(_ bytes: [UInt8], to name: String) throws {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
    let file = Glibc.open(self(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    defer { close(file) }
    try #require(
      bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == bytes.count)
  }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  /// Reads a file directly, without the code under test.
  func read(_ name: String) throws -> [UInt8] {
    let file = Glibc.open(self(name), O_RDONLY)
    try #require(file >= 0, "\(name) cannot be read")
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count <= 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }

  func exists(_ name: String) -> Bool {
    var status = stat()
    return lstat(self(name), &status) == 0
  }

  /// The names in a folder, sorted.
  func names(_ folder: String = ".") -> [String] { Self.list(self(folder)) }

  private static func list(_ path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Sets both times of a file to so many seconds before now.
  func age(_ name: String, seconds: Int) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    now.tv_sec -= seconds
    utimensat(AT_FDCWD, self(name), [now, now], 0)
  }
}

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
