import CMarkGFM
import Execution
import Testing
import Workbench

/// What a Markdown reader makes of a rendered body.
private struct ReadBody {
  var kinds: [String: Int] = [:]
  /// The text of each table cell, rows and columns in order.
  var cells: [[String]] = []
  var text = ""

  init(_ markdown: String) {
    cmark_gfm_core_extensions_ensure_registered()
    let parser = cmark_parser_new(CMARK_OPT_DEFAULT)
    defer { cmark_parser_free(parser) }
    for name in ["table", "strikethrough", "tasklist"] {
      if let found = cmark_find_syntax_extension(name) {
        cmark_parser_attach_syntax_extension(parser, found)
      }
    }
    cmark_parser_feed(parser, markdown, markdown.utf8.count)
    guard let document = cmark_parser_finish(parser) else { return }
    defer { cmark_node_free(document) }
    let iterator = cmark_iter_new(document)
    defer { cmark_iter_free(iterator) }
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { return }
      guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) else { continue }
      let kind = String(cString: cmark_node_get_type_string(node))
      kinds[kind, default: 0] += 1
      switch kind {
      case "table_header", "table_row": cells.append([])
      case "table_cell": cells[cells.count - 1].append("")
      case "text", "code":
        guard let literal = cmark_node_get_literal(node) else { continue }
        let string = String(cString: literal)
        text += string
        if let row = cells.indices.last, let cell = cells[row].indices.last {
          cells[row][cell] += string
        }
      default: break
      }
    }
  }

  /// Whether nothing but tables and plain text came of it.
  var isPlain: Bool {
    let allowed: Set<String> = [
      "document", "paragraph", "text", "strong", "table", "table_header", "table_row",
      "table_cell", "softbreak",
    ]
    return allowed.isSuperset(of: kinds.keys)
  }
}

@Suite struct RenderingTests {
  private static let pieces = [
    "a", "B c", "|", "\\", "`", "``", "*", "**", "_", "[", "]", "(", ")", "](", "][", "]:", "<",
    ">", "<!--", "-->", "<b>", "&amp;", "&", "#", "# ", "- ", "+ ", "1. ", "1) ", "> ", "~~", "~",
    "!", "![", "\n", "\r\n", "\t", "    ", "é", "漢", "\u{1B}", "\u{0}", "\u{85}", "=", "---", ":",
    "javascript:alert(1)", "http://x", "|:-", "\\|", "poise:end a sum=A", "```poise", "[ ] ", "$x$",
    "0.5 [0.1, 0.9]", "snake_case", "__init__", "\u{202E}", "^",
  ]

  private func hostile(_ stream: inout RandomStream) -> String {
    (0..<stream.below(8)).map { _ in Self.pieces[stream.below(Self.pieces.count)] }.joined()
  }

  private func body(_ blocks: [OutputBlock]) -> String {
    var renderer = MarkdownRenderer(
      cell: "it", assetsFolder: "nb.assets", plots: PlainPlots())
    return renderer.body(of: blocks)
  }

  /// The text as a reader should see it: control characters replaced, white space as one.
  private func seen(_ text: String) -> String {
    let clean = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          if scalar == "\n" || scalar == "\r" || scalar == "\t" { return " " }
          return scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            ? "\u{FFFD}" : scalar
        }))
    return clean.split(separator: " ").joined(separator: " ")
  }

  @Test func tablesGiveBackTheirText() {
    for seed in 0..<800 {
      var stream = RandomStream(seed: UInt64(seed), purpose: "test/tables")
      let columns = 1 + stream.below(3)
      let headers = (0..<columns).map { "h\($0)" + hostile(&stream) }
      let rows = (0..<1 + stream.below(3)).map { _ in
        (0..<columns).map { _ in hostile(&stream) }
      }
      let layout = TableLayout(
        headers: headers, isNumeric: headers.map { _ in stream.below(2) == 0 },
        rows: rows.map { $0.map { InlineText($0) } })
      let text = body([.table(layout)])
      let read = ReadBody(text)
      #expect(read.isPlain, "\(read.kinds) of \(text)")
      #expect(read.kinds["table"] == 1, "\(text)")
      let wanted = ([headers] + rows).map { $0.map(seen) }
      #expect(
        read.cells.map { $0.map(seen) } == wanted, "\(text.debugDescription)")
    }
  }

  @Test func linesGiveBackTheirText() {
    for seed in 0..<2000 {
      var stream = RandomStream(seed: UInt64(seed), purpose: "test/lines")
      let line = hostile(&stream)
      let text = body([.line(InlineText(line))])
      let read = ReadBody(text)
      #expect(read.isPlain, "\(read.kinds) of \(text.debugDescription)")
      #expect(seen(read.text) == seen(line), "\(text.debugDescription)")
      #expect(!text.contains("\n"))
    }
  }

  @Test func markedTextMarksWords() {
    for seed in 0..<500 {
      var stream = RandomStream(seed: UInt64(seed), purpose: "test/marks")
      let before = hostile(&stream)
      let after = hostile(&stream)
      let word = ["zinc", "iron"][stream.below(2)]
      let start = before.utf8.count + 1
      let text = before + " " + word + " " + after
      let marked = MarkedText(text: text, marks: [start..<start + word.utf8.count])
      let markdown = body([
        .table(
          TableLayout(headers: ["s"], isNumeric: [false], rows: [[InlineText(marked)]]))
      ])
      let read = ReadBody(markdown)
      #expect(read.isPlain, "\(read.kinds) of \(markdown)")
      #expect(read.kinds["strong"] == 1, "\(markdown)")
      #expect(read.cells.last.map { $0.map(seen) } == [seen(text)], "\(markdown)")
    }
  }

  @Test func fencesHoldAnything() {
    for seed in 0..<500 {
      var stream = RandomStream(seed: UInt64(seed), purpose: "test/fences")
      let lines = (0..<4).map { _ in hostile(&stream) }.joined(separator: "\n")
      let text = body([.text(lines), .diagnostic(lines)])
      let read = ReadBody(text)
      #expect(read.kinds == ["document": 1, "code_block": 2], "\(read.kinds) of \(text)")
    }
  }

  @Test func plotTitlesStayInTheirImage() {
    for seed in 0..<500 {
      var stream = RandomStream(seed: UInt64(seed), purpose: "test/titles")
      let title = hostile(&stream)
      let session = try? NotebookSession.inMemory(notebook("a = 1"))
      #expect(session != nil)
      let text = "![\(MarkdownRenderer.escaped(title, isInBrackets: true))](nb.assets/a-1.svg)"
      let read = ReadBody(text)
      #expect(read.kinds["image"] == 1 && read.kinds["link"] == nil, "\(text)")
      #expect(seen(read.text) == seen(title), "\(text.debugDescription)")
    }
  }

  @Test func intervalsPrintAsTheyAre() {
    let text = "0.83 [0.79, 0.87]"
    #expect(MarkdownRenderer.escaped(text) == text)
    #expect(body([.line(InlineText(text))]) == text)
    #expect(body([.line(InlineText("-" + text))]) == "-" + text)
    #expect(body([.line(InlineText("[1, 2]"))]) == "[1, 2]")
    #expect(
      body([
        .verdict(VerdictLine(word: "claim held", text: "a [b]", evidence: "0.1 [0.0, 0.2]"))
      ]) == "**claim held**: a [b] (0.1 [0.0, 0.2])")
    #expect(MarkdownRenderer.escaped("[a](b)") == "[a\\](b)")
    #expect(MarkdownRenderer.escaped("[a]: b") == "[a\\]: b")
    #expect(MarkdownRenderer.escaped("a]", isLast: false) == "a\\]")
  }
}
