public import Diagnostics

/// The content of a cell laid out anew, each line ended by a newline; nil where it does not parse.
///
/// Comments stay, as do single blank lines between statements; parentheses, numbers and strings
/// stay as they are written. Lines are at most 100 columns where brackets allow it: what is longer
/// breaks at its brackets, one element a line. Formatting again changes nothing, and the canonical
/// syntax is the same.
///
/// - Parameters:
///   - file: The text that holds the cell.
///   - range: The bytes of the cell's content, from the start of a line.
///   - margin: The indentation of the code fence, which is not content.
/// - Returns: The content without the fence's indentation.
public func formatCell(_ file: SourceFile, _ range: Range<Int>, margin: Int = 0) -> String? {
  let lexed = Lexer.lex(file, range, margin: margin)
  guard parse(file, lexed).diagnostics.isEmpty else { return nil }
  var builder = LayoutBuilder(file: file, lexed: lexed)
  return builder.formatStatements()
}

/// Turns tokens and comments into layouts. The text is known to parse, so brackets match.
struct LayoutBuilder {
  let file: SourceFile
  let tokens: [Token]
  let comments: [Comment]
  /// For each opening bracket the index of its closing one.
  let closers: [Int: Int]
  /// The token to be laid out next.
  var index = 0
  /// The comment to be laid out next.
  var nextComment = 0
  /// The token before, within the current sequence.
  var previous: TokenKind?
  /// Whether the last token ends a value, so that `(`, `[` and `-` after it belong to it.
  var endsValue = false
  /// Whether the last token takes what follows without a space.
  private var glues = false

  init(file: SourceFile, lexed: LexedCell) {
    self.file = file
    tokens = lexed.tokens
    comments = lexed.comments
    var closers: [Int: Int] = [:]
    var open: [Int] = []
    for (index, token) in lexed.tokens.enumerated() {
      if token.kind.isOpener { open.append(index) }
      if token.kind.isCloser, let opener = open.popLast() { closers[opener] = index }
    }
    self.closers = closers
  }

  mutating func formatStatements() -> String {
    var printer = LayoutPrinter()
    var lastUpper: Int?
    while true {
      while nextComment < comments.count, comments[nextComment].nextToken <= index {
        let comment = comments[nextComment]
        nextComment += 1
        separate(&printer, &lastUpper, comment.lower, comment.upper)
        printer.print(.ownLine(text(comment)))
        printer.endLine()
      }
      guard tokens[index].kind != .end else { return printer.output }
      let end = statementEnd(index)
      separate(&printer, &lastUpper, tokens[index].lower, tokens[end - 1].upper)
      printer.print(statement(end))
      printer.endLine()
    }
  }

  /// Keeps one blank line where there are any between two items.
  private func separate(
    _ printer: inout LayoutPrinter, _ lastUpper: inout Int?, _ lower: Int, _ upper: Int
  ) {
    if let last = lastUpper, file.lineIndex(of: lower) - file.lineIndex(of: last) > 1 {
      printer.endLine()
    }
    lastUpper = upper
  }

  /// The index behind the last token of a statement.
  private func statementEnd(_ start: Int) -> Int {
    var end = start
    while tokens[end].kind != .end, end == start || !tokens[end].isAtMargin {
      end = (closers[end] ?? end) + 1
    }
    return end
  }

  // MARK: Statements

  private mutating func statement(_ end: Int) -> Layout {
    let start = index
    let isClaim = tokens[start].kind == .claim || tokens[start].kind == .predict
    let head = sequence(until: end) { kind, _ in kind == .where || isClaim && kind == .colon }
    var parts = [Layout.group(head, mustBreak: hasComments(start, index))]
    var mustBreak = false
    if index < end {
      // A break that the writer chose before the text or the bindings stays.
      mustBreak = tokens[index].startsLine || hasComments(start, end)
      parts += takeComments()
      let isWhere = tokens[index].kind == .where
      index += 1
      let tail = isWhere ? bindings(end) : sequence(until: end) { _, _ in false }
      parts.append(.nest(.concat([.line, .text(isWhere ? "where " : ": "), tail])))
    }
    parts += takeTrailingComments()
    return .group(.concat(parts), mustBreak: mustBreak)
  }

  /// The bindings behind `where`, without a comma behind the last.
  private mutating func bindings(_ end: Int) -> Layout {
    let start = index
    var parts: [Layout] = []
    while index < end {
      parts.append(sequence(until: end) { kind, _ in kind == .comma })
      guard index < end else { break }
      index += 1
      if index < end { parts.append(.text(",")) }
      parts += takeTrailingComments()
      if index < end { parts.append(.line) }
    }
    return .group(.nest(.concat(parts)), mustBreak: hasComments(start - 1, end))
  }

  // MARK: Sequences

  /// Tokens up to the end or the first that stops, brackets included. What follows a break within
  /// is indented. `stop` is asked with a token's kind and whether a value stands before it.
  mutating func sequence(
    until end: Int, stop: (TokenKind, _ endsValue: Bool) -> Bool
  ) -> Layout {
    var segments: [[Layout]] = [[]]
    previous = nil
    endsValue = false
    glues = true
    while index < end {
      let token = tokens[index]
      if previous != nil, previous != .dot, stop(token.kind, endsValue) { break }
      let leading = takeComments()
      segments[segments.count - 1] += leading
      if breaksBefore(token) || previous != nil && !leading.isEmpty {
        segments.append([.line])
      } else if needsSpace(token) {
        segments[segments.count - 1].append(.text(" "))
      }
      segments[segments.count - 1].append(layout(of: token))
    }
    let later = segments.dropFirst().map { Layout.nest(.concat($0)) }
    return .concat(segments[0] + later)
  }

  /// A token, or all of a bracket or a string.
  private mutating func layout(of token: Token) -> Layout {
    if token.kind.isOpener {
      let layout = bracket()
      previous = .rightParenthesis
      endsValue = true
      glues = false
      return layout
    }
    var last = token
    if token.kind == .stringStart {
      var depth = 0
      repeat {
        last = tokens[index]
        if last.kind == .stringStart { depth += 1 }
        if last.kind == .stringEnd { depth -= 1 }
        index += 1
      } while depth > 0
    } else {
      index += 1
    }
    glues = token.kind == .dot || token.kind == .ellipsis || token.kind == .minus && !endsValue
    switch token.kind {
    case .name, .number, .string, .stringStart, .true, .false, .none: endsValue = true
    default: endsValue = previous == .dot
    }
    previous = token.kind
    return .text(file.text(token.lower..<last.upper))
  }

  /// Whether the line may break before the token: at the branches of a condition, and at an
  /// operator where the writer broke it.
  private func breaksBefore(_ token: Token) -> Bool {
    guard previous != nil, previous != .dot else { return false }
    let isBroken =
      token.startsLine || index + 1 < tokens.count && tokens[index + 1].startsLine
    switch token.kind {
    case .then, .else: return true
    case .and, .or, .plus, .star, .slash, .percent, .equal, .notEqual, .less, .lessOrEqual,
      .greater, .greaterOrEqual:
      return isBroken
    case .minus: return endsValue && isBroken
    default: return false
    }
  }

  private func needsSpace(_ token: Token) -> Bool {
    switch token.kind {
    case .comma, .colon, .dot, .ellipsis: false
    case .leftParenthesis, .leftBracket: !glues && !endsValue
    default: !glues
    }
  }

  // MARK: Comments

  private func text(_ comment: Comment) -> String {
    var text = Substring(file.text(comment.lower..<comment.upper))
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }

  /// Whether a comment stands between two tokens, given by their indices.
  func hasComments(_ start: Int, _ end: Int) -> Bool {
    var low = 0
    var high = comments.count
    while low < high {
      let middle = (low + high) / 2
      if comments[middle].nextToken > start { high = middle } else { low = middle + 1 }
    }
    return low < comments.count && comments[low].nextToken < end
  }

  /// All comments before the next token.
  mutating func takeComments() -> [Layout] {
    var result: [Layout] = []
    while nextComment < comments.count, comments[nextComment].nextToken <= index {
      let comment = comments[nextComment]
      result.append(comment.isOwnLine ? .ownLine(text(comment)) : .comment(text(comment)))
      nextComment += 1
    }
    return result
  }

  /// The comments behind the last token, on its line.
  mutating func takeTrailingComments() -> [Layout] {
    var result: [Layout] = []
    while nextComment < comments.count, comments[nextComment].nextToken <= index,
      !comments[nextComment].isOwnLine
    {
      result.append(.comment(text(comments[nextComment])))
      nextComment += 1
    }
    return result
  }
}
