import Artifacts
import CSQLite
import Glibc
import TestFolders
import Testing

@Suite struct CatalogTests {
  private func filled() throws -> (StoreFixture, [ArtifactRow]) {
    let fixture = try StoreFixture()
    for number in 1...5 {
      try fixture.make("n\(number)", bytes: [UInt8](repeating: 1, count: number), createdAt: number)
    }
    return (fixture, try fixture.store.list())
  }

  private func remove(_ fixture: StoreFixture) {
    for suffix in ["", "-wal", "-shm"] {
      unlink(fixture.folder("artifacts/catalog.sqlite" + suffix))
    }
  }

  @Test func listsTheLastUsedFirst() throws {
    let (fixture, rows) = try filled()
    #expect(rows.map(\.key) == (1...5).reversed().map { testKey("n\($0)") })
    #expect(rows.first?.label == "bm25(n5, k1: 0.9)")
    #expect(rows.map(\.outputBytes) == [5, 4, 3, 2, 1])
    #expect(rows.allSatisfy { $0.seconds == 1.25 && $0.verb == "bm25" && !$0.isPinned })
    #expect(rows.map(\.lastUsed) == [5, 4, 3, 2, 1])
    #expect(fixture.store.action(testKey("n2")) != nil)
    fixture.store.flushUses()
    let after = try fixture.reopened().list()
    #expect(after.first?.key == testKey("n2"))
    #expect((after.first?.lastUsed ?? 0) > 1_000_000_000)
  }

  @Test func isMadeAnewWhenItIsGone() throws {
    let (fixture, rows) = try filled()
    remove(fixture)
    #expect(try fixture.reopened().list() == rows)
    #expect(fixture.folder.exists("artifacts/catalog.sqlite"))
    #expect(fixture.log.issues.isEmpty)
  }

  /// Ways in which the file may be no catalog.
  enum Damage: String, CaseIterable {
    case noise, empty, truncated, overwrittenPages, otherTables, link, fifo, trigger
  }

  @Test(arguments: Damage.allCases)
  func isMadeAnewWhenItIsDamaged(damage: Damage) throws {
    let (fixture, rows) = try filled()
    let name = "artifacts/catalog.sqlite"
    let path = fixture.folder(name)
    // Everything into the file itself, so that the damage is not hidden by the log.
    try sql(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    let bytes = try fixture.folder.read(name)
    remove(fixture)
    var random = TestRandom(state: 9)
    switch damage {
    case .noise: try fixture.folder.write(random.bytes(10_000), to: name)
    case .empty: try fixture.folder.write([], to: name)
    case .truncated: try fixture.folder.write(Array(bytes[..<(bytes.count / 2)]), to: name)
    case .overwrittenPages:
      try fixture.folder.write(bytes[..<100] + random.bytes(bytes.count - 100), to: name)
    case .otherTables: try sql(path, "CREATE TABLE actions(key TEXT); CREATE TABLE x(y)")
    case .link:
      try fixture.folder.write("precious", to: "elsewhere")
      symlink(fixture.folder("elsewhere"), path)
    case .fifo: mkfifo(path, 0o644)
    case .trigger:
      try fixture.folder.write(bytes, to: name)
      try sql(path, "CREATE TRIGGER t AFTER INSERT ON uses BEGIN DELETE FROM actions; END")
    }
    let store = try fixture.reopened()
    #expect(try store.list() == rows)
    #expect(store.action(testKey("n1")) != nil)
    store.flushUses()
    #expect(try fixture.reopened().list().first?.key == testKey("n1"))
    #expect(fixture.log.kinds == (damage == .empty ? [] : [.catalogRebuilt]))
    if damage == .link { #expect(try fixture.folder.text("elsewhere") == "precious") }
  }

  /// Damage that shows only while the catalog is in use.
  @Test func isMadeAnewWhenItIsDamagedUnderUs() throws {
    let (fixture, rows) = try filled()
    let name = "artifacts/catalog.sqlite"
    try sql(fixture.folder(name), "PRAGMA wal_checkpoint(TRUNCATE)")
    var bytes = try fixture.folder.read(name)
    // The first page, with the schema, stays as it is.
    for index in 4096..<bytes.count { bytes[index] = 0xff }
    remove(fixture)
    try fixture.folder.write(bytes, to: name)
    #expect(try fixture.reopened().list() == rows)
    #expect(fixture.log.kinds == [.catalogRebuilt])
  }

  @Test func followsWhatHappensToTheActions() throws {
    let (fixture, _) = try filled()
    unlink(fixture.folder(fixture.actionPath(testKey("n1"))))
    try fixture.folder.write("nonsense", to: fixture.actionPath(testKey("n2")))
    try fixture.folder.write("nonsense", to: "artifacts/actions/README")
    let other = try fixture.reopened()
    let output = try other.put([9])
    try other.record(testAction("new", output: output, bytes: 1, createdAt: 99))
    let keys = try fixture.store.list().map(\.key)
    #expect(keys == ["new", "n5", "n4", "n3"].map { testKey($0) })
    #expect(fixture.log.kinds == [.malformedAction(testKey("n2"))])
  }

  @Test func whatItClaimsAboutObjectsIsNotBelieved() throws {
    let fixture = try StoreFixture()
    let bytes = [UInt8](repeating: 1, count: 2_000_000)
    let digest = try fixture.store.put(bytes)
    try fixture.folder.write(
      [UInt8](repeating: 2, count: 2_000_000), to: fixture.objectPath(digest))
    // All that a forger can know of the file on another machine: not when it changed.
    try sql(
      fixture.folder("artifacts/catalog.sqlite"),
      "UPDATE verified SET size = 2000000, changed = 1700000000000000000")
    #expect(try fixture.reopened().get(digest) == nil)
  }

  private func sql(_ path: String, _ text: String) throws {
    var handle: OpaquePointer?
    try #require(sqlite3_open(path, &handle) == SQLITE_OK)
    defer { sqlite3_close(handle) }
    try #require(sqlite3_exec(handle, text, nil, nil, nil) == SQLITE_OK)
  }
}

@Suite struct ListingTests {
  @Test func showsByPrefix() throws {
    let fixture = try StoreFixture()
    let leaf = try fixture.store.put([9, 9])
    let action = try fixture.make("a", bytes: [1, 2, 3], extra: [leaf, testKey("lost")])
    #expect(
      try fixture.store.show(action.key.short)
        == .action(action, lastUsed: 1000, isPinned: false, missing: [testKey("lost")]))
    #expect(
      try fixture.store.show(String(leaf.hex.prefix(9)).uppercased())
        == .object(leaf, bytes: 2, neededBy: [action.key]))
    for bad in ["", "abc", "xyzz", "../..", action.key.hex + "0"] {
      #expect(throws: StoreError.invalidPrefix(bad)) { _ = try fixture.store.show(bad) }
    }
    let absent = action.key.hex.prefix(8) + (action.key.hex.dropFirst(8).first == "0" ? "1" : "0")
    #expect(throws: StoreError.unknownPrefix(String(absent))) {
      _ = try fixture.store.show(String(absent))
    }
  }

  @Test func refusesAnAmbiguousPrefix() throws {
    let fixture = try StoreFixture()
    let output = try fixture.store.put([1])
    let keys = ["0", "1"].compactMap { Digest(hex: "abcd" + String(repeating: $0, count: 60)) }
    for key in keys {
      var action = testAction("x", output: output, bytes: 1)
      action.key = key
      try fixture.store.record(action)
    }
    let error = StoreError.ambiguousPrefix("abcd", candidates: keys)
    #expect(throws: error) { _ = try fixture.store.show("abcd") }
    #expect(throws: error) { try fixture.store.pin("abcd") }
    #expect(
      error.description
        == "`abcd` begins several keys: abcd00000000, abcd11111111; give more digits")
    #expect(try fixture.store.pin("abcd1") == keys.last)
  }

  @Test func pinsSurviveTheCatalog() throws {
    let fixture = try StoreFixture()
    let action = try fixture.make("a", bytes: [1])
    try fixture.store.pin(action.key.short)
    try fixture.store.pin(action.key.short)
    unlink(fixture.folder("artifacts/catalog.sqlite"))
    let store = try fixture.reopened()
    #expect(try store.list().map(\.isPinned) == [true])
    #expect(throws: StoreError.self) { try store.unpin("0000") }
    #expect(try store.unpin(action.key.short) == action.key)
    #expect(try store.list().map(\.isPinned) == [false])
  }
}
