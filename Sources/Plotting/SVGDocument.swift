/// gnuplot's SVG, made smaller and freed of what says when and by what it was made.
struct SVGDocument {
  private let width: Int
  private let height: Int
  private let body: [String]

  /// The height of the title's line above gnuplot's canvas.
  private static let titleHeight = 34

  /// Reads gnuplot's output; nil where it is no SVG of the expected form.
  ///
  /// It is taken line by line. Text of a label can't be mistaken for markup: gnuplot writes `<` in
  /// a label as an entity, and every label stands on a line of its own.
  init?(gnuplot text: String) {
    var lines = text.split(separator: "\n").map(Self.trimmed)
    guard lines.first?.hasPrefix("<?xml") == true, lines.last == "</svg>",
      let root = lines.firstIndex(where: { $0.hasPrefix("<svg") }),
      let canvas = lines.firstIndex(of: "<g id=\"gnuplot_canvas\">"),
      let view = lines[root..<canvas].first(where: { $0.hasPrefix("viewBox=\"") })
    else { return nil }
    let numbers = view.split { $0 == "\"" || $0 == " " }.compactMap { Int($0) }
    guard numbers.count == 4 else { return nil }
    width = numbers[2]
    height = numbers[3]
    lines = Array(lines[(canvas + 1)..<(lines.count - 1)])
    // The canvas's own closing tag.
    guard lines.last == "</g>" else { return nil }
    lines.removeLast()
    lines = lines.map(Self.plain).filter { !$0.isEmpty }
    body = Self.withoutEmptyGroups(Self.withoutUnusedDefinitions(lines))
  }

  /// The document. The title is written here: gnuplot would put it below the legend.
  func text(_ spec: PlotSpec) -> String {
    var content = body
    var height = height
    if let title = spec.title, !title.isEmpty {
      height += Self.titleHeight
      let shown = PlotLabel.escapedXML(title, limit: 75)
      content =
        [
          "<text x=\"20\" y=\"27\" font-size=\"16\" font-weight=\"bold\" fill=\"#222222\">"
            + "\(shown)</text>",
          "<g transform=\"translate(0,\(Self.titleHeight))\">",
        ] + body + ["</g>"]
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \
      width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      font-family="Helvetica, Arial, sans-serif" role="img">
      <title>\(PlotLabel.escapedXML(spec.summaryTitle, limit: 200))</title>
      <desc>\(PlotLabel.escapedXML(spec.summary, limit: 1_000))</desc>
      <rect width="\(width)" height="\(height)" fill="#ffffff"/>
      \(content.joined(separator: "\n"))
      </svg>

      """
  }

  private static func trimmed(_ line: Substring) -> String {
    var line = line.drop { $0 == " " || $0 == "\t" }
    while let last = line.last, last == " " || last == "\t" || last == "\r" { line.removeLast() }
    return String(line)
  }

  /// One line without what only repeats: names of plots, the font, which the root carries.
  private static func plain(_ line: String) -> String {
    // The background, which the document draws itself, title and all.
    if line.hasPrefix("<rect x=\"0\" y=\"0\"") { return "" }
    if line.hasPrefix("<g id=\"gnuplot_plot_") { return "<g>" }
    guard line.hasPrefix("<g transform") || line.contains("<g transform") else { return line }
    return line.split(separator: " font-family=\"sans-serif\"", omittingEmptySubsequences: false)
      .joined()
  }

  /// Drops the shapes and filters of the `<defs>` that nothing refers to.
  private static func withoutUnusedDefinitions(_ lines: [String]) -> [String] {
    guard let start = lines.firstIndex(of: "<defs>"),
      let end = lines[start...].firstIndex(of: "</defs>")
    else { return lines }
    var used: Set<String> = []
    for line in lines[(end + 1)...] {
      for reference in references(line) { used.insert(reference) }
    }
    // A shape may refer to an earlier one, so the last is looked at first.
    var kept: [String] = []
    for line in lines[(start + 1)..<end].reversed() {
      guard line.contains(" id='gpPt") || line.contains(" id='gpDot'"),
        let id = attribute("id='", of: line), used.contains(id)
      else { continue }
      for reference in references(line) { used.insert(reference) }
      kept.append(line)
    }
    let definitions = kept.isEmpty ? [] : ["<defs>"] + kept.reversed() + ["</defs>"]
    return Array(lines[..<start]) + definitions + Array(lines[(end + 1)...])
  }

  private static func references(_ line: String) -> [String] {
    guard line.hasPrefix("<use") || line.contains("<use ") else { return [] }
    return attribute("xlink:href='#", of: line).map { [$0] } ?? []
  }

  /// What follows a key up to the next quote.
  private static func attribute(_ key: String, of line: String) -> String? {
    let pieces = line.utf8.split(separator: UInt8(ascii: "'"), omittingEmptySubsequences: false)
    let name = key.dropLast(key.hasSuffix("#") ? 2 : 1)
    for (piece, value) in zip(pieces, pieces.dropFirst())
    where String(decoding: piece, as: UTF8.self).hasSuffix(name) {
      let text = String(decoding: value, as: UTF8.self)
      return key.hasSuffix("#") ? String(text.dropFirst()) : text
    }
    return nil
  }

  /// Drops groups without content, and the titles of plots with them.
  private static func withoutEmptyGroups(_ lines: [String]) -> [String] {
    var result: [String] = []
    for line in lines {
      if line == "</g>", let last = result.last, last.hasPrefix("<g"), !last.contains("</g>"),
        last.hasSuffix(">"), !last.contains("<path"), !last.contains("<use"),
        !last.contains("<text"), !last.contains("/>")
      {
        result.removeLast()
      } else {
        result.append(line)
      }
    }
    return result
  }
}
