import Artifacts
import Dispatch
import Glibc
import Synchronization
import TestFolders
import Testing

@Suite struct LockTests {
  struct Stop: Error {}

  private func exclude(_ stores: [ArtifactStore]) throws {
    let key = testKey("node")
    let inside = Atomic(0)
    let most = Atomic(0)
    let runs = Atomic(0)
    let group = DispatchGroup()
    for number in 0..<6 {
      // A queue of its own each: a pool may give all of them to one thread.
      DispatchQueue(label: "\(number)").async(group: group) {
        for _ in 0..<20 {
          try? stores[number % stores.count].withNodeLock(key) {
            let now = inside.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
            most.max(now, ordering: .sequentiallyConsistent)
            usleep(100)
            runs.wrappingAdd(1, ordering: .sequentiallyConsistent)
            inside.wrappingSubtract(1, ordering: .sequentiallyConsistent)
          }
        }
      }
    }
    group.wait()
    #expect(most.load(ordering: .sequentiallyConsistent) == 1)
    #expect(runs.load(ordering: .sequentiallyConsistent) == 120)
  }

  @Test func excludesThreadsOfOneStore() throws {
    let fixture = try StoreFixture()
    try exclude([fixture.store])
    #expect(fixture.folder.names(in: "artifacts/locks") == [])
  }

  /// Two stores on one folder know of each other only through the files, as two processes do.
  @Test func excludesTwoStoresOnOneFolder() throws {
    let fixture = try StoreFixture()
    try exclude([fixture.store, fixture.reopened()])
    #expect(fixture.folder.names(in: "artifacts/locks") == [])
    #expect(fixture.log.issues.isEmpty)
  }

  @Test func excludesThreadsOfAStoreInMemory() throws { try exclude([.inMemory()]) }

  @Test func differentNodesDoNotWait() throws {
    let store = try StoreFixture().store
    let result = try store.withNodeLock(testKey("a")) {
      try store.withNodeLock(testKey("b")) { 3 }
    }
    #expect(result == 3)
  }

  @Test func aThreadThatWaitsForItselfIsTold() throws {
    let store = try StoreFixture().store
    let key = testKey("a")
    #expect(throws: StoreError.lockedTwice(key: key)) {
      try store.withNodeLock(key) { try store.withNodeLock(key) {} }
    }
    try store.withNodeLock(key) {}
  }

  @Test func isLetGoWhenTheBodyThrows() throws {
    let fixture = try StoreFixture()
    #expect(throws: Stop.self) { try fixture.store.withNodeLock(testKey("a")) { throw Stop() } }
    var waited = false
    try fixture.reopened().withNodeLock(testKey("a"), waiting: { waited = true }) {}
    #expect(!waited)
  }

  @Test func waitingCanBeCancelledAndIsToldOnce() throws {
    let fixture = try StoreFixture()
    let other = try fixture.reopened()
    try fixture.store.withNodeLock(testKey("a")) {
      var waits = 0
      var polls = 0
      #expect(throws: Stop.self) {
        try other.withNodeLock(
          testKey("a"),
          cancelled: {
            polls += 1
            if polls == 4 { throw Stop() }
          }, waiting: { waits += 1 }
        ) {
          Issue.record("the lock is held")
        }
      }
      #expect(waits == 1 && polls == 4)
    }
  }

  @Test func linkedFoldersOfLocksAndPartialsAreNotFollowed() throws {
    let fixture = try StoreFixture()
    let key = testKey("a")
    try fixture.folder.write("precious", to: "outside/\(key.hex)")
    symlink(fixture.folder("outside"), fixture.folder("artifacts/locks"))
    symlink(fixture.folder("outside"), fixture.folder("artifacts/partial"))
    #expect(try fixture.store.withNodeLock(key) { 3 } == 3)
    #expect(fixture.log.kinds == [.noLocks])
    #expect(throws: StoreError.self) { _ = try fixture.store.partialFolder(key) }
    #expect(throws: StoreError.self) { try fixture.store.discardPartial(key) }
    #expect(throws: StoreError.self) { _ = try fixture.store.gc(keepBytes: 0) }
    #expect(try fixture.folder.text("outside/\(key.hex)") == "precious")
  }

  // MARK: Other processes

  private func spawn(_ arguments: [String]) throws -> pid_t {
    var pid: pid_t = 0
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    try #require(posix_spawn(&pid, arguments[0], nil, nil, &pointers, environ) == 0)
    return pid
  }

  private func wait(_ pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status
  }

  @Test func anotherProcessIsKeptOutAndOursWaitsUntilItDies() throws {
    let fixture = try StoreFixture()
    let key = testKey("node")
    let path = fixture.folder("artifacts/locks/\(key.hex)")
    try fixture.store.withNodeLock(key) {
      let status = wait(try spawn(["/usr/bin/flock", "--nonblock", path, "/bin/true"]))
      #expect(status == 1 << 8, "flock got a lock that is held")
    }

    let marker = fixture.folder("locked")
    let child = try spawn([
      "/usr/bin/flock", "--no-fork", path, "/bin/sh", "-c", ": > '\(marker)'; exec sleep 60",
    ])
    var tries = 0
    while access(marker, F_OK) != 0, tries < 5000 {
      usleep(2000)
      tries += 1
    }
    try #require(access(marker, F_OK) == 0, "the other process does not start")
    var waited = false
    try fixture.store.withNodeLock(
      key,
      waiting: {
        waited = true
        kill(child, SIGKILL)
      }
    ) {
      #expect(waited)
    }
    _ = wait(child)
    #expect(fixture.log.issues.isEmpty)
  }

  // MARK: Resume states

  @Test func partialFoldersAreMadeAndDiscarded() throws {
    let fixture = try StoreFixture()
    let key = testKey("training")
    let path = try fixture.store.partialFolder(key)
    #expect(path == fixture.folder("artifacts/partial/\(key.hex)"))
    try DurableFile.write([1], to: path + "/state")
    #expect(try fixture.store.partialFolder(key) == path)
    #expect(try fixture.folder.read("artifacts/partial/\(key.hex)/state") == [1])
    mkdir(path + "/deeper", 0o755)
    try DurableFile.write([1], to: path + "/deeper/state")
    try fixture.store.discardPartial(key)
    try fixture.store.discardPartial(key)
    #expect(fixture.folder.names(in: "artifacts/partial") == [])
  }

  @Test func aLinkedPartialFolderIsRefused() throws {
    let fixture = try StoreFixture()
    try fixture.folder.write("precious", to: "outside/state")
    try fixture.folder.write("", to: "artifacts/partial/x")
    let link = "artifacts/partial/\(testKey("training").hex)"
    symlink(fixture.folder("outside"), fixture.folder(link))
    #expect(throws: StoreError.self) { _ = try fixture.store.partialFolder(testKey("training")) }
    try fixture.store.discardPartial(testKey("training"))
    #expect(!fixture.folder.exists(link))
    #expect(try fixture.folder.text("outside/state") == "precious")
  }
}
