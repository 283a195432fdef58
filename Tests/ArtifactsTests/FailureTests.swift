import Artifacts
import Glibc
import TestFolders
import Testing

@Suite struct FailureTests {
  private func store(_ storage: FailingStorage, _ log: IssueLog) throws -> ArtifactStore {
    try ArtifactStore.open(on: storage, create: true, issues: { log($0) })
  }

  @Test func aFullDiskIsAnErrorAndLosesNothing() throws {
    let storage = FailingStorage()
    let store = try store(storage, IssueLog())
    let first = try store.put([UInt8](repeating: 1, count: 600))
    storage.leave(room: 500)
    var caught: StoreError?
    do throws(StoreError) {
      try store.put([UInt8](repeating: 2, count: 600))
    } catch {
      caught = error
    }
    guard case .file(let failure) = try #require(caught) else {
      Issue.record("another error: \(String(describing: caught))")
      return
    }
    #expect(failure.reason == .diskFull)
    #expect(failure.description.hasSuffix("run `poise artifacts gc --keep SIZE`"))
    #expect(store.get(first)?.count == 600)
    #expect(try store.put([UInt8](repeating: 1, count: 600)) == first)
    #expect(try store.verify().isSound)
    storage.leave(room: .max)
    #expect(try store.get(store.put([UInt8](repeating: 2, count: 600))) != nil)
  }

  @Test func anActionThatCannotBeWrittenIsNotThere() throws {
    let storage = FailingStorage()
    let store = try store(storage, IssueLog())
    let action = testAction("a", output: try store.put([1]), bytes: 1)
    storage.fail(.rename, EIO)
    #expect(throws: StoreError.self) { try store.record(action) }
    #expect(store.action(action.key) == nil)
    storage.fail(.rename, nil)
    try store.record(action)
    #expect(store.action(action.key) == action)
  }

  @Test func whatCannotBeReadIsAMiss() throws {
    let storage = FailingStorage()
    let log = IssueLog()
    let store = try store(storage, log)
    let action = testAction("a", output: try store.put([1]), bytes: 1)
    try store.record(action)
    storage.fail(.read, EIO)
    #expect(store.action(action.key) == nil)
    #expect(store.get(action.output) == nil)
    #expect(log.kinds == [.unreadable, .unreadable])
    let report = try store.verify(removeCorrupt: true)
    #expect(report.unreadable == [action.output])
    #expect(report.malformed == [action.key])
    #expect(report.removed == 0)
    storage.fail(.read, nil)
    // Unreadable is not damaged: nothing may have been deleted.
    #expect(store.action(action.key) == action)
    #expect(store.get(action.output)?.array == [1])
  }

  @Test func damageThatCannotBeDeletedIsReportedAndStillAMiss() throws {
    let storage = FailingStorage()
    let log = IssueLog()
    let store = try store(storage, log)
    let digest = try store.put([1])
    try storage.write([2], to: "objects/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))")
    storage.fail(.delete, EROFS)
    #expect(store.get(digest) == nil)
    #expect(log.kinds == [.corruptObject(digest), .notWritten])
  }

  @Test func failuresOfListingReachTheCaller() throws {
    let storage = FailingStorage()
    let store = try store(storage, IssueLog())
    storage.fail(.list, EIO)
    #expect(throws: StoreError.self) { _ = try store.list() }
    #expect(throws: StoreError.self) { _ = try store.verify() }
    #expect(throws: StoreError.self) { _ = try store.gc(keepBytes: 0) }
  }

  /// Writes of a store on disk, each made to fail at each step: no half object, no leftovers.
  @Test(arguments: ["write", "flush", "rename"])
  func aFailedPutLeavesNothing(step: String) throws {
    let folder = try TemporaryFolder()
    _ = try ArtifactStore.open(at: folder("artifacts"))
    var calls = FileCalls()
    switch step {
    case "write": calls.write = { _, _, _ in -Int(ENOSPC) }
    case "flush": calls.flush = { _ in -Int(EIO) }
    default: calls.rename = { _, _, _ in -Int(EIO) }
    }
    let storage = DiskStorage(path: folder("artifacts"), calls: calls)
    let store = try ArtifactStore.open(on: storage, create: false, issues: { _ in })
    let digest = Digest(hashing: [1, 2, 3])
    #expect(throws: StoreError.self) { try store.put([1, 2, 3]) }
    #expect(store.get(digest) == nil)
    #expect(folder.names(in: "artifacts/objects/\(digest.hex.prefix(2))") == [])
  }
}
