import Artifacts
import Glibc
import TestFolders
import Testing

@Suite struct ActionTests {
  @Test func comesBackAsItWent() throws {
    let fixture = try StoreFixture()
    var action = testAction("a", output: testKey("o"), bytes: 10, [testKey("leaf")])
    action.label = "tables(\"Größe\", /, \\, \u{0}\n)"
    try fixture.store.record(action)
    #expect(fixture.store.action(action.key) == action)
    #expect(try fixture.reopened().action(action.key) == action)
    #expect(fixture.store.hasAction(action.key))
    #expect(fixture.store.action(testKey("absent")) == nil)
    #expect(!fixture.store.hasAction(testKey("absent")))
    #expect(fixture.log.issues.isEmpty)

    action.cost.seconds = 9
    try fixture.store.record(action)
    #expect(fixture.store.action(action.key)?.cost.seconds == 9)
  }

  @Test func theOutputIsAlwaysAmongTheObjects() {
    let output = testKey("output")
    let action = Action(
      key: testKey("a"), verb: "v", verbVersion: 1, label: "", output: output, outputBytes: 0,
      objects: [testKey("leaf")], cost: Cost(),
      provenance: Provenance(cpu: "", threads: 1, poiseVersion: ""), createdAt: 0)
    #expect(action.objects == [output, testKey("leaf")])
  }

  static let impossible: [@Sendable (inout Action) -> Void] = [
    { $0.cost.seconds = .nan }, { $0.cost.seconds = -1 }, { $0.cost.cpuSeconds = .infinity },
    { $0.cost.counts["x"] = .nan }, { $0.outputBytes = -1 }, { $0.cost.peakMemoryBytes = -1 },
    { $0.objects = [] },
  ]

  @Test(arguments: impossible.indices)
  func impossibleActionsAreNotRecorded(index: Int) throws {
    let fixture = try StoreFixture()
    var action = testAction("a", output: testKey("o"), bytes: 10)
    Self.impossible[index](&action)
    #expect(throws: StoreError.self) { try fixture.store.record(action) }
    #expect(fixture.store.action(action.key) == nil)
  }

  @Test func swappedFilesAreFoundOut() throws {
    let fixture = try StoreFixture()
    let a = try fixture.make("a", bytes: [1])
    let b = try fixture.make("b", bytes: [2])
    try fixture.folder.write(
      try fixture.folder.read(fixture.actionPath(b.key)), to: fixture.actionPath(a.key))
    #expect(fixture.store.action(a.key) == nil)
    #expect(fixture.log.kinds == [.malformedAction(a.key)])
    #expect(
      fixture.log.issues.first?.detail == "it is the action of another key, \(b.key.short)")
    try fixture.store.record(a)
    #expect(fixture.store.action(a.key) == a)
  }

  @Test func laterFormatsAreLeftAlone() throws {
    let fixture = try StoreFixture()
    var action = try fixture.make("a", bytes: [1])
    action.formatVersion = 2
    try fixture.store.record(action)
    #expect(fixture.store.action(action.key) == nil)
    #expect(
      fixture.log.issues.first?.detail == "it has format version 2, this program reads 1")
    _ = try fixture.store.verify(removeCorrupt: true)
    _ = try fixture.store.gc(keepBytes: 0)
    #expect(fixture.folder.exists(fixture.actionPath(action.key)))
  }

  @Test func linksFoldersAndGiantsAreNoActions() throws {
    let fixture = try StoreFixture()
    let action = try fixture.make("a", bytes: [1])
    let path = fixture.folder(fixture.actionPath(action.key))
    try fixture.folder.write(try fixture.folder.read(fixture.actionPath(action.key)), to: "copy")
    unlink(path)
    symlink(fixture.folder("copy"), path)
    #expect(fixture.store.action(action.key) == nil)
    unlink(path)
    mkdir(path, 0o755)
    #expect(fixture.store.action(action.key) == nil)
    rmdir(path)
    mkfifo(path, 0o644)
    #expect(fixture.store.action(action.key) == nil)
    unlink(path)
    try fixture.folder.write([], to: fixture.actionPath(action.key))
    truncate(path, 17 << 20)
    #expect(fixture.store.action(action.key) == nil)
    #expect(fixture.log.kinds == [.unreadable, .unreadable, .unreadable, .unreadable])
    try fixture.store.record(action)
    #expect(fixture.store.action(action.key) == action)

    unlink(path)
    symlink(fixture.folder("copy"), path)
    try fixture.store.record(action)
    #expect(fixture.store.action(action.key) == action)
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
  }

  @Test func everyTruncationIsAMiss() throws {
    let fixture = try StoreFixture()
    let action = try fixture.make("a", bytes: [1])
    let bytes = try fixture.folder.read(fixture.actionPath(action.key))
    for length in 0..<bytes.count {
      try fixture.folder.write(Array(bytes[..<length]), to: fixture.actionPath(action.key))
      #expect(fixture.store.action(action.key) == nil, "cut at \(length)")
    }
    #expect(fixture.log.issues.count == bytes.count)
    try fixture.folder.write(bytes, to: fixture.actionPath(action.key))
    #expect(fixture.store.action(action.key) == action)
  }

  @Test func everyFlippedBitIsAMiss() throws {
    let fixture = try StoreFixture()
    let action = try fixture.make("a", bytes: [1])
    let bytes = try fixture.folder.read(fixture.actionPath(action.key))
    var random = TestRandom(state: 7)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try fixture.folder.write(changed, to: fixture.actionPath(action.key))
      #expect(fixture.store.action(action.key) == nil, "byte \(index)")
    }
  }

  /// A forger can compute sums: what is inside must be harmless by itself.
  @Test func forgedContentsNeverTrap() throws {
    let fixture = try StoreFixture()
    let action = try fixture.make("a", bytes: [1])
    let path = fixture.actionPath(action.key)
    let text = try fixture.folder.text(path)
    let start = try #require(text.utf8.firstRange(of: Array("\"action\":".utf8))).upperBound
    let body = Array(Array(text.utf8)[text.utf8.distance(from: text.startIndex, to: start)...])
      .dropLast(2)
    func frame(_ body: [UInt8]) -> [UInt8] {
      Array("{\"sum\":\"\(Digest(hashing: body).hex)\",\n\"action\":".utf8) + body
        + Array("}\n".utf8)
    }
    try fixture.folder.write(frame(Array(body)), to: path)
    #expect(fixture.store.action(action.key) == action)

    var random = TestRandom(state: 8)
    let splices = [
      "-1", "1e999", "99999999999999999999", "null", "[]", "{}", "\"", "[[[[", "\u{0}", "NaN",
      String(repeating: "[", count: 100_000), "-9223372036854775809", "\"../../etc/passwd\"",
    ].map { Array($0.utf8) }
    for round in 0..<3000 {
      var changed = Array(body)
      for _ in 0...Int.random(in: 0...2, using: &random) {
        let at = Int.random(in: 0..<max(1, changed.count), using: &random)
        switch round % 4 {
        case 0: changed[at] = UInt8.random(in: 0...255, using: &random)
        case 1: changed.removeSubrange(at..<min(changed.count, at + 30))
        case 2:
          changed.replaceSubrange(
            at..<min(changed.count, at + Int.random(in: 0...8, using: &random)),
            with: splices.randomElement(using: &random) ?? [])
        default: changed = Array(changed[..<at])
        }
        if changed.isEmpty { break }
      }
      try fixture.folder.write(frame(changed), to: path)
      if let read = fixture.store.action(action.key) {
        #expect(read.key == action.key)
        #expect(read.cost.seconds.isFinite && read.outputBytes >= 0)
        #expect(read.objects.contains(read.output))
      }
    }
    _ = try fixture.store.list()
    _ = try fixture.store.verify()
    _ = try fixture.store.gc(keepBytes: 0)
  }
}
