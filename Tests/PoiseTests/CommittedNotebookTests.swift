import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// The notebooks of the repository: their outputs belong to their cells, and come out again.
  @Suite struct CommittedNotebookTests {
    /// The folder with Package.swift.
    static let root: String = {
      let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
      return parts.dropLast(3).joined(separator: "/")
    }()

    static let notebooks: [String] = {
      guard let stream = opendir(root + "/notebooks") else { return [] }
      defer { closedir(stream) }
      var names: [String] = []
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name.hasSuffix(".md") { names.append(name) }
      }
      return names.sorted()
    }()

    /// Each is fresh, or unverifiable or waiting where its data is not at hand.
    @Test(
      .enabled(if: !notebooks.isEmpty, "there are no notebooks"), .timeLimit(.minutes(1)),
      arguments: notebooks)
    func outputsBelongToTheirCells(_ name: String) throws {
      let scratch = try TemporaryFolder()
      let path = Self.root + "/notebooks/" + name
      let outcome = try PoiseProgram.run(
        ["check", path, "--store", scratch("store")], in: scratch)
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test(
      .enabled(
        if: notebooks.contains("your-own-documents.md"), "the first notebook is not there yet"),
      .timeLimit(.minutes(2)))
    func theFirstComesOutTheSame() throws {
      let scratch = try TemporaryFolder()
      let path = Self.root + "/notebooks/your-own-documents.md"
      let outcome = try PoiseProgram.run(
        ["check", "--replay", path, "--store", scratch("store")], in: scratch)
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
      let lines = outcome.output.split(separator: "\n")
      #expect(lines.count > 3)
      for line in lines { #expect(line.hasSuffix(": same"), "\(line)") }
    }
  }
}
