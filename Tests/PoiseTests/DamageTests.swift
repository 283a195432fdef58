import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// What happens to a run on a store whose files were damaged since the last one.
  @Suite struct DamageTests {
    enum Damage: String, CaseIterable, Sendable {
      case flipped, truncated, emptied, lengthened, swapped, removed
    }

    @Test(.timeLimit(.minutes(2)), arguments: Damage.allCases, ["objects", "actions"])
    func damageIsNoticedToldAndRepaired(_ damage: Damage, _ kind: String) throws {
      let folder = try SampleNotebook.folder()
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).status == 0)
      try Self.apply(
        damage, to: folder.files(below: "artifacts/" + kind).map { "artifacts/\(kind)/" + $0 },
        in: folder)

      // Cells downstream are edited, so that they need what is stored of those above.
      let edited = try Self.edited(folder.text("notebook.md"))
      try folder.write(edited, to: "notebook.md")
      let outcome = try PoiseProgram.run(["run", "notebook.md"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")

      let fresh = try SampleNotebook.folder()
      try fresh.write(try Self.edited(SampleNotebook.text), to: "notebook.md")
      _ = try PoiseProgram.run(["run", "notebook.md"], in: fresh)
      #expect(try folder.text("notebook.md") == fresh.text("notebook.md"))
      if damage != .removed {
        let words = kind == "objects" ? "is damaged" : "is not used"
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
        #expect(outcome.errors.contains("computed again"))
        #expect(!outcome.output.contains("computed again"))
      }
      // What the run needed is sound again: another edit is met without a word.
      try folder.write(
        try folder.text("notebook.md").replacing("zinc and iron", with: "granite"),
        to: "notebook.md")
      let again = try PoiseProgram.run(["run", "notebook.md"], in: folder)
      #expect(again.status == 0)
      #expect(!again.errors.contains("computed again"), "\(again.errors)")
    }

    @Test(.timeLimit(.minutes(2)), arguments: Damage.allCases)
    func aFreshNotebookNeedsNoStore(_ damage: Damage) throws {
      let folder = try SampleNotebook.folder()
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).status == 0)
      let stamp = try folder.stamp("notebook.md")
      try Self.apply(
        damage, to: folder.files(below: "artifacts/objects").map { "artifacts/objects/" + $0 },
        in: folder)
      try Self.apply(
        damage, to: folder.files(below: "artifacts/actions").map { "artifacts/actions/" + $0 },
        in: folder)
      let outcome = try PoiseProgram.run(["run", "notebook.md"], in: folder)
      #expect(outcome.status == 0)
      #expect(try folder.stamp("notebook.md") == stamp)
    }

    @Test(.timeLimit(.minutes(1))) func otherFilesOfTheStoreMayBeGarbage() throws {
      let folder = try SampleNotebook.folder()
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).status == 0)
      let expected = try folder.text("notebook.md")
      let garbage = Array("\u{0}\u{1}no such thing\n".utf8)
      for name in folder.names(in: "artifacts")
      where name == "file-digests" || name.hasPrefix("catalog") {
        try folder.write(garbage, to: "artifacts/" + name)
      }
      try folder.write(SampleNotebook.text, to: "notebook.md")
      let outcome = try PoiseProgram.run(["run", "notebook.md"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try folder.text("notebook.md") == expected)
    }

    @Test(.timeLimit(.minutes(1))) func aStoreOfALaterFormatIsLeftAlone() throws {
      let folder = try SampleNotebook.folder()
      let marker = "{\"format\":\"poise-store\",\"version\":99}\n"
      try folder.write(marker, to: "artifacts/poise-store.json")
      let outcome = try PoiseProgram.run(["run", "notebook.md"], in: folder)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("format version 99"))
      #expect(folder.files(below: "artifacts") == ["poise-store.json"])
      #expect(try folder.text("artifacts/poise-store.json") == marker)
      #expect(try folder.text("notebook.md") == SampleNotebook.text)
    }

    /// The notebook with another search and another sweep.
    static func edited(_ text: String) throws -> String {
      let edited = text.replacing("zinc and immunity", with: "zinc and iron")
        .replacing("[1, 5, 10, 50]", with: "[1, 5, 10, 40]")
      try #require(edited != text)
      return edited
    }

    static func apply(
      _ damage: Damage, to files: [String], in folder: TemporaryFolder
    ) throws {
      try #require(files.count > 4)
      let contents = try files.map { try folder.read($0) }
      for (index, name) in files.enumerated() {
        chmod(folder(name), 0o644)
        var bytes = contents[index]
        switch damage {
        case .flipped: bytes[bytes.count / 2] ^= 0x04
        case .truncated: bytes.removeLast((bytes.count + 1) / 2)
        case .emptied: bytes = []
        case .lengthened: bytes.append(0x20)
        case .swapped: bytes = contents[(index + 1) % files.count]
        case .removed:
          folder.remove(name)
          continue
        }
        try folder.write(bytes, to: name)
      }
    }
  }
}
