import FoundationEssentials
import Glibc
import Plotting
import Testing

/// A folder that is removed with the value.
private final class TemporaryFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appending(path: "poise-plotting-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var contents: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? ["unreadable"]
  }

  /// Writes a script that may be run.
  ///
  /// The kernel refuses to run a file that any process has open for writing. So no process that
  /// another test starts meanwhile may inherit it, and each script is a file of its own.
  func script(_ text: String) throws -> String {
    let file = "\(path)/\(UUID().uuidString)"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o755)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    return file
  }
}

/// A plot in which every text is the given one.
private func everywhere(_ text: String, kind: PlotSpec.Kind) -> PlotSpec {
  PlotSpec(
    kind: kind, title: text, xLabel: text, yLabel: text,
    series: [text, text + "2"].map { name in
      .init(
        name: name,
        points: [
          .init(x: .category(text), y: 1, low: 0.5, high: 2), .init(x: .category("b"), y: 2),
        ])
    })
}

@Suite struct SafetyTests {
  private static let hostile = [
    "`touch DIR/a`", "'; system('touch DIR/b'); '", "\"; system(\"touch DIR/c\"); \"",
    "$(touch DIR/d)", "'.system('touch DIR/e').'", "a\n!touch DIR/f\n", "\r\nsystem 'touch DIR/g'",
    "x\nEOD\nset output 'DIR/h'\n", "@macro", "$DATA", "$d0", "%", "%s %n %d", "100%", "%%", "\\",
    "\\'", "'", "''", "'''", "\"", "back\\", "a\u{0}b", "\u{1B}[31mred", "é 漢字 🎈",
    "{/Symbol a}_x^2",
    "<script>alert(1)</script>", "&amp; & <b>", "]]>", "<!--", "--><x>", "</text></svg>",
    "#gpPt3'", "xlink:href='#gpPt3'", "# comment", "a;b", "\u{202E}abc", "\u{2028}next", "\u{FFFE}",
    "<desc>Produced by GNUPLOT</desc>", "|touch DIR/i", "<touch DIR/j", "",
    " ", "EOD", "e", "\t",
  ]

  @Test(arguments: PlotSpec.Kind.allCases)
  func labelsAreNeverRun(kind: PlotSpec.Kind) throws {
    let folder = try TemporaryFolder()
    let renderer = GnuplotRenderer()
    for text in Self.hostile {
      let label = text.replacing("DIR", with: folder.path)
      let spec = everywhere(label, kind: kind)
      let document = String(decoding: try renderer.svg(spec), as: UTF8.self)
      #expect(document.hasSuffix("</svg>\n"), "\(text)")
      #expect(document.split(separator: "<title>").count == 2, "\(text)")
      #expect(!document.contains("<script") && !document.contains("<x>"), "\(text)")
      #expect(
        document.split(separator: "<g").count == document.split(separator: "</g>").count, "\(text)")
      for scalar in document.unicodeScalars where scalar != "\n" && scalar != "\t" {
        #expect(scalar.value >= 0x20, "\(text)")
      }
      let drawn = try renderer.text(spec, columns: 80, rows: 20)
      #expect(drawn.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }, "\(text)")
    }
    #expect(folder.contents == [])
  }

  @Test func labelsArriveAsTheyAre() throws {
    let renderer = GnuplotRenderer()
    for (text, expected) in [
      ("`id`", "`id`"), ("it's", "it's"), ("100%", "100%"), ("%s", "%s"), ("a<b", "a&lt;b"),
      ("R&D", "R&amp;D"), ("x_1^2", "x_1^2"), ("{a}", "{a}"), ("back\\n", "back\\n"),
      ("@x", "@x"), ("漢字", "漢字"), ("''", "''"), ("a\nb", "a b"),
    ] {
      let document = String(
        decoding: try renderer.svg(everywhere(text, kind: .bar)), as: UTF8.self)
      // Both axes, a category, a series.
      #expect(document.split(separator: "<text>\(expected)</text>").count - 1 == 4, "\(text)")
      #expect(document.contains("<title>\(expected)</title>"), "\(text)")
    }
  }

  @Test func longLabelsAreCut() throws {
    let long = String(repeating: "long ", count: 600)
    let document = String(
      decoding: try GnuplotRenderer().svg(everywhere(long, kind: .line)), as: UTF8.self)
    #expect(document.contains("long…</text>") || document.contains("…</text>"))
    #expect(document.utf8.count < 32 << 10)
    let marks = "a" + String(repeating: "\u{301}", count: 2_000)
    let marked = try GnuplotRenderer().svg(everywhere(marks, kind: .line))
    #expect(marked.count < 64 << 10)
  }

  @Test func settingsOfTheUserPlayNoPart() throws {
    // A program that answers with its arguments and environment, as an error message.
    let folder = try TemporaryFolder()
    let program = try folder.script("#!/bin/sh\necho \"$*\" >&2\nenv >&2\nexit 3\n")
    let error = #expect(throws: GnuplotRenderer.Failure.self) {
      try GnuplotRenderer(program: program).svg(Gallery.single)
    }
    guard case .failed(let status, let message) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(status == 3)
    #expect(message.hasPrefix("--default-settings "))
    #expect(message.contains("LC_ALL=C.UTF-8"))
    #expect(!message.contains("HOME=") && !message.contains("GNUPLOT"))
  }

  @Test func failuresOfTheProgramAreErrors() throws {
    let missing = GnuplotRenderer(program: "no-such-gnuplot")
    let error = #expect(throws: GnuplotRenderer.Failure.self) { try missing.svg(Gallery.single) }
    #expect(
      error?.description == "'no-such-gnuplot' is not installed, and plots need it: "
        + "sudo apt-get install gnuplot-nox")

    let folder = try TemporaryFolder()
    func failure(_ script: String) throws -> GnuplotRenderer.Failure? {
      let program = try folder.script("#!/bin/sh\n" + script)
      return #expect(throws: GnuplotRenderer.Failure.self) {
        try GnuplotRenderer(program: program, timeout: 1).svg(Gallery.scatter)
      }
    }
    #expect(try failure("sleep 30\n") == .timedOut(seconds: 1))
    #expect(try failure("exec >&- 2>&-; sleep 30\n") == .timedOut(seconds: 1))
    #expect(try failure("echo nonsense\n") == .badOutput(bytes: 9))
    #expect(try failure("exit 0\n") == .badOutput(bytes: 0))
    #expect(try failure("kill -9 $$\n") == .failed(status: 137, message: ""))
    #expect(
      try failure("cat >/dev/null; printf '\\033[1m' >&2; exit 1\n")
        == .failed(status: 1, message: "\u{FFFD}[1m"))
    let endless = try failure("cat /dev/zero\n")
    guard case .badOutput(let bytes) = endless else {
      Issue.record("\(String(describing: endless))")
      return
    }
    #expect(bytes > 64 << 20)
  }
}
