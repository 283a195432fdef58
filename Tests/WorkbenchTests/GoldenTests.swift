import Glibc
import TestFolders
import Testing
import Workbench

/// Notebooks with the bytes that a run must leave, in `Cases/NAME`: `input.md` and the files it
/// reads, `options.txt` (`param NAME=VALUE`, `output FILE`, `accept`), and what is expected.
///
/// `POISE_RECORD=1` writes the expectations anew; nothing else ever does.
@Suite("Golden notebooks")
struct GoldenTests {
  static let root = testFile("Cases")
  static let names: [String] = TemporaryFolder.files(below: root)
    .filter { $0.hasSuffix("/input.md") }.map { String($0.dropLast("/input.md".count)) }
  static var isRecording: Bool { getenv("POISE_RECORD").map { String(cString: $0) } == "1" }

  @Test("there are enough of them")
  func count() {
    #expect(Self.names.count >= 35)
    #expect(Self.names.count { $0.hasPrefix("failure/") } >= 9)
  }

  @Test("a run leaves these bytes, and a second one changes nothing", arguments: names)
  func golden(_ name: String) throws {
    let folder = try TemporaryFolder()
    let source = Self.root + "/" + name
    for file in TemporaryFolder.files(below: source) where !Self.expectations.contains(file) {
      // One folder down, so that there is something above the workspace to be kept from.
      try folder.write(try TemporaryFolder.bytes(at: source + "/" + file), to: "w/" + file)
    }
    try folder.write("secret", to: "secret.md")
    let (options, target) = try options(name, in: folder)

    let session = try NotebookSession.open(folder, "w/input.md", options: options)
    let tally = session.run(.stale)
    var report = "status: \(tally.status)\n"
    func list(_ word: String, _ indices: [Int]) {
      if !indices.isEmpty {
        report += "\(word): \(indices.map { session.cells[$0].id }.joined(separator: " "))\n"
      }
    }
    list("ran", tally.ran)
    list("failed", tally.failed)
    list("blocked", tally.blocked)
    list("waiting", tally.waiting)
    list("protected", tally.protected)
    list("unverifiable", tally.unverifiable)
    let assets = folder.files(below: "w").filter { $0.contains(".assets/") }
    for asset in assets { report += "asset: \(asset)\n" }
    for diagnostic in session.renderedDiagnostics(colour: false) {
      report += diagnostic.split(separator: folder.path + "/w/").joined() + "\n"
    }
    let result = try folder.read("w/" + target)
    try compare(result, with: source + "/expected.md")
    try compare(Array(report.utf8), with: source + "/expected.txt")
    if target != "input.md" {
      #expect(
        try folder.read("w/input.md") == TemporaryFolder.bytes(at: source + "/input.md"),
        "the notebook itself is never written to")
    }
    let text = String(decoding: result, as: UTF8.self)
    #expect(!text.contains(folder.path), "a machine's path is in the document")
    for asset in assets where !asset.hasSuffix(".md") { #expect(text.contains(asset)) }

    guard target == "input.md" else { return }
    let again = try NotebookSession.open(folder, "w/input.md", options: options)
    let log = NodeLog()
    log.follow(again)
    let states = again.cells.map(\.state)
    let second = again.run(.stale)
    let rerun = second.ran.filter { index in
      switch states[index] {
      case .failed, .missing: false
      default: true
      }
    }
    #expect(rerun.isEmpty, "a cell that was done ran again")
    #expect(log.computed.filter { $0 != "load" }.isEmpty || !tally.failed.isEmpty)
    #expect(try folder.read("w/input.md") == result, "a second run changed the file")
  }

  private static let expectations = ["expected.md", "expected.txt", "options.txt"]

  private func options(
    _ name: String, in folder: TemporaryFolder
  ) throws -> (SessionOptions, target: String) {
    var options = SessionOptions()
    var target = "input.md"
    options.store = folder("store")
    let path = Self.root + "/" + name + "/options.txt"
    guard access(path, F_OK) == 0 else { return (options, target) }
    let text = String(decoding: try TemporaryFolder.bytes(at: path), as: UTF8.self)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1)
      switch words[0] {
      case "param":
        let pair = words[1].split(separator: "=", maxSplits: 1)
        options.overrides.set(String(pair[0]), to: String(pair[1]))
      case "output":
        target = String(words[1])
        options.outputFile = folder("w/" + target)
      case "accept": options.accepts = true
      default: Issue.record("\(path): unknown option '\(line)'")
      }
    }
    return (options, target)
  }

  private func compare(_ bytes: [UInt8], with path: String) throws {
    if Self.isRecording {
      let file = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
      try #require(file >= 0)
      defer { close(file) }
      _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      return
    }
    let expected = try TemporaryFolder.bytes(at: path)
    guard bytes != expected else { return }
    let got = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    let wanted = String(decoding: expected, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    let line = zip(got, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let place = line ?? min(got.count, wanted.count)
    Issue.record(
      """
      \(path):\(place + 1) differs
      expected: \(place < wanted.count ? String(wanted[place]) : "the end")
      got:      \(place < got.count ? String(got[place]) : "the end")
      """)
  }
}
