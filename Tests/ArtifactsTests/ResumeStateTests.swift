import Artifacts
import Glibc
import TestFolders
import Testing

/// What a long computation keeps to go on from.
@Suite struct ResumeStateTests {
  static let key = testKey("training")

  static func keep(_ bytes: [UInt8], _ store: ArtifactStore, key: Digest = key) throws {
    try store.keepState(key, call: "train(\u{1B}[2Jx)", seconds: 3, cpuSeconds: 5) {
      try $0.write(bytes)
    }
  }

  static var folder: String { "artifacts/partial/\(key.hex)" }

  @Test func theNewestWholeStateIsTheOneToGoOnFrom() throws {
    let fixture = try StoreFixture()
    #expect(try fixture.store.latestState(Self.key) == nil)
    #expect(!fixture.folder.exists("artifacts/partial"), "asking makes no folder")
    for step in 1...5 {
      let bytes = StreamingTests.sample(300_000 * step, seed: UInt64(step))
      try Self.keep(bytes, fixture.store)
      let state = try #require(try fixture.reopened().latestState(Self.key))
      #expect(state.bytes.array == bytes)
      #expect(state.bytes.isMapped)
      #expect(state.seconds == 3 && state.cpuSeconds == 5)
    }
    #expect(fixture.folder.names(in: Self.folder) == ["call", "state-4", "state-5"])
    // Another node has none of it, even where somebody moves it there.
    let other = testKey("other")
    #expect(try fixture.store.latestState(other) == nil)
    try fixture.folder.write(
      try fixture.folder.read(Self.folder + "/state-5"),
      to: "artifacts/partial/\(other.hex)/state-1")
    #expect(try fixture.store.latestState(other) == nil)
  }

  @Test func aDamagedStateIsPassedOver() throws {
    for damage in ["flip", "tail", "cut", "empty", "grow"] {
      let fixture = try StoreFixture()
      let first = StreamingTests.sample(10_000, seed: 1)
      try Self.keep(first, fixture.store)
      try Self.keep(StreamingTests.sample(10_000, seed: 2), fixture.store)
      let name = Self.folder + "/state-2"
      var bytes = try fixture.folder.read(name)
      switch damage {
      case "flip": bytes[5000] ^= 4
      case "tail": bytes[bytes.count - 50] ^= 4
      case "cut": bytes.removeLast(100)
      case "empty": bytes = []
      default: bytes.append(0)
      }
      try fixture.folder.write(bytes, to: name)
      #expect(try fixture.store.latestState(Self.key)?.bytes.array == first, "\(damage)")
      #expect(fixture.log.kinds == [.damagedState(Self.key)], "\(damage)")
      #expect(!fixture.folder.exists(name))
      // The next one is the newest again.
      let next = StreamingTests.sample(100, seed: 3)
      try Self.keep(next, fixture.store)
      #expect(try fixture.store.latestState(Self.key)?.bytes.array == next)
    }
  }

  @Test func everyCutOfAStateIsNoticed() throws {
    let fixture = try StoreFixture()
    try Self.keep(StreamingTests.sample(100), fixture.store)
    let name = Self.folder + "/state-1"
    let whole = try fixture.folder.read(name)
    for length in 0..<whole.count {
      try fixture.folder.write(Array(whole.prefix(length)), to: name)
      #expect(try fixture.store.latestState(Self.key) == nil, "\(length)")
    }
    for position in whole.indices {
      var bytes = whole
      bytes[position] ^= 0x10
      try fixture.folder.write(bytes, to: name)
      #expect(try fixture.store.latestState(Self.key) == nil, "\(position)")
    }
    try fixture.folder.write(whole, to: name)
    #expect(try fixture.store.latestState(Self.key)?.bytes.count == 100)
  }

  @Test func aWriterThatFailsLeavesTheStateBefore() throws {
    struct Stop: Error {}
    let fixture = try StoreFixture()
    let first = StreamingTests.sample(100)
    try Self.keep(first, fixture.store)
    #expect(throws: Stop.self) {
      try fixture.store.keepState(Self.key, call: "") { sink in
        try sink.write(StreamingTests.sample(3 << 20))
        throw Stop()
      }
    }
    #expect(try fixture.store.latestState(Self.key)?.bytes.array == first)
    #expect(fixture.folder.names(in: Self.folder) == ["call", "state-1"])
  }

  /// What a kill leaves of a state that was being written.
  @Test func aTemporaryFileOfADeadWriterGoes() throws {
    let fixture = try StoreFixture()
    try Self.keep([1, 2, 3], fixture.store)
    try fixture.folder.write([9], to: Self.folder + "/.poise-tmp-1-1")
    #expect(try fixture.store.latestState(Self.key)?.bytes.array == [1, 2, 3])
    #expect(fixture.folder.names(in: Self.folder) == ["call", "state-1"])
  }

  @Test func aLinkInThePlaceOfAStateIsNotFollowed() throws {
    let fixture = try StoreFixture()
    try Self.keep([1, 2, 3], fixture.store)
    let state = try fixture.folder.read(Self.folder + "/state-1")
    try fixture.folder.write(state, to: "elsewhere")
    unlink(fixture.folder(Self.folder + "/state-1"))
    #expect(symlink(fixture.folder("elsewhere"), fixture.folder(Self.folder + "/state-1")) == 0)
    #expect(try fixture.store.latestState(Self.key) == nil)
  }

  @Test func unfinishedWorkIsListedAndCollectedLast() throws {
    let fixture = try StoreFixture()
    try fixture.make("kept", bytes: StreamingTests.sample(50_000))
    try Self.keep(StreamingTests.sample(200_000), fixture.store)
    let work = try #require(try fixture.store.unfinishedWork().first)
    #expect(work.key == Self.key)
    #expect(work.call == "train([2Jx)", "nothing that moves a cursor")
    #expect(work.bytes >= 200_000 && work.lastKept > 0)
    // Room enough: it stays, and counts.
    let generous = try fixture.store.gc(keepBytes: 1 << 30)
    #expect(generous.removedUnfinished == 0 && generous.remainingBytes > 250_000)
    #expect(try fixture.store.latestState(Self.key) != nil)
    let small = try fixture.store.gc(keepBytes: 1000)
    #expect(small.removedUnfinished == 1 && small.removedActions.count == 1)
    #expect(try fixture.store.unfinishedWork() == [])
    #expect(small.remainingBytes < 1000)
  }

  @Test func aStoreInMemoryKeepsStatesToo() throws {
    let store = ArtifactStore.inMemory()
    #expect(try store.latestState(Self.key) == nil)
    try Self.keep([7], store)
    #expect(try store.latestState(Self.key)?.bytes.array == [7])
    try store.discardPartial(Self.key)
    #expect(try store.latestState(Self.key) == nil)
  }
}
