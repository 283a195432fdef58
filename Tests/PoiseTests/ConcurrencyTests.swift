import Artifacts
import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// Several processes on one store: the same result, and each node computed once.
  @Suite struct ConcurrencyTests {
    @Test(.timeLimit(.minutes(2)), arguments: [2, 4])
    func theSameNotebookAtTheSameTime(_ count: Int) throws {
      let folder = try SampleNotebook.folder(documents: 3_000)
      let expected = try Self.alone()
      let watch = try ActionWatch(folder)
      let programs = try (0..<count).map { _ in
        try PoiseProgram.start(["run", "notebook.md"], in: folder)
      }
      for program in programs {
        let outcome = program.wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
      #expect(try folder.text("notebook.md") == expected.document)
      #expect(try watch.counts() == expected.actions)
      try expectSoundStore(folder)
    }

    @Test(.timeLimit(.minutes(2)), arguments: [2, 4])
    func copiesOfANotebookOnOneStore(_ count: Int) throws {
      let folder = try SampleNotebook.folder(documents: 3_000)
      let expected = try Self.alone()
      for copy in 0..<count {
        try folder.write(SampleNotebook.documents(3_000), to: "\(copy)/docs.jsonl")
        try folder.write(SampleNotebook.text, to: "\(copy)/notebook.md")
      }
      let watch = try ActionWatch(folder)
      let programs = try (0..<count).map { copy in
        try PoiseProgram.start(["run", "\(copy)/notebook.md"], in: folder)
      }
      for program in programs {
        let outcome = program.wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
      for copy in 0..<count {
        #expect(try folder.text("\(copy)/notebook.md") == expected.document)
      }
      #expect(try watch.counts() == expected.actions)
      try expectSoundStore(folder)
    }

    @Test(.timeLimit(.minutes(2)))
    func whenOneDiesTheOtherTakesOver() throws {
      let folder = try SampleNotebook.folder(documents: 3_000)
      let expected = try Self.alone()
      _ = try ActionWatch(folder)
      let first = try PoiseProgram.start(["run", "notebook.md"], in: folder)
      let second = try PoiseProgram.start(["run", "notebook.md"], in: folder)
      _ = first.wait(until: { !folder.names(in: "artifacts/locks").isEmpty }, timeLimit: 5)
      first.send(SIGKILL)
      _ = first.wait()
      let outcome = second.wait()
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try folder.text("notebook.md") == expected.document)
      try expectSoundStore(folder)
    }

    /// What one process does, with nobody beside it: the document, and how often each action of
    /// a verb was recorded, which is once.
    static func alone() throws -> (document: String, actions: [String: Int]) {
      let folder = try SampleNotebook.folder(documents: 3_000)
      let watch = try ActionWatch(folder)
      let outcome = try PoiseProgram.run(["run", "notebook.md"], in: folder)
      try #require(outcome.status == 0, "\(outcome.errors)")
      let counts = try watch.counts()
      // load, two indexes, a search, judgements, four evaluations.
      try #require(counts.count >= 9 && counts.values.allSatisfy { $0 == 1 }, "\(counts)")
      return (try folder.text("notebook.md"), counts)
    }
  }
}

/// Counts how often each action is written, from the moment it is made: the kernel reports every
/// rename into the folder, so a second record of a node is seen even if it is the same.
final class ActionWatch {
  private let queue: Int32
  private let store: ArtifactStore

  init(_ folder: TemporaryFolder) throws {
    store = try ArtifactStore.open(at: folder("artifacts"))
    mkdir(folder("artifacts/actions"), 0o755)
    queue = inotify_init1(Int32(O_NONBLOCK | O_CLOEXEC))
    try #require(queue >= 0)
    try #require(inotify_add_watch(queue, folder("artifacts/actions"), UInt32(IN_MOVED_TO)) >= 0)
  }

  deinit { close(queue) }

  /// How often each verb's action was recorded, by the label of the call. The notes that sessions
  /// make of a cell's parts, for `explain`, are not results and are left out.
  func counts() throws -> [String: Int] {
    var names: [String: Int] = [:]
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(queue, &buffer, buffer.count)
      if count <= 0 { break }
      var offset = 0
      // An event: watch, mask, cookie and length, 32 bits each, then the name, filled with zeros.
      while offset + 16 <= count {
        let length = Int(
          buffer.withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self)
          })
        let name = buffer[(offset + 16)..<(offset + 16 + length)].prefix { $0 != 0 }
        names[String(decoding: name, as: UTF8.self), default: 0] += 1
        offset += 16 + length
      }
    }
    var counts: [String: Int] = [:]
    for (name, count) in names where name.hasSuffix(".json") {
      guard let key = Digest(hex: String(name.dropLast(5))), let action = store.action(key) else {
        Issue.record("\(name) is no action")
        continue
      }
      if action.verb == "cell" { continue }
      counts["\(action.label) \(key.short)"] = count
    }
    return counts
  }
}
