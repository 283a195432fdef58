/// Renders diagnostics as `file:line:column: error: message` with the line, a caret and the help.
public struct DiagnosticRenderer: Sendable {
  /// What places are counted from where not from the start of the file: a cell's first line.
  public struct Origin: Sendable {
    /// The name shown in place of the file's.
    public let name: String
    /// The zero-based line of the file that counts as line 1.
    public let firstLine: Int

    /// An origin: the name to show, and the zero-based line that counts as line 1.
    public init(name: String, firstLine: Int) {
      self.name = name
      self.firstLine = firstLine
    }
  }

  private let colour: Bool

  /// - Parameter colour: whether to use ANSI colours; the caller asks the terminal and NO_COLOR.
  public init(colour: Bool = false) {
    self.colour = colour
  }

  /// The rendered diagnostic, without a newline at its end.
  public func render(
    _ diagnostic: Diagnostic, in file: SourceFile, from origin: Origin? = nil
  ) -> String {
    var lines: [String] = []
    lines.append(
      head(
        diagnostic.severity, self.lines(of: diagnostic.message), at: diagnostic.span, in: file,
        from: origin))
    if let span = diagnostic.span { lines += excerpt(span, in: file, from: origin) }
    if let help = diagnostic.help { lines.append("  help: \(self.lines(of: help))") }
    for related in diagnostic.related {
      lines.append(
        head(.note, self.lines(of: related.message), at: related.span, in: file, from: origin))
      lines += excerpt(related.span, in: file, from: origin)
    }
    return lines.joined(separator: "\n")
  }

  private func head(
    _ severity: Diagnostic.Severity, _ message: String, at span: SourceSpan?, in file: SourceFile,
    from origin: Origin?
  ) -> String {
    var place = origin?.name ?? file.name
    if let span {
      let location = file.location(of: span.lower)
      let line = location.line - (origin?.firstLine ?? 0)
      // A place before the origin has no number to be counted by.
      if line > 0 { place += ":\(line):\(location.column)" }
    }
    guard colour else { return "\(place): \(severity.rawValue): \(message)" }
    let code =
      switch severity {
      case .error: "31"
      case .warning: "33"
      case .note: "36"
      }
    return "\u{1B}[1m\(place):\u{1B}[0m \u{1B}[1;\(code)m\(severity.rawValue):\u{1B}[0m \(message)"
  }

  /// The line of the span's start with a caret line below it.
  private func excerpt(
    _ span: SourceSpan, in file: SourceFile, from origin: Origin?
  ) -> [String] {
    let line = file.lineIndex(of: min(span.lower, file.bytes.count))
    let range = file.lineRange(line)
    let shown = line + 1 - (origin?.firstLine ?? 0)
    let number = shown > 0 ? String(shown) : "…"
    let gutter = String(repeating: " ", count: number.count)
    let text = printable(file.text(range))
    let before = printable(file.text(range.lowerBound..<min(span.lower, range.upperBound)))
    let marked = printable(
      file.text(
        min(span.lower, range.upperBound)..<min(max(span.upper, span.lower), range.upperBound)))
    let carets = "^" + String(repeating: "~", count: max(0, marked.count - 1))
    let pad = String(repeating: " ", count: before.count)
    let caretLine = colour ? "\u{1B}[32m\(carets)\u{1B}[0m" : carets
    return ["  \(number) | \(text)", "  \(gutter) | \(pad)\(caretLine)"]
  }

  /// A message as ``printable(_:)`` has it, line by line: it may quote hostile text.
  private func lines(of message: String) -> String {
    message.split(separator: "\n", omittingEmptySubsequences: false)
      .map { printable(String($0)) }.joined(separator: "\n")
  }

  /// Tabs become single spaces, and control characters a replacement, so that carets line up and
  /// a hostile file can't steer the terminal.
  private func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          if scalar == "\t" { return " " }
          return scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? "\u{FFFD}" : scalar
        }))
  }
}
