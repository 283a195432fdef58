import Artifacts
import Glibc
import TestFolders
import Testing

@Suite struct CollectionTests {
  private let hour = 3600

  /// Five results of 100 kB each, `n1` the oldest, with an object that `n1` and `n5` share.
  private func filled() throws -> StoreFixture {
    let fixture = try StoreFixture()
    var random = TestRandom(state: 10)
    let shared = try fixture.store.put(random.bytes(1000))
    for number in 1...5 {
      try fixture.make(
        "n\(number)", bytes: random.bytes(100_000), createdAt: number,
        extra: number == 1 || number == 5 ? [shared] : [])
    }
    return fixture
  }

  private func size(_ fixture: StoreFixture) throws -> Int {
    var total = 0
    for name in fixture.folder.names(in: "artifacts/actions") {
      total += try fixture.folder.read("artifacts/actions/" + name).count
    }
    for folder in fixture.folder.names(in: "artifacts/objects") {
      for name in fixture.folder.names(in: "artifacts/objects/" + folder) {
        total += try fixture.folder.read("artifacts/objects/\(folder)/\(name)").count
      }
    }
    return total
  }

  @Test func removesTheLeastRecentlyUsedUntilItFits() throws {
    let fixture = try filled()
    #expect(fixture.store.action(testKey("n2")) != nil)
    let report = try fixture.store.gc(keepBytes: 250_000)
    #expect(report.removedActions == ["n1", "n3", "n4"].map { testKey($0) })
    #expect(report.removedObjects == 3)
    #expect(report.remainingBytes <= 250_000)
    #expect(report.remainingBytes == (try size(fixture)))
    #expect(report.freedBytes > 300_000)
    #expect(try Set(fixture.store.list().map(\.key)) == [testKey("n2"), testKey("n5")])
    let check = try fixture.store.verify()
    #expect(check.isSound && check.orphans.isEmpty)
    #expect(fixture.log.issues.isEmpty)
  }

  @Test func removesNothingThatFits() throws {
    let fixture = try filled()
    let report = try fixture.store.gc(keepBytes: 1_000_000)
    #expect(report.removedActions == [] && report.removedObjects == 0 && report.freedBytes == 0)
    #expect(report.remainingBytes == (try size(fixture)))
  }

  @Test func sparesPinnedResultsWithAllTheyNeed() throws {
    let fixture = try filled()
    try fixture.store.pin(testKey("n1").short)
    let report = try fixture.store.gc(keepBytes: 0)
    #expect(report.keptPinned == 1)
    #expect(report.removedActions.count == 4)
    #expect(report.remainingBytes == (try size(fixture)))
    let action = try #require(fixture.store.action(testKey("n1")))
    #expect(action.objects.allSatisfy { fixture.store.get($0) != nil })
    let check = try fixture.store.verify()
    #expect(check.isSound && check.objects == 2)
    try fixture.store.unpin(testKey("n1").short)
    #expect(try fixture.store.gc(keepBytes: 0).remainingBytes == 0)
  }

  @Test func sparesWhatIsInUse() throws {
    let fixture = try filled()
    let other = try fixture.reopened()
    let report = try other.withNodeLock(testKey("n3")) { try fixture.store.gc(keepBytes: 0) }
    #expect(report.keptInUse == 1)
    #expect(try fixture.store.list().map(\.key) == [testKey("n3")])
    #expect(try fixture.store.gc(keepBytes: 0).remainingBytes == 0)
  }

  @Test func removesOldOrphansAndSparesYoungOnes() throws {
    let fixture = try filled()
    let old = try fixture.store.put([1])
    let young = try fixture.store.put([2])
    let again = try fixture.store.put([3])
    fixture.folder.age(fixture.objectPath(old), seconds: 2 * hour)
    fixture.folder.age(fixture.objectPath(again), seconds: 2 * hour)
    // Put again: somebody is about to use it.
    try fixture.store.put([3])
    let held = try fixture.reopened().withNodeLock(testKey("training")) {
      try fixture.store.gc(keepBytes: .max)
    }
    #expect(held.removedObjects == 0)
    let report = try fixture.store.gc(keepBytes: .max)
    #expect(report.removedObjects == 1 && report.removedActions.isEmpty)
    #expect(!fixture.store.contains(old))
    #expect(fixture.store.contains(young) && fixture.store.contains(again))
    #expect(try fixture.store.verify().orphans == [young, again].sorted())
  }

  @Test func sweepsLeftovers() throws {
    let fixture = try filled()
    let head = fixture.folder.names(in: "artifacts/objects")[0]
    let names = ["", "actions/", "objects/\(head)/"].map { "artifacts/\($0).poise-tmp-1-" }
    for name in names {
      try fixture.folder.write("half", to: name + "1")
      try fixture.folder.write("being written", to: name + "2")
      fixture.folder.age(name + "1", seconds: 2 * hour)
    }
    let done = try fixture.store.partialFolder(testKey("n1"))
    let running = try fixture.store.partialFolder(testKey("training"))
    try DurableFile.write([1, 2, 3], to: done + "/state")
    try DurableFile.write([1, 2, 3, 4], to: running + "/state")
    try fixture.folder.write("nonsense", to: fixture.actionPath(testKey("n2")))
    try fixture.folder.write("", to: "artifacts/locks/\(testKey("dead").hex)")
    try fixture.folder.write("not ours", to: "artifacts/actions/README")

    let report = try fixture.store.gc(keepBytes: .max)
    #expect(report.removedLeftovers == 5)
    for name in names {
      #expect(!fixture.folder.exists(name + "1"))
      #expect(fixture.folder.exists(name + "2"))
    }
    #expect(fixture.folder.names(in: "artifacts/partial") == [testKey("training").hex])
    #expect(fixture.folder.names(in: "artifacts/locks") == [])
    #expect(fixture.folder.exists("artifacts/actions/README"))
    #expect(!fixture.folder.exists(fixture.actionPath(testKey("n2"))))
    // The state of the running training counts as well.
    #expect(report.remainingBytes == (try size(fixture)) - 8 - 13 * 2 + 4)
  }

  @Test func canBeCancelled() throws {
    struct Stop: Error {}
    let fixture = try filled()
    #expect(throws: Stop.self) { _ = try fixture.store.gc(keepBytes: 0) { throw Stop() } }
    #expect(try fixture.store.list().count == 5)
  }

  @Test func neverLeavesTheStore() throws {
    let fixture = try filled()
    try fixture.folder.write("precious", to: "outside/file")
    let partial = try fixture.store.partialFolder(testKey("n1"))
    symlink(fixture.folder("outside"), partial + "/link")
    symlink(fixture.folder("outside"), fixture.folder("artifacts/partial/\(testKey("n2").hex)"))
    symlink(fixture.folder("outside"), fixture.folder("artifacts/objects/zz"))
    _ = try fixture.store.gc(keepBytes: 0)
    #expect(try fixture.folder.text("outside/file") == "precious")
    #expect(fixture.folder.names(in: "artifacts/partial") == [])
  }
}

@Suite struct VerifyTests {
  @Test func tellsEveryKindOfFault() throws {
    let fixture = try StoreFixture()
    var random = TestRandom(state: 11)
    let sound = try fixture.make("sound", bytes: random.bytes(1000))
    let large = try fixture.make("large", bytes: random.bytes(1_500_000))
    let flipped = try fixture.make("flipped", bytes: random.bytes(1000))
    let lost = try fixture.make("lost", bytes: random.bytes(1000))
    let damaged = try fixture.make("damaged", bytes: random.bytes(1000))
    let linked = try fixture.make("linked", bytes: random.bytes(1000))
    let orphan = try fixture.store.put(random.bytes(10))
    #expect(try fixture.store.verify().isSound)

    for action in [large, flipped] {
      var bytes = try fixture.folder.read(fixture.objectPath(action.output))
      bytes[500] ^= 1
      try fixture.folder.write(bytes, to: fixture.objectPath(action.output))
    }
    unlink(fixture.folder(fixture.objectPath(lost.output)))
    try fixture.folder.write("{", to: fixture.actionPath(damaged.key))
    unlink(fixture.folder(fixture.objectPath(linked.output)))
    symlink("/etc/hostname", fixture.folder(fixture.objectPath(linked.output)))

    var seen: [VerifyProgress] = []
    let report = try fixture.store.verify(progress: { seen.append($0) })
    #expect(report.objects == 6 && report.actions == 5)
    #expect(report.corrupt == [large.output, flipped.output].sorted())
    #expect(report.malformed == [damaged.key])
    #expect(report.unreadable == [linked.output])
    #expect(
      report.missing == [
        large.key: [large.output], flipped.key: [flipped.output], lost.key: [lost.output],
        linked.key: [linked.output],
      ])
    #expect(report.orphans == [orphan, damaged.output].sorted())
    #expect(!report.isSound && report.removed == 0)
    #expect(seen.count == 6)
    #expect(seen.last?.bytes == report.bytes && seen.last?.totalBytes == report.bytes)

    let repaired = try fixture.store.verify(removeCorrupt: true)
    #expect(repaired.removed == 3)
    let after = try fixture.store.verify()
    #expect(after.corrupt == [] && after.malformed == [])
    #expect(fixture.store.get(sound.output) != nil)
    #expect(fixture.store.get(large.output) == nil)
  }

  @Test func aRememberedVerificationDoesNotSatisfyIt() throws {
    let fixture = try StoreFixture()
    let action = try fixture.make("a", bytes: [UInt8](repeating: 1, count: 2_000_000))
    var checks = 0
    _ = try fixture.store.verify(check: { checks += 1 })
    // One before the object, one before its only piece, one before the action.
    #expect(checks == 3)
    #expect(fixture.store.get(action.output) != nil)
  }

  @Test func canBeCancelled() throws {
    struct Stop: Error {}
    let fixture = try StoreFixture()
    try fixture.make("a", bytes: [1])
    #expect(throws: Stop.self) { _ = try fixture.store.verify(check: { throw Stop() }) }
  }
}
