import Artifacts
import Glibc
import Synchronization
import TestFolders
import Testing

/// Files that are written together.
@Suite struct DurableFolderTests {
  static func files(_ texts: [(String, String)]) -> [DurableFolder.File] {
    texts.map { name, text in
      DurableFolder.File(name: name) { try $0.write(Array(text.utf8)) }
    }
  }

  @Test func allAreThereOrNoneIs() throws {
    struct Stop: Error {}
    let folder = try TemporaryFolder(["a": "old a", "b": "old b"])
    var files = Self.files([("a", "new a"), ("b", "new b"), ("c", "new c")])
    files.append(DurableFolder.File(name: "d") { _ in throw Stop() })
    #expect(throws: Stop.self) { try DurableFolder.write(files, to: folder.path) }
    #expect(folder.names() == ["a", "b"])
    #expect(try folder.text("a") == "old a")
    files.removeLast()
    try DurableFolder.write(files, to: folder.path)
    #expect(folder.names() == ["a", "b", "c"])
    #expect(try ["a", "b", "c"].map(folder.text) == ["new a", "new b", "new c"])
  }

  /// Every single rename and flush that fails leaves the files as they were.
  @Test func aFailedRenamePutsTheOldFilesBack() throws {
    for failing in 0..<8 {
      let folder = try TemporaryFolder(["a": "old a", "b": "old b"])
      let count = Mutex(0)
      var calls = FileCalls()
      calls.flush = { _ in
        count.withLock {
          $0 += 1; return $0 - 1
        } == failing ? -Int(EIO) : 0
      }
      let move = calls.move
      calls.move = { from, name, to, newName in
        let isFailing =
          count.withLock {
            $0 += 1; return $0 - 1
          } == failing
        return isFailing ? -Int(EIO) : move(from, name, to, newName)
      }
      let files = Self.files([("a", "new a"), ("b", "new b"), ("c", "new c")])
      do {
        try DurableFolder.write(files, to: folder.path, calls: calls)
        #expect(try ["a", "b", "c"].map(folder.text) == ["new a", "new b", "new c"])
      } catch {
        #expect(folder.names() == ["a", "b"], "\(failing): \(error)")
        #expect(try ["a", "b"].map(folder.text) == ["old a", "old b"], "\(failing)")
      }
      #expect(failing >= 6 || count.withLock { $0 } > failing)
    }
  }

  @Test func namesLeadNowhereElse() throws {
    let folder = try TemporaryFolder()
    for name in ["../a", "a/../../b", "a/b/c", "/a", "", ".."] {
      #expect(throws: FileFailure.self, "\(name)") {
        try DurableFolder.write(Self.files([(name, "x")]), to: folder.path)
      }
    }
    #expect(symlink("/dev/null", folder("link")) == 0)
    #expect(throws: FileFailure.self) {
      try DurableFolder.write(Self.files([("link", "x")]), to: folder.path)
    }
    #expect(folder.names() == ["link"])
  }
}
