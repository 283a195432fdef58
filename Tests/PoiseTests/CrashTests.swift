import Artifacts
import Execution
import Glibc
import Synchronization
import TestFolders
import Testing

extension ProgramTests {
  /// A run that dies at any moment leaves a valid document and a readable store.
  @Suite struct CrashTests {
    /// Kills by each of the workers, 200 in all; every second one has its store in memory, where
    /// waiting for a disk takes no part of a run.
    static let kills = [30, 70, 30, 70]
    /// Kills that follow each other in one folder before a run is let through.
    static let killsInARow = 4

    @Test(.timeLimit(.minutes(5)))
    func killedAtRandomMomentsTheDocumentIsAlwaysInAValidState() async throws {
      let states = try SampleNotebook.states()
      let seen = try await withThrowingTaskGroup(of: Set<Int>.self) { group in
        for (worker, kills) in Self.kills.enumerated() {
          group.addTask {
            let parent = worker % 2 == 1 ? TemporaryFolder.memory : TemporaryFolder.disk
            return try Self.work(worker, kills: kills, Reference(states: states, in: parent))
          }
        }
        return try await group.reduce(into: Set<Int>()) { $0.formUnion($1) }
      }
      // Kills that all fall on the first or the last state would show nothing.
      #expect(seen.count > states.count / 2, "the kills left the states \(seen.sorted())")
    }

    /// What a killed write leaves under its temporary name goes with a later run.
    @Test func leftoversOfKilledWritesAreSwept() throws {
      let folder = try SampleNotebook.folder()
      let old = DurableFile.temporaryPrefix + "4711-1"
      let young = DurableFile.temporaryPrefix + "4711-2"
      for name in [old, young, "notebook.assets/" + old] { try folder.write("half", to: name) }
      var then = timespec()
      clock_gettime(CLOCK_REALTIME, &then)
      then.tv_sec -= 7_200
      for name in [old, "notebook.assets/" + old] {
        try #require(utimensat(AT_FDCWD, folder(name), [then, then], 0) == 0)
      }
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).status == 0)
      #expect(!folder.exists(old) && !folder.exists("notebook.assets/" + old))
      // Another process may be about to rename this one.
      #expect(folder.exists(young))
    }

    /// What every folder has to come to.
    struct Reference: Sendable {
      let states: [[UInt8]]
      let assets: [String: [UInt8]]
      /// Of a run that nobody disturbs, seconds.
      let duration: Double
      /// Where the stores are made.
      let parent: String

      init(states: [[UInt8]], in parent: String) throws {
        self.states = states
        self.parent = parent
        let folder = try SampleNotebook.folder()
        let store = try TemporaryFolder(in: parent)
        let start = monotonicSeconds()
        let undisturbed = try PoiseProgram.run(CrashTests.words(store), in: folder)
        duration = monotonicSeconds() - start
        try #require(undisturbed.status == 0, "\(undisturbed.errors)")
        #expect(try folder.read("notebook.md") == states.last)
        assets = try Self.assets(of: folder)
        try #require(assets.count == 2, "a plot and a long table: \(assets.keys)")
      }

      /// The files of the assets folder; what a killed write left under its temporary name is
      /// no part of it.
      static func assets(of folder: TemporaryFolder) throws -> [String: [UInt8]] {
        var assets: [String: [UInt8]] = [:]
        for name in folder.names(in: "notebook.assets")
        where !name.hasPrefix(DurableFile.temporaryPrefix) {
          assets[name] = try folder.read("notebook.assets/" + name)
        }
        return assets
      }
    }

    /// Kills runs until so many have been; gives the positions of the states that they left.
    static func work(_ worker: Int, kills: Int, _ reference: Reference) throws -> Set<Int> {
      var random = RandomStream(seed: UInt64(worker), purpose: "kill moments")
      var seen: Set<Int> = []
      var killed = 0
      while killed < kills {
        let folder = try SampleNotebook.folder()
        let store = try TemporaryFolder(in: reference.parent)
        var position = 0
        for _ in 0..<killsInARow where killed < kills {
          let program = try PoiseProgram.start(words(store), in: folder)
          waitForMoment(&random, program, folder, left: position, reference)
          program.send(SIGKILL)
          let outcome = program.wait()
          #expect(!outcome.timedOut)
          if outcome.signal == SIGKILL { killed += 1 }
          position = try check(folder, store, after: outcome, from: position, reference)
          seen.insert(position)
          if outcome.signal == nil { break }
        }
        try complete(folder, store, reference)
      }
      return seen
    }

    /// Waits for the moment of the next kill: anywhere in the run, in its first milliseconds, or
    /// while a file is being written beside the notebook or into the store.
    static func waitForMoment(
      _ random: inout RandomStream, _ program: RunningProgram, _ folder: TemporaryFolder,
      left position: Int, _ reference: Reference
    ) {
      let cells = Double(reference.states.count)
      let rest = reference.duration * max(0.15, 1 - Double(position) / cells)
      let moment = random.uniform() * rest
      switch random.below(10) {
      case 0: usleep(UInt32(random.uniform() * 8_000))
      case 1, 2:
        // After a while, at the next write of the document or of an asset.
        usleep(UInt32(moment * 0.7 * 1e6))
        let until = monotonicSeconds() + rest
        while monotonicSeconds() < until {
          let names = folder.names() + folder.names(in: "notebook.assets")
          if names.contains(where: { $0.hasPrefix(DurableFile.temporaryPrefix) }) { return }
        }
      default: usleep(UInt32(moment * 1e6))
      }
    }

    /// Holds a folder against the states that it may be in, and gives the position of the one.
    static func check(
      _ folder: TemporaryFolder, _ store: TemporaryFolder, after outcome: Outcome,
      from before: Int, _ reference: Reference
    ) throws -> Int {
      let document = try folder.read("notebook.md")
      let position = try #require(
        reference.states.firstIndex(of: document),
        "no valid state: \(String(decoding: document, as: UTF8.self))")
      #expect(position >= before, "a saved output is gone")
      if outcome.signal == nil {
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(position == reference.states.count - 1)
      }
      // An output that is saved has its files; none is torn.
      let assets = try Reference.assets(of: folder)
      for (name, bytes) in assets { #expect(reference.assets[name] == bytes, "\(name)") }
      let text = String(decoding: document, as: UTF8.self)
      for name in reference.assets.keys where text.contains(name) {
        #expect(assets[name] != nil, "\(name) is linked and missing")
      }
      // A run that was killed before it made the store has left none.
      if store.exists("artifacts/poise-store.json") { try expectSoundStore(store) }
      return position
    }

    /// Lets a run through: the result is that of a run that nobody disturbed.
    static func complete(
      _ folder: TemporaryFolder, _ store: TemporaryFolder, _ reference: Reference
    ) throws {
      let outcome = try PoiseProgram.run(words(store), in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try folder.read("notebook.md") == reference.states.last)
      #expect(try Reference.assets(of: folder) == reference.assets)
      try expectSoundStore(store)
    }

    static func words(_ store: TemporaryFolder) -> [String] {
      ["run", "notebook.md", "--store", store("artifacts")]
    }
  }
}
