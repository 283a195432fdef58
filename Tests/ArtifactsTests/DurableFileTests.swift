import Artifacts
import Glibc
import Synchronization
import TestFolders
import Testing

@Suite struct DurableFileTests {
  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  @Test func writesAndReplaces() throws {
    let folder = try TemporaryFolder()
    try DurableFile.write(Array("one".utf8), to: folder("a.md"))
    #expect(try folder.text("a.md") == "one")
    try DurableFile.write(Array("two, longer".utf8), to: folder("a.md"))
    #expect(try folder.text("a.md") == "two, longer")
    try DurableFile.write([], to: folder("a.md"))
    #expect(try folder.text("a.md") == "")
    #expect(folder.names() == ["a.md"])
  }

  @Test(arguments: [0o600, 0o644, 0o755, 0o640] as [mode_t])
  func keepsTheMode(wanted: mode_t) throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "a.md")
    chmod(folder("a.md"), wanted)
    try DurableFile.write(Array("new".utf8), to: folder("a.md"))
    #expect(mode(folder("a.md")) == wanted)
  }

  @Test func followsLinksAndKeepsThem() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "real/a.md")
    symlink("real/a.md", folder("link.md"))
    symlink(folder("link.md"), folder("chain.md"))
    try DurableFile.write(Array("new".utf8), to: folder("chain.md"))
    #expect(try folder.text("real/a.md") == "new")
    #expect(folder.names() == ["chain.md", "link.md", "real"])
    #expect(folder.names(in: "real") == ["a.md"])
    var status = stat()
    #expect(lstat(folder("link.md"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)

    symlink("real/new.md", folder("dangling.md"))
    try DurableFile.write(Array("made".utf8), to: folder("dangling.md"))
    #expect(try folder.text("real/new.md") == "made")
  }

  @Test func refusesWhatIsNoRegularFile() throws {
    let folder = try TemporaryFolder()
    mkdir(folder("folder"), 0o755)
    mkfifo(folder("fifo"), 0o644)
    symlink("b", folder("a"))
    symlink("a", folder("b"))
    func reason(_ name: String) -> FileFailure.Reason? {
      do throws(FileFailure) {
        try DurableFile.write([1], to: folder(name))
        return nil
      } catch {
        return error.reason
      }
    }
    #expect(reason("folder") == .notRegular)
    #expect(reason("fifo") == .notRegular)
    #expect(reason("a") == .symbolicLink)
    #expect(reason("absent/x") == .notFound)
    #expect(folder.names() == ["a", "b", "fifo", "folder"])
  }

  /// Each step of a write, and the error it is made to fail with.
  static let failures: [(step: String, code: Int32, reason: FileFailure.Reason)] = [
    ("write", ENOSPC, .diskFull), ("write", EDQUOT, .diskFull), ("write", EFBIG, .sizeLimit),
    ("flush", EIO, .other), ("flush", ENOSPC, .diskFull), ("rename", EACCES, .denied),
    ("rename", EROFS, .readOnlyFileSystem), ("rename", EXDEV, .otherFileSystem),
    ("second write", ENOSPC, .diskFull), ("empty write", ENOSPC, .diskFull),
  ]

  @Test(arguments: failures)
  func aFailureLeavesTheOldContents(
    failure: (step: String, code: Int32, reason: FileFailure.Reason)
  ) throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "a.md")
    let calls = failingCalls(failure.step, failure.code)
    var caught: FileFailure?
    do throws(FileFailure) {
      try DurableFile.write(
        [UInt8](repeating: 7, count: 100_000), to: folder("a.md"), calls: calls)
    } catch {
      caught = error
    }
    #expect(caught?.reason == failure.reason)
    #expect(caught?.code == failure.code)
    #expect(caught?.path == folder("a.md"))
    #expect(caught?.description.contains(folder("a.md")) == true)
    #expect(caught?.description.contains(String(cString: strerror(failure.code))) == true)
    #expect(try folder.text("a.md") == "old")
    #expect(folder.names() == ["a.md"])
  }

  private func failingCalls(_ step: String, _ code: Int32) -> FileCalls {
    var calls = FileCalls()
    let result = -Int(code)
    switch step {
    case "write": calls.write = { _, _, _ in result }
    case "empty write": calls.write = { _, _, _ in 0 }
    case "second write":
      // A disk that takes a part and then no more.
      let isFirst = Atomic(true)
      calls.write = { file, start, count in
        let first = isFirst.exchange(false, ordering: .relaxed)
        return first ? Glibc.write(file, start, count / 2) : result
      }
    case "flush": calls.flush = { _ in result }
    default: calls.rename = { _, _, _ in result }
    }
    return calls
  }

  @Test func aFolderThatCannotBeFlushedIsSaidButTheNewContentsAreThere() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "a.md")
    var calls = FileCalls()
    calls.flushFolder = { _ in -Int(EIO) }
    #expect(throws: FileFailure(.flush, folder("a.md"), code: EIO)) {
      try DurableFile.write(Array("new".utf8), to: folder("a.md"), calls: calls)
    }
    #expect(try folder.text("a.md") == "new")
    calls.flushFolder = { _ in -Int(EINVAL) }
    try DurableFile.write(Array("newer".utf8), to: folder("a.md"), calls: calls)
    #expect(folder.names() == ["a.md"])
  }

  @Test func shortWritesAndInterruptionsAreGoneOnWith() throws {
    let folder = try TemporaryFolder()
    var random = TestRandom(state: 4)
    let bytes = random.bytes(10_000)
    let count = Atomic(0)
    var calls = FileCalls()
    calls.write = { file, start, length in
      let number = count.wrappingAdd(1, ordering: .relaxed).newValue
      return number % 3 == 0 ? -Int(EINTR) : Glibc.write(file, start, min(length, 777))
    }
    try DurableFile.write(bytes, to: folder("a"), calls: calls)
    #expect(try folder.read("a") == bytes)
  }

  @Test func aFileThatChangedMeanwhileIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    try folder.write("read", to: "a.md")
    let stamp = try FileStamp.of(folder("a.md"))
    try folder.write("somebody else's", to: "a.md")
    #expect(throws: FileFailure(.write, folder("a.md"), reason: .changed)) {
      try DurableFile.write(Array("mine".utf8), to: folder("a.md"), replacing: stamp)
    }
    #expect(try folder.text("a.md") == "somebody else's")
    try DurableFile.write(
      Array("mine".utf8), to: folder("a.md"), replacing: try FileStamp.of(folder("a.md")))
    #expect(try folder.text("a.md") == "mine")
    #expect(folder.names() == ["a.md"])
  }

  /// The real limit, in a process of its own because it holds for all of a process's threads.
  @Test func theFileSizeLimitIsAnErrorAndNotTheEnd() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      try folder.write("old", to: "a.md")
      DurableFile.ignoreFileSizeSignal()
      var limit = rlimit(rlim_cur: 4096, rlim_max: 1 << 20)
      try #require(setrlimit(__rlimit_resource_t(1), &limit) == 0)
      let store = try ArtifactStore.open(at: folder("artifacts"))
      let bytes = [UInt8](repeating: 1, count: 100_000)
      var reasons: [FileFailure.Reason] = []
      do throws(FileFailure) {
        try DurableFile.write(bytes, to: folder("a.md"))
      } catch {
        reasons.append(error.reason)
      }
      do throws(StoreError) {
        try store.put(bytes)
      } catch {
        if case .file(let failure) = error { reasons.append(failure.reason) }
      }
      limit.rlim_cur = 1 << 20
      setrlimit(__rlimit_resource_t(1), &limit)
      try #require(reasons == [.sizeLimit, .sizeLimit])
      try #require(try folder.text("a.md") == "old")
      try #require(folder.names() == ["a.md", "artifacts"])
      try #require(try store.get(store.put(bytes))?.array == bytes)
    }
  }
}
