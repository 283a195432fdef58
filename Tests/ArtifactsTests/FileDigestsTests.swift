import Artifacts
import Glibc
import Synchronization
import TestFolders
import Testing

@Suite struct FileDigestsTests {
  /// Whether `digest` read the file or remembered it shows in whether it checked for
  /// cancellation, which it does before every piece that it reads.
  private func reads(_ digests: FileDigests, _ path: String) throws -> Bool {
    var checks = 0
    _ = try digests.digest(ofFile: path) { checks += 1 }
    return checks > 0
  }

  /// A clock that stands so many seconds after the file's last change.
  private func clock(_ path: String, after seconds: Double) throws -> @Sendable () -> Int64 {
    let stamp = try FileStamp.of(path)
    let time = max(stamp.modified, stamp.changed) + Int64(seconds * 1e9)
    return { time }
  }

  @Test(arguments: [0, 1, 1000, (16 << 20) + 5])
  func isTheDigestOfTheContents(size: Int) throws {
    let folder = try TemporaryFolder()
    let bytes = [UInt8](repeating: 5, count: size)
    try folder.write(bytes, to: "a")
    #expect(try FileDigests().digest(ofFile: folder("a")) == Digest(hashing: bytes))
    symlink("a", folder("link"))
    #expect(try FileDigests().digest(ofFile: folder("link")) == Digest(hashing: bytes))
  }

  @Test func remembersSettledFilesOnly() throws {
    let folder = try TemporaryFolder()
    try folder.write("contents", to: "a")
    let young = FileDigests(cacheAt: nil, now: try clock(folder("a"), after: 1.999))
    #expect(try reads(young, folder("a")))
    #expect(try reads(young, folder("a")))
    let settled = FileDigests(cacheAt: nil, now: try clock(folder("a"), after: 2.001))
    #expect(try reads(settled, folder("a")))
    #expect(try !reads(settled, folder("a")))
    // The time of modification can be set back; that of the change tells.
    folder.age("a", seconds: 1000)
    let stamp = try FileStamp.of(folder("a"))
    let fooled = FileDigests(cacheAt: nil, now: { stamp.changed + 1_000_000_000 })
    #expect(try reads(fooled, folder("a")))
    #expect(try reads(fooled, folder("a")))
    // And a time in the future is no evidence of anything.
    folder.age("a", seconds: -100_000)
    let future = FileDigests(cacheAt: nil, now: { stamp.changed + 50_000_000_000 })
    #expect(try reads(future, folder("a")))
    #expect(try reads(future, folder("a")))
  }

  /// Why young files are distrusted: same size, same times, other contents.
  @Test func aChangeWithinOneTickIsSeen() throws {
    let folder = try TemporaryFolder()
    let digests = FileDigests()
    for number in 0..<50 {
      try folder.write("contents \(number % 10)", to: "a")
      let expected = Digest(hashing: Array("contents \(number % 10)".utf8))
      #expect(try digests.digest(ofFile: folder("a")) == expected)
    }
  }

  @Test func everyChangeIsSeen() throws {
    let folder = try TemporaryFolder()
    try folder.write("one", to: "a")
    let late = FileStamp.of
    let now = try late(folder("a")).changed + 1_000_000_000_000
    let digests = FileDigests(cacheAt: nil, now: { now })
    let first = try digests.digest(ofFile: folder("a"))
    let times = try late(folder("a"))
    // Other contents of the same size, and the old times restored: the time of change differs.
    usleep(20_000)
    try folder.write("two", to: "a")
    let old = timespec(
      tv_sec: Int(times.modified / 1_000_000_000), tv_nsec: Int(times.modified % 1_000_000_000))
    utimensat(AT_FDCWD, folder("a"), [old, old], 0)
    #expect(try late(folder("a")).modified == times.modified)
    #expect(try digests.digest(ofFile: folder("a")) != first)
    // Another file moved into its place.
    try folder.write("one", to: "b")
    rename(folder("b"), folder("a"))
    #expect(try digests.digest(ofFile: folder("a")) == first)
  }

  @Test func isKeptFromRunToRun() throws {
    let folder = try TemporaryFolder()
    try folder.write("a's", to: "a")
    try folder.write("b's", to: "b")
    let now = try clock(folder("b"), after: 10)
    let path = folder("cache")
    do {
      let first = FileDigests(cacheAt: path, now: now)
      let second = FileDigests(cacheAt: path, now: now)
      #expect(try reads(first, folder("a")))
      #expect(try reads(second, folder("b")))
    }
    let later = FileDigests(cacheAt: path, now: now)
    #expect(try !reads(later, folder("a")))
    #expect(try !reads(later, folder("b")))
    #expect(try later.digest(ofFile: folder("a")) == Digest(hashing: Array("a's".utf8)))
    #expect(folder.names() == ["a", "b", "cache"])
  }

  @Test func aDamagedCacheIsIgnored() throws {
    let folder = try TemporaryFolder()
    try folder.write("contents", to: "a")
    let now = try clock(folder("a"), after: 10)
    let path = folder("cache")
    _ = try FileDigests(cacheAt: path, now: now).digest(ofFile: folder("a"))
    let bytes = try folder.read("cache")
    #expect(bytes.count == 8 + 72 + 32)
    let digest = Digest(hashing: Array("contents".utf8))
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x10
      for damaged in [changed, Array(bytes[..<index])] {
        try folder.write(damaged, to: "cache")
        let digests = FileDigests(cacheAt: path, now: now)
        #expect(try reads(digests, folder("a")))
        #expect(try digests.digest(ofFile: folder("a")) == digest)
      }
    }
    // Replaced by a good one each time.
    #expect(try folder.read("cache") == bytes)
  }

  @Test func aCacheThatCannotBeWrittenDoesNotMatter() throws {
    let folder = try TemporaryFolder()
    try folder.write("contents", to: "a")
    let now = try clock(folder("a"), after: 10)
    let digests = FileDigests(cacheAt: folder("a/cache"), now: now)
    #expect(try reads(digests, folder("a")))
    digests.save()
    #expect(try !reads(digests, folder("a")))
  }

  @Test func aLinkInTheCachesPlaceIsReplaced() throws {
    let folder = try TemporaryFolder()
    try folder.write("precious", to: "elsewhere")
    symlink("elsewhere", folder("cache"))
    let digests = FileDigests(
      cacheAt: folder("cache"), now: try clock(folder("elsewhere"), after: 10))
    _ = try digests.digest(ofFile: folder("elsewhere"))
    digests.save()
    #expect(try folder.text("elsewhere") == "precious")
    #expect(try folder.read("cache").count == 112)
  }

  @Test func refusesWhatIsNoFileAndWhatChanges() throws {
    let folder = try TemporaryFolder()
    mkfifo(folder("fifo"), 0o644)
    try folder.write("contents", to: "growing")
    func reason(_ path: String, _ check: () throws -> Void = {}) throws -> FileFailure.Reason? {
      do {
        _ = try FileDigests().digest(ofFile: path, check: check)
      } catch let failure as FileFailure {
        return failure.reason
      }
      return nil
    }
    #expect(try reason(folder("fifo")) == .notRegular)
    #expect(try reason(folder.path) == .notRegular)
    #expect(try reason(folder("absent")) == .notFound)
    #expect(try reason("/proc/self/status") == .changed)
    var length = 8
    let changing = try reason(folder("growing")) {
      length += 1
      truncate(folder("growing"), length)
    }
    #expect(changing == .changed)
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      _ = try FileDigests().digest(ofFile: folder("growing")) { throw Stop() }
    }
  }

  @Test func stampsTellChanges() throws {
    let folder = try TemporaryFolder()
    try folder.write("one", to: "a")
    let digests = FileDigests()
    let before = try digests.stamp(ofFile: folder("a"))
    #expect(try digests.stamp(ofFile: folder("a")) == before)
    try folder.write("three", to: "a")
    #expect(try digests.stamp(ofFile: folder("a")) != before)
    #expect(throws: FileFailure(.inspect, folder("absent"), code: ENOENT)) {
      _ = try digests.stamp(ofFile: folder("absent"))
    }
  }

  @Test func aStoreKeepsThem() throws {
    let fixture = try StoreFixture()
    try fixture.folder.write("contents", to: "a")
    #expect(
      try fixture.store.makeFileDigests().digest(ofFile: fixture.folder("a"))
        == Digest(hashing: Array("contents".utf8)))
  }
}
