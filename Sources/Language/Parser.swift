public import Diagnostics

/// The statements of a cell, with what is wrong in its text.
public struct ParsedCell: Sendable {
  /// The statements in order. A statement with an error is there as far as it could be read, so
  /// that the names it binds are known.
  public let statements: [Statement]
  /// What the lexer and the parser found wrong, by place.
  public let diagnostics: [Diagnostic]

  /// Whether more lines may mend it: the text ends inside a bracket, or where an expression or the
  /// rest of a condition is missing. A prompt asks for another line then.
  public let isIncomplete: Bool

  /// Puts the result of a parse together.
  public init(statements: [Statement], diagnostics: [Diagnostic], isIncomplete: Bool = false) {
    self.statements = statements
    self.diagnostics = diagnostics
    self.isIncomplete = isIncomplete
  }
}

/// Parses the content of a cell. Never fails: what could not be read is `missing` in the tree, and
/// reported. Linear in the length of the range.
///
/// - Parameters:
///   - file: The text that holds the cell.
///   - range: The bytes of the cell's content, from the start of a line.
///   - margin: The indentation of the code fence; up to so many leading spaces of each line do not
///     belong to the content.
/// - Returns: The statements and what is wrong with them.
public func parseCell(_ file: SourceFile, _ range: Range<Int>, margin: Int = 0) -> ParsedCell {
  parse(file, Lexer.lex(file, range, margin: margin))
}

/// Parses a cell that is already read into tokens.
func parse(_ file: SourceFile, _ lexed: LexedCell) -> ParsedCell {
  var parser = Parser(file: file, tokens: lexed.tokens)
  let statements = parser.parseStatements()
  let problems = lexed.problems + parser.problems
  // By place; the lexer's come first where both point at the same one.
  let ordered = problems.enumerated().sorted {
    ($0.element.span.lower, $0.offset) < ($1.element.span.lower, $1.offset)
  }
  return ParsedCell(
    statements: statements, diagnostics: ordered.map(\.element.diagnostic),
    isIncomplete: lexed.problems.isEmpty && parser.isIncomplete)
}

/// A recursive-descent parser over the tokens of one cell. It recovers at the next statement, and
/// within brackets at the next comma or closing bracket.
struct Parser {
  /// How high a tree may grow: everything that walks it recursively relies on this.
  static let depthLimit = 200
  /// How many tokens the head of a function may have.
  private static let headLimit = 1000

  let file: SourceFile
  let tokens: [Token]
  var problems: [LocatedProblem] = []
  private(set) var position = 0
  /// Whether the token at the position is past the current statement.
  private(set) var isAtEnd = false
  /// Indices of the tokens that opened the brackets around the position.
  private(set) var brackets: [Int] = []
  private var statementStart = 0
  /// The token that the last error was about: one error a token is enough.
  private var lastFailure = -1
  /// Set when a statement is given up as too deep; it is skipped without further reports.
  private(set) var isGivenUp = false
  /// Whether the first problem is that the text ends too early.
  private(set) var isIncomplete = false
  private var nesting = 0
  /// The height of the tree that the last expression function returned.
  var height = 0

  init(file: SourceFile, tokens: [Token]) {
    self.file = file
    self.tokens = tokens
  }

  mutating func parseStatements() -> [Statement] {
    var statements: [Statement] = []
    while tokens[position].kind != .end {
      statementStart = position
      isAtEnd = false
      brackets.removeAll(keepingCapacity: true)
      isGivenUp = false
      nesting = 0
      let first = tokens[position]
      if !first.isAtMargin { report(.indentedStart, SourceSpan(first.lower, first.upper)) }
      statements.append(parseStatement())
      if !isAtEnd {
        fail(.unexpected(found: foundText))
        skipStatement()
      }
    }
    return statements
  }

  // MARK: Tokens

  /// The kind at the position; `end` at the end of the statement.
  var kind: TokenKind { isAtEnd ? .end : tokens[position].kind }

  var token: Token { tokens[position] }

  /// The kind so many tokens ahead, as far as the statement goes on that line.
  func kind(ahead: Int) -> TokenKind {
    guard !isAtEnd, position + ahead < tokens.count else { return .end }
    let token = tokens[position + ahead]
    return token.isAtMargin && brackets.isEmpty ? .end : token.kind
  }

  /// The span of the current token; at the end of a statement the place behind its last token.
  var span: SourceSpan {
    if isAtEnd {
      let end = position > 0 ? tokens[position - 1].upper : token.lower
      return SourceSpan(end, end)
    }
    return SourceSpan(token.lower, token.upper)
  }

  /// Where the last consumed token ends.
  var lastUpper: Int { position > 0 ? tokens[position - 1].upper : token.lower }

  mutating func advance() {
    guard !isAtEnd else { return }
    position += 1
    updateEnd()
  }

  /// Consumes the current token where it is of this kind.
  mutating func take(_ wanted: TokenKind) -> Bool {
    guard kind == wanted else { return false }
    advance()
    return true
  }

  private mutating func updateEnd() {
    let token = tokens[position]
    isAtEnd =
      token.kind == .end
      || token.isAtMargin && position > statementStart
        && (brackets.isEmpty || startsStatement(position))
  }

  /// Whether the token at the left margin inside an open bracket can only begin a statement, so
  /// that the bracket was never closed.
  private func startsStatement(_ index: Int) -> Bool {
    let next = index + 1 < tokens.count ? tokens[index + 1].kind : .end
    switch tokens[index].kind {
    case .claim, .predict, .param: return next != .colon
    case .name:
      if index > 0, tokens[index - 1].kind == .from { return false }
      if next == .assign { return true }
      return next == .leftParenthesis && isFunctionHead(index)
    default: return false
    }
  }

  /// Whether `name(` at the index is followed by `)` and `=`. Looks ahead a bounded way, so that
  /// text full of open brackets does not cost its square.
  func isFunctionHead(_ index: Int) -> Bool {
    var depth = 0
    var current = index + 1
    let limit = min(tokens.count, index + Parser.headLimit)
    while current < limit {
      let token = tokens[current]
      if token.kind.isOpener { depth += 1 }
      if token.kind.isCloser {
        depth -= 1
        if depth == 0 {
          let next = current + 1 < tokens.count ? tokens[current + 1] : token
          return next.kind == .assign && !next.isAtMargin
        }
      }
      // A new statement inside the parentheses: this was a call that nobody closed.
      if token.kind == .assign && depth == 1 && token.startsLine || token.kind == .end {
        return false
      }
      current += 1
    }
    return false
  }

  func text(_ token: Token) -> String { file.text(token.lower..<token.upper) }

  /// The current token as a message names it.
  var foundText: String {
    switch kind {
    case .end: "the end of the statement"
    case .string, .stringStart: "a string"
    case .number: "the number \(text(token))"
    case .stringEnd, .interpolationEnd: "the end of the string"
    case .stringText, .interpolationStart: "text"
    default: "'\(text(token))'"
    }
  }

  // MARK: Problems

  /// Reports a problem that leaves the position as it is.
  mutating func report(
    _ problem: SyntaxProblem, _ span: SourceSpan, related: [Diagnostic.Related] = []
  ) {
    guard !isGivenUp else { return }
    problems.append(LocatedProblem(problem: problem, span: span, related: related))
  }

  /// Reports that the current token does not fit, unless the lexer reported it: a stray character,
  /// or the end of a string that was not closed.
  mutating func fail(_ problem: SyntaxProblem, related: [Diagnostic.Related] = []) {
    guard lastFailure != position else { return }
    lastFailure = position
    if kind == .stray || kind == .interpolationEnd && !token.isClosed { return }
    if problems.isEmpty, token.kind == .end {
      switch problem {
      case .expectedExpression, .unclosed, .expectedThen, .expectedElse: isIncomplete = true
      default: break
      }
    }
    report(problem, span, related: related)
  }

  /// Marks what follows as already reported.
  mutating func markReported() { lastFailure = position }

  /// Skips to the next statement: a token at the margin outside brackets.
  private mutating func skipStatement() {
    var depth = brackets.count
    while tokens[position].kind != .end {
      let token = tokens[position]
      if position > statementStart, token.isAtMargin, depth <= 0 || startsStatement(position) {
        break
      }
      if token.kind.isOpener { depth += 1 }
      if token.kind.isCloser { depth -= 1 }
      position += 1
    }
    isAtEnd = true
  }

  /// Within a bracket: skips to its next comma or closing bracket, or the end of the statement.
  mutating func skipElement() {
    var depth = 0
    while !isAtEnd {
      if depth == 0, kind == .comma || kind.isCloser { return }
      if kind == .interpolationEnd || kind == .stringEnd, depth == 0 { return }
      if kind.isOpener { depth += 1 }
      if kind.isCloser { depth -= 1 }
      advance()
    }
  }

  // MARK: Brackets and depth

  /// Consumes an opening bracket.
  mutating func open() {
    brackets.append(position)
    advance()
  }

  /// Consumes the bracket that closes the innermost open one, or reports that it is not there.
  mutating func close() {
    guard let opener = brackets.last else { return }
    let closer = tokens[opener].kind.closer
    if kind == closer {
      brackets.removeLast()
      advance()
      return
    }
    let openerText = text(tokens[opener])
    fail(
      .unclosed(opener: openerText, closer: Parser.closerText(closer), found: foundText),
      related: [
        Diagnostic.Related(
          "opened here", at: SourceSpan(tokens[opener].lower, tokens[opener].upper))
      ])
    brackets.removeLast()
    let closesOuter = brackets.contains { tokens[$0].kind.closer == kind }
    if kind.isCloser, !closesOuter { advance() } else { updateEnd() }
  }

  static func closerText(_ kind: TokenKind) -> String {
    switch kind {
    case .rightParenthesis: ")"
    case .rightBracket: "]"
    default: "}"
    }
  }

  /// Runs a part of the parser one level deeper, unless that is too deep.
  mutating func nested(_ body: (inout Parser) -> Expression) -> Expression {
    guard nesting < Parser.depthLimit else { return giveUp() }
    nesting += 1
    let result = body(&self)
    nesting -= 1
    return result
  }

  /// Reports that the statement is too deep and skips it.
  mutating func giveUp() -> Expression {
    let place = span
    report(.tooDeep, place)
    isGivenUp = true
    skipStatement()
    height = 0
    return Expression(.missing, place)
  }

  /// An expression whose parts are so high.
  mutating func make(_ kind: Expression.Kind, from lower: Int, over partsHeight: Int) -> Expression
  {
    let span = SourceSpan(lower, lastUpper)
    if partsHeight >= Parser.depthLimit { return giveUp() }
    height = partsHeight + 1
    return Expression(kind, span)
  }

  /// What stands for an expression that could not be read.
  mutating func missing() -> Expression {
    height = 0
    return Expression(.missing, span)
  }
}
