public import Diagnostics

/// A cell: a top-level fenced code block whose info string begins with the word `poise`.
public struct CellBlock: Hashable, Sendable {
  /// A word in the braces of the info string that is not the id.
  public struct Option: Hashable, Sendable {
    /// The word as written.
    public let text: String
    /// The bytes of the word.
    public let span: SourceSpan
  }

  /// The id that the info string gives as `{#id}`, if it is spelt like one.
  public let explicitID: String?
  /// The bytes of the id without the `#`, where there is one.
  public let idSpan: SourceSpan?
  /// Everything else in the braces. No option has a meaning yet, so each has its diagnostic.
  public let options: [Option]
  /// The info string, without the spaces around it.
  public let infoSpan: SourceSpan
  /// The bytes of the lines between the fences, with their line endings and margins.
  public let contentRange: Range<Int>
  /// How far the opening fence is indented, 0...3: so many spaces before each line of the content
  /// are not part of it.
  public let margin: Int
  /// From the start of the opening fence's line to the end of the closing fence's, with its line
  /// ending; to the end of the text where the cell is not closed.
  public let blockRange: Range<Int>
  /// Whether there is a closing fence. A cell without one can't be written to.
  public let isClosed: Bool
  /// The one-based line of the opening fence.
  public let line: Int
  /// The one-based line of the closing fence, or the last line of the text.
  public let lastLine: Int
  /// Where `{` of the options ends, if there are braces.
  let braceEnd: Int?
}

/// The opening line of a fenced code block.
struct FenceOpening {
  let margin: Int
  let character: UInt8
  let length: Int
  /// The info string without the spaces around it.
  let info: Range<Int>

  init?(line: Int, in file: SourceFile) {
    let range = file.textRange(ofLine: line)
    let bytes = file.bytes
    var index = range.lowerBound
    while index < range.upperBound, bytes[index] == Ascii.space { index += 1 }
    margin = index - range.lowerBound
    guard margin <= 3, index < range.upperBound else { return nil }
    character = bytes[index]
    guard character == Ascii.backtick || character == Ascii.tilde else { return nil }
    let fenceStart = index
    while index < range.upperBound, bytes[index] == character { index += 1 }
    length = index - fenceStart
    guard length >= 3 else { return nil }
    var upper = range.upperBound
    while index < upper, Ascii.isBlank(bytes[index]) { index += 1 }
    while upper > index, Ascii.isBlank(bytes[upper - 1]) { upper -= 1 }
    info = index..<upper
  }

  /// Whether a line closes the block: at most three spaces, a run of the same character that is
  /// at least as long, and nothing but spaces and tabs after it.
  func isClosed(byLine line: Int, in file: SourceFile) -> Bool {
    let range = file.lineRange(line)
    let bytes = file.bytes
    var index = range.lowerBound
    while index < range.upperBound, bytes[index] == Ascii.space { index += 1 }
    guard index - range.lowerBound <= 3 else { return false }
    let start = index
    while index < range.upperBound, bytes[index] == character { index += 1 }
    guard index - start >= length else { return false }
    while index < range.upperBound, Ascii.isBlank(bytes[index]) { index += 1 }
    return index == range.upperBound
  }

  /// The line that closes a block which opens on a line, or nil where the text ends before.
  func closingLine(after line: Int, in file: SourceFile) -> Int? {
    var candidate = line + 1
    while candidate < file.lineCount {
      if isClosed(byLine: candidate, in: file) { return candidate }
      candidate += 1
    }
    return nil
  }

  /// Whether the first word of the info string is `poise`; a brace ends a word, too.
  func isCell(in file: SourceFile) -> Bool {
    let word = "poise".utf8
    guard file.bytes[info].starts(with: word) else { return false }
    let next = info.lowerBound + word.count
    guard next < info.upperBound else { return true }
    return Ascii.isBlank(file.bytes[next]) || file.bytes[next] == Ascii.openBrace
  }
}

extension CellBlock {
  /// Reads the cell that a fence opens.
  ///
  /// `nextLine` is where the next top-level block starts by CommonMark's reading. A closing line
  /// that lies beyond it would be a disagreement about the text; the cell then counts as not
  /// closed, and so is never written to.
  init(
    opening: FenceOpening, line: Int, nextLine: Int?, in file: SourceFile,
    diagnostics: inout [Diagnostic]
  ) {
    var closing = opening.closingLine(after: line, in: file)
    if let nextLine, closing.map({ $0 >= nextLine }) ?? true { closing = nil }
    let contentStart = file.end(ofLine: line)
    isClosed = closing != nil
    contentRange = contentStart..<(closing.map { file.lineStarts[$0] } ?? file.bytes.count)
    blockRange =
      file.textRange(ofLine: line)
      .lowerBound..<(closing.map { file.end(ofLine: $0) }
      ?? file.bytes.count)
    margin = opening.margin
    infoSpan = SourceSpan(opening.info.lowerBound, opening.info.upperBound)
    self.line = line + 1
    lastLine = (closing ?? file.lineCount - 1) + 1

    let options = OptionReader(info: opening.info, in: file)
    explicitID = options.id
    idSpan = options.idSpan
    self.options = options.others
    braceEnd = options.braceEnd
    diagnostics += options.diagnostics
    if closing == nil {
      diagnostics.append(
        Diagnostic(
          .error, "the cell is not closed",
          at: SourceSpan(blockRange.lowerBound, file.lineRange(line).upperBound),
          help: "close it with a line of \(opening.length) '"
            + String(decoding: [opening.character], as: UTF8.self) + "' characters"))
    }
  }
}

/// Reads `poise {#id option …}`.
private struct OptionReader {
  var id: String?
  var idSpan: SourceSpan?
  var others: [CellBlock.Option] = []
  var braceEnd: Int?
  var diagnostics: [Diagnostic] = []

  init(info: Range<Int>, in file: SourceFile) {
    let bytes = file.bytes
    let start = info.lowerBound + "poise".utf8.count
    guard start < info.upperBound else { return }
    let rest = start..<info.upperBound
    guard let brace = rest.first(where: { !Ascii.isBlank(bytes[$0]) }) else { return }
    guard bytes[brace] == Ascii.openBrace else {
      diagnostics.append(
        Diagnostic(
          .error, "unexpected text in the info string of a cell",
          at: SourceSpan(brace, info.upperBound), help: "write an id as {#id}"))
      return
    }
    braceEnd = brace + 1
    let close = (brace..<info.upperBound).first { bytes[$0] == Ascii.closeBrace }
    if let close {
      if close + 1 < info.upperBound {
        diagnostics.append(
          Diagnostic(
            .error, "unexpected text after the options of a cell",
            at: SourceSpan(close + 1, info.upperBound)))
      }
    } else {
      diagnostics.append(
        Diagnostic(
          .error, "the options of a cell are not closed", at: SourceSpan(brace, info.upperBound),
          help: "add '}'"))
    }
    var index = brace + 1
    let end = close ?? info.upperBound
    while index < end {
      if Ascii.isBlank(bytes[index]) {
        index += 1
        continue
      }
      let wordStart = index
      while index < end, !Ascii.isBlank(bytes[index]) { index += 1 }
      read(word: wordStart..<index, in: file)
    }
  }

  private mutating func read(word: Range<Int>, in file: SourceFile) {
    let span = SourceSpan(word.lowerBound, word.upperBound)
    guard file.bytes[word.lowerBound] == Ascii.hash else {
      let text = file.text(word)
      others.append(CellBlock.Option(text: text, span: span))
      diagnostics.append(
        Diagnostic(
          .error, "unknown cell option '\(text)'", at: span,
          help: isValidCellID(text) ? "did you mean '#\(text)'?" : "a cell takes only {#id}"))
      return
    }
    let name = file.text(word.lowerBound + 1..<word.upperBound)
    guard isValidCellID(name) else {
      diagnostics.append(
        Diagnostic(
          .error, "'\(name)' is not a cell id", at: span,
          help: "an id is a letter or '_', then letters, digits, '_' and '-'"))
      return
    }
    guard id == nil else {
      diagnostics.append(Diagnostic(.error, "a cell has one id", at: span))
      return
    }
    id = name
    idSpan = SourceSpan(word.lowerBound + 1, word.upperBound)
  }
}
