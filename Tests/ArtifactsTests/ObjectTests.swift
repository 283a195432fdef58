import Artifacts
import Glibc
import TestFolders
import Testing

@Suite struct ObjectTests {
  private static let sizes = [0, 1, 1000, 1 << 20, 1 << 20 + 1, 3_000_000]

  @Test(arguments: sizes)
  func comesBackAsItWent(size: Int) throws {
    var random = TestRandom(state: UInt64(size))
    let bytes = random.bytes(size)
    let fixture = try StoreFixture()
    let digest = try fixture.store.put(bytes)
    #expect(digest == Digest(hashing: bytes))
    for store in [fixture.store, try fixture.reopened()] {
      let object = try #require(store.get(digest))
      #expect(object.array == bytes)
      #expect(object.count == size)
      #expect(object.isMapped == (size > ArtifactStore.largeObjectBytes))
      #expect(store.contains(digest))
    }
    #expect(fixture.log.issues.isEmpty)
    #expect(fixture.store.get(testKey("absent")) == nil)
    #expect(!fixture.store.contains(testKey("absent")))
  }

  @Test func puttingTwiceWritesOnce() throws {
    let fixture = try StoreFixture()
    let digest = try fixture.store.put([1, 2, 3])
    let before = try FileStamp.of(fixture.folder(fixture.objectPath(digest)))
    #expect(try fixture.store.put([1, 2, 3]) == digest)
    #expect(try FileStamp.of(fixture.folder(fixture.objectPath(digest))) == before)
  }

  /// Every way in which a file can differ from what was written.
  enum Damage: String, CaseIterable {
    case flippedBit, truncated, emptied, extended, swapped
  }

  @Test(arguments: [100, 2_000_000], Damage.allCases)
  func damageIsAMissAndHealedByPutting(size: Int, damage: Damage) throws {
    var random = TestRandom(state: 5)
    let bytes = random.bytes(size)
    let fixture = try StoreFixture()
    let digest = try fixture.store.put(bytes)
    let path = fixture.objectPath(digest)
    var changed = bytes
    switch damage {
    case .flippedBit: changed[size / 2] ^= 1
    case .truncated: changed.removeLast(10)
    case .emptied: changed = []
    case .extended: changed.append(0)
    case .swapped: changed = random.bytes(size)
    }
    try fixture.folder.write(changed, to: path)
    let store = try fixture.reopened()
    #expect(store.get(digest) == nil)
    #expect(fixture.log.kinds == [.corruptObject(digest)])
    #expect(fixture.log.issues.first?.description.contains(path) == true)
    #expect(!fixture.folder.exists(path))
    #expect(store.get(digest) == nil)
    #expect(fixture.log.issues.count == 1)
    try store.put(bytes)
    #expect(store.get(digest)?.array == bytes)

    // And by putting alone, where nobody read it in between.
    try fixture.folder.write(changed, to: path)
    try store.put(bytes)
    #expect(store.get(digest)?.array == bytes)
    #expect(fixture.log.issues.count == 1)
  }

  /// That a large object's full read is remembered shows when its file is changed behind the
  /// kernel's back: through a mapping that leaves size and inode as they were. The time of
  /// change betrays it.
  @Test func aLargeObjectIsVerifiedAgainWhenItsFileChanged() throws {
    let fixture = try StoreFixture()
    let bytes = [UInt8](repeating: 3, count: 2_000_000)
    let digest = try fixture.store.put(bytes)
    #expect(fixture.store.get(digest) != nil)
    let path = fixture.folder(fixture.objectPath(digest))
    let file = open(path, O_WRONLY)
    var byte: UInt8 = 4
    pwrite(file, &byte, 1, 1_000_000)
    close(file)
    #expect(fixture.store.get(digest) == nil)
    #expect(fixture.log.kinds == [.corruptObject(digest)])
  }

  @Test func aVerifiedLargeObjectIsNotReadAgain() throws {
    let fixture = try StoreFixture()
    let bytes = [UInt8](repeating: 3, count: 2_000_000)
    let digest = try fixture.store.put(bytes)
    var reads = 0
    _ = fixture.store.get(digest) { reads += 1 }
    _ = try fixture.reopened().get(digest) { reads += 1 }
    #expect(reads == 0)
    unlink(fixture.folder("artifacts/catalog.sqlite"))
    unlink(fixture.folder("artifacts/catalog.sqlite-wal"))
    let store = try fixture.reopened()
    _ = store.get(digest) { reads += 1 }
    #expect(reads == 1)
    _ = store.get(digest) { reads += 1 }
    #expect(reads == 1)
    #expect(fixture.log.issues.isEmpty)
  }

  @Test func verifyingCanBeCancelled() throws {
    struct Stop: Error {}
    let fixture = try StoreFixture()
    let digest = try fixture.store.put([1, 2, 3])
    #expect(throws: Stop.self) { _ = try fixture.store.get(digest) { throw Stop() } }
  }

  @Test func aMappedObjectOutlivesItsFile() throws {
    let fixture = try StoreFixture()
    var random = TestRandom(state: 6)
    let bytes = random.bytes(2_000_000)
    let object = try #require(try fixture.store.get(fixture.store.put(bytes)))
    unlink(fixture.folder(fixture.objectPath(Digest(hashing: bytes))))
    #expect(object.array == bytes)
  }

  @Test func smallObjectsAndActionsNeedNoDatabase() throws {
    let fixture = try StoreFixture()
    let action = try fixture.make("a", bytes: [1, 2, 3])
    #expect(fixture.store.action(action.key) == action)
    #expect(fixture.store.get(action.output) != nil)
    #expect(fixture.folder.names(in: "artifacts") == ["actions", "objects", "poise-store.json"])
  }

  // MARK: Strangers

  @Test func linksInPlaceOfObjectsAreNotFollowed() throws {
    let fixture = try StoreFixture()
    let bytes = Array("outside".utf8)
    let digest = Digest(hashing: bytes)
    try fixture.folder.write(bytes, to: "secret")
    try fixture.folder.write([], to: "artifacts/objects/\(digest.hex.prefix(2))/x")
    symlink(fixture.folder("secret"), fixture.folder(fixture.objectPath(digest)))
    #expect(fixture.store.get(digest) == nil)
    #expect(fixture.log.kinds == [.unreadable])
    try fixture.store.put(bytes)
    #expect(fixture.store.get(digest)?.array == bytes)
    #expect(try fixture.folder.text("secret") == "outside")
  }

  @Test func linkedFoldersAreNeitherReadNorWritten() throws {
    let fixture = try StoreFixture()
    let bytes = Array("outside".utf8)
    let digest = Digest(hashing: bytes)
    let (head, tail) = (digest.hex.prefix(2), digest.hex.dropFirst(2))
    try fixture.folder.write(bytes, to: "elsewhere/\(tail)")
    try fixture.folder.write([], to: "artifacts/objects/x")
    symlink(fixture.folder("elsewhere"), fixture.folder("artifacts/objects/\(head)"))
    #expect(fixture.store.get(digest) == nil)
    #expect(throws: StoreError.self) { try fixture.store.put(bytes) }
    #expect(fixture.folder.names(in: "elsewhere") == [String(tail)])
  }

  @Test func aFifoInPlaceOfAnObjectDoesNotBlock() throws {
    let fixture = try StoreFixture()
    let bytes = Array("outside".utf8)
    let digest = Digest(hashing: bytes)
    try fixture.folder.write([], to: "artifacts/objects/\(digest.hex.prefix(2))/x")
    mkfifo(fixture.folder(fixture.objectPath(digest)), 0o644)
    #expect(fixture.store.get(digest) == nil)
    #expect(fixture.log.kinds == [.unreadable])
    try fixture.store.put(bytes)
    #expect(fixture.store.get(digest)?.array == bytes)
  }
}

@Suite struct StoreOpeningTests {
  @Test func makesAMarkerOnce() throws {
    let folder = try TemporaryFolder()
    #expect(!ArtifactStore.isStore(folder("artifacts")))
    #expect(throws: StoreError.notAStore(folder: folder("artifacts"))) {
      _ = try ArtifactStore.open(at: folder("artifacts"), create: false)
    }
    #expect(folder.names() == [])
    _ = try ArtifactStore.open(at: folder("artifacts"))
    #expect(
      try folder.text("artifacts/poise-store.json")
        == "{\"format\":\"poise-store\",\"version\":1}\n"
    )
    #expect(ArtifactStore.isStore(folder("artifacts")))
    _ = try ArtifactStore.open(at: folder("artifacts"), create: false)
  }

  @Test func refusesALaterVersionUntouched() throws {
    let folder = try TemporaryFolder()
    try folder.write(#"{"format":"poise-store","version":2}"#, to: "artifacts/poise-store.json")
    let error = StoreError.unsupportedVersion(folder: folder("artifacts"), found: 2, newest: 1)
    #expect(throws: error) { _ = try ArtifactStore.open(at: folder("artifacts")) }
    #expect(
      error.description == "the store \(folder("artifacts")) has format version 2, and this poise "
        + "reads up to 1; use a newer poise, or another store with `--store DIR`")
    #expect(folder.names(in: "artifacts") == ["poise-store.json"])
  }

  @Test(arguments: [
    "", "{}", "[]", "{\"format\":\"poise-store\",\"version\":0}",
    "{\"format\":\"poise-store\",\"version\":99999999999999999999}",
    "{\"format\":\"other\",\"version\":1}", "{\"format\":\"poise-store\"", "\u{0}",
    String(repeating: "[", count: 4000),
  ])
  func refusesAMarkerThatSaysSomethingElse(text: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "artifacts/poise-store.json")
    let path = folder("artifacts/poise-store.json")
    #expect(throws: StoreError.malformedMarker(path: path)) {
      _ = try ArtifactStore.open(at: folder("artifacts"))
    }
    #expect(try folder.text("artifacts/poise-store.json") == text)
  }

  @Test func refusesAHugeMarkerAndAMissingParent() throws {
    let folder = try TemporaryFolder()
    try folder.write([UInt8](repeating: 32, count: 5000), to: "artifacts/poise-store.json")
    #expect(throws: StoreError.self) { _ = try ArtifactStore.open(at: folder("artifacts")) }
    #expect(throws: StoreError.self) { _ = try ArtifactStore.open(at: folder("no/artifacts")) }
    try folder.write("x", to: "file")
    #expect(throws: StoreError.self) { _ = try ArtifactStore.open(at: folder("file")) }
  }

  @Test func aStoreInMemoryLeavesNothingBehind() throws {
    var partial = ""
    do {
      let store = ArtifactStore.inMemory()
      #expect(store.folder == nil)
      let digest = try store.put([1, 2, 3])
      #expect(store.get(digest)?.array == [1, 2, 3])
      let action = testAction("a", output: digest, bytes: 3)
      try store.record(action)
      #expect(store.action(action.key) == action)
      #expect(try store.list().map(\.key) == [action.key])
      #expect(try store.verify().isSound)
      partial = try store.partialFolder(action.key)
      try DurableFile.write([1], to: partial + "/state")
      #expect(try store.gc(keepBytes: 0).removedActions == [action.key])
      #expect(store.get(digest) == nil)
    }
    #expect(access(partial, F_OK) != 0)
  }
}
