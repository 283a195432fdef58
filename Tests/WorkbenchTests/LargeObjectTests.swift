import Artifacts
import Corpora
import Glibc
import TestFolders
import Testing
import Workbench

/// Large engine objects are viewed where the store has them.
@Suite struct LargeObjectTests {
  /// A notebook that shows nothing of a large corpus neither reads nor copies it.
  @Test func anOpenedNotebookMapsWhatItUses() throws {
    let folder = try TemporaryFolder()
    // One document a line, 4 MB in all.
    let text = String(repeating: "zinc supports immunity ", count: 40)
    try folder.write(
      (0..<4000).map { "{\"_id\":\"d\($0)\",\"text\":\"\(text)\"}\n" }.joined(), to: "big.jsonl")
    try folder.write(
      notebook(
        "big = load(\"big.jsonl\")", "index = bm25(big.corpus)", "{#n}\nindex.count"), to: "nb.md")
    #expect(try NotebookSession.open(folder).run(.stale).status == .success)
    let objects = folder.files(below: "artifacts/objects").filter { name in
      (try? folder.stamp("artifacts/objects/" + name)[3]).map { $0 > 3 << 20 } ?? false
    }
    #expect(objects.count == 1)
    // A fresh notebook maps nothing at all; a value that is only passed on maps nothing either.
    #expect(try NotebookSession.open(folder).run(.stale).ran == [])
    #expect(try Self.mappings(of: folder) == 0)
    let session = try NotebookSession.open(folder)
    #expect(session.run(.only([2])).status == .success)
    #expect(try Self.mappings(of: folder) == 0, "the corpus is not needed to count an index")
    // What is needed is mapped, not copied.
    #expect(session.run(.only([0])).status == .success)
    #expect(try Self.mappings(of: folder) == 1)
    withExtendedLifetime(session) {}
  }

  /// How many objects of a folder's store are mapped into this process.
  static func mappings(of folder: TemporaryFolder) throws -> Int {
    let maps = String(decoding: try TemporaryFolder.bytes(at: "/proc/self/maps"), as: UTF8.self)
    return maps.split(separator: "\n").filter { $0.contains(folder("artifacts/objects/")) }.count
  }
}
