import Diagnostics

/// Reads the bytes of a cell into tokens, once, from left to right. Offsets are the file's.
///
/// A string is one token, or, with interpolation, a sequence of tokens that holds those of the
/// expressions in it. Strings end on their line, so that a forgotten quote costs one line.
struct Lexer {
  let bytes: UnsafeBufferPointer<UInt8>
  let end: Int
  let margin: Int
  var position: Int
  var output = LexedCell()
  /// For each open interpolation, innermost last: the braces open in it and the string's start.
  var interpolations: [(braces: Int, start: Int)] = []
  private var startsLine = true
  private var isAtMargin = true

  /// The tokens of a range of a file.
  static func lex(_ file: SourceFile, _ range: Range<Int>, margin: Int) -> LexedCell {
    let range = range.clamped(to: 0..<file.bytes.count)
    return file.bytes.withUnsafeBufferPointer { bytes in
      var lexer = Lexer(bytes: bytes, range: range, margin: margin)
      lexer.run()
      return lexer.output
    }
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, range: Range<Int>, margin: Int) {
    self.bytes = bytes
    self.end = range.upperBound
    self.margin = margin
    self.position = range.lowerBound
    output.tokens.reserveCapacity(range.count / 3 + 1)
  }

  private mutating func run() {
    beginLine()
    while position < end { lexNext() }
    closeOpenStrings()
    // A closing line that is missing must not make the end token part of a statement.
    isAtMargin = true
    emit(.end, position)
  }

  // MARK: Tools

  /// The byte so many places ahead, or 0 past the end.
  func byte(_ ahead: Int = 0) -> UInt8 {
    let index = position + ahead
    return index < end ? bytes[index] : 0
  }

  mutating func emit(_ kind: TokenKind, _ lower: Int, isClosed: Bool = true) {
    output.tokens.append(
      Token(
        kind: kind, isAtMargin: isAtMargin, startsLine: startsLine, isClosed: isClosed,
        lower: lower, upper: position))
    startsLine = false
    isAtMargin = false
  }

  mutating func report(_ problem: SyntaxProblem, _ lower: Int, _ upper: Int) {
    output.problems.append(LocatedProblem(problem: problem, span: SourceSpan(lower, upper)))
  }

  func text(_ lower: Int, _ upper: Int) -> String {
    String(decoding: bytes[lower..<upper], as: UTF8.self)
  }

  private mutating func symbol(_ kind: TokenKind, _ length: Int = 1) {
    let lower = position
    position += length
    emit(kind, lower)
  }

  private mutating func beginLine() {
    var skipped = 0
    while skipped < margin, byte() == UInt8(ascii: " ") {
      position += 1
      skipped += 1
    }
    startsLine = true
    isAtMargin = byte() != UInt8(ascii: " ") && byte() != UInt8(ascii: "\t")
  }

  // MARK: Tokens

  private mutating func lexNext() {
    switch byte() {
    case UInt8(ascii: " "), UInt8(ascii: "\t"): position += 1
    case 0x0A, 0x0D:
      closeOpenStrings()
      position += byte() == 0x0D && byte(1) == 0x0A ? 2 : 1
      beginLine()
    case UInt8(ascii: "#"): lexComment()
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      lexName()
    case UInt8(ascii: "0")...UInt8(ascii: "9"): lexNumber()
    case UInt8(ascii: "\""): lexString()
    case UInt8(ascii: "'"): lexSingleQuotes()
    case UInt8(ascii: "("): symbol(.leftParenthesis)
    case UInt8(ascii: ")"): symbol(.rightParenthesis)
    case UInt8(ascii: "["): symbol(.leftBracket)
    case UInt8(ascii: "]"): symbol(.rightBracket)
    case UInt8(ascii: "{"):
      if !interpolations.isEmpty { interpolations[interpolations.count - 1].braces += 1 }
      symbol(.leftBrace)
    case UInt8(ascii: "}"): lexRightBrace()
    case UInt8(ascii: ","): symbol(.comma)
    case UInt8(ascii: "."): lexDots()
    default: lexOperator()
    }
  }

  private mutating func lexOperator() {
    let next = byte(1)
    let assigns = next == UInt8(ascii: "=")
    switch byte() {
    case UInt8(ascii: ":"): symbol(assigns ? .walrus : .colon, assigns ? 2 : 1)
    case UInt8(ascii: "="):
      if next == UInt8(ascii: ">") {
        symbol(.arrow, 2)
      } else {
        symbol(assigns ? .equal : .assign, assigns ? 2 : 1)
      }
    case UInt8(ascii: "!"): symbol(assigns ? .notEqual : .bang, assigns ? 2 : 1)
    case UInt8(ascii: "<"): symbol(assigns ? .lessOrEqual : .less, assigns ? 2 : 1)
    case UInt8(ascii: ">"): symbol(assigns ? .greaterOrEqual : .greater, assigns ? 2 : 1)
    case UInt8(ascii: "+"): symbol(assigns ? .compoundAssign : .plus, assigns ? 2 : 1)
    case UInt8(ascii: "-"):
      if next == UInt8(ascii: ">") {
        symbol(.arrow, 2)
      } else {
        symbol(assigns ? .compoundAssign : .minus, assigns ? 2 : 1)
      }
    case UInt8(ascii: "*"):
      if next == UInt8(ascii: "*") {
        symbol(.power, 2)
      } else {
        symbol(assigns ? .compoundAssign : .star, assigns ? 2 : 1)
      }
    case UInt8(ascii: "/"): symbol(assigns ? .compoundAssign : .slash, assigns ? 2 : 1)
    case UInt8(ascii: "%"): symbol(.percent)
    case UInt8(ascii: "&") where next == UInt8(ascii: "&"): symbol(.andSymbol, 2)
    case UInt8(ascii: "|") where next == UInt8(ascii: "|"): symbol(.orSymbol, 2)
    default: lexOther()
    }
  }

  private mutating func lexComment() {
    let lower = position
    while position < end, byte() != 0x0A, byte() != 0x0D { position += 1 }
    if !interpolations.isEmpty {
      report(.commentInString, lower, position)
      closeOpenStrings(reporting: false)
      return
    }
    output.comments.append(
      Comment(
        lower: lower, upper: position, nextToken: output.tokens.count, isOwnLine: startsLine))
  }

  private mutating func lexName() {
    let lower = position
    skipName()
    emit(Keywords.kind(of: bytes[lower..<position]), lower)
  }

  /// Skips letters, digits, underscores and what Unicode counts among them.
  mutating func skipName() {
    while position < end {
      switch byte() {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        position += 1
      case 0x80...:
        let (scalar, length) = scalarAhead()
        guard scalar.properties.isXIDContinue else { return }
        position += length
      default: return
      }
    }
  }

  /// The character ahead and its length in bytes; the file is valid UTF-8, but may be cut here.
  func scalarAhead() -> (Unicode.Scalar, Int) {
    let piece = String(decoding: bytes[position..<min(position + 4, end)], as: UTF8.self)
    guard let scalar = piece.unicodeScalars.first else { return ("\u{FFFD}", 1) }
    return (scalar, min(scalar == "\u{FFFD}" ? 1 : scalar.utf8.count, end - position))
  }

  private mutating func lexOther() {
    let lower = position
    let (scalar, length) = scalarAhead()
    if scalar.properties.isXIDStart {
      lexName()
      return
    }
    position += max(1, length)
    report(.strayCharacter(String(scalar)), lower, position)
    emit(.stray, lower)
  }

  private mutating func lexDots() {
    let lower = position
    if byte(1) == UInt8(ascii: ".") {
      let length = byte(2) == UInt8(ascii: ".") ? 3 : 2
      if length == 2 { report(.twoDots, lower, lower + 2) }
      symbol(.ellipsis, length)
      return
    }
    let followsValue =
      output.tokens.last.map { token in
        token.upper == lower
          && (token.kind == .name || token.kind.isCloser || token.kind == .string
            || token.kind == .stringEnd)
      } ?? false
    if isDigit(byte(1)), !followsValue {
      position += 1
      while isDigit(byte()) { position += 1 }
      skipName()
      report(.numberNeedsLeadingZero(text(lower, position)), lower, position)
      emit(.number, lower)
      return
    }
    symbol(.dot)
  }

  func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  /// `3`, `0.5`, `3e-4`. The dots of `1...20` are not part of a number.
  private mutating func lexNumber() {
    let lower = position
    var isGood = true
    while isDigit(byte()) { position += 1 }
    if byte() == UInt8(ascii: "."), isDigit(byte(1)) {
      position += 1
      while isDigit(byte()) { position += 1 }
    }
    if byte() == UInt8(ascii: "e") || byte() == UInt8(ascii: "E") {
      let sign = byte(1) == UInt8(ascii: "-") || byte(1) == UInt8(ascii: "+") ? 1 : 0
      if isDigit(byte(1 + sign)) {
        position += 1 + sign
        while isDigit(byte()) { position += 1 }
      }
    }
    let digitsEnd = position
    skipName()
    while byte() == UInt8(ascii: "."), isDigit(byte(1)) {
      position += 1
      skipName()
    }
    if position > digitsEnd {
      isGood = false
      report(.badNumber(text(lower, position)), lower, position)
    }
    if isGood, position - lower > 15 || hasExponent(lower),
      Double(text(lower, position))?.isFinite != true
    {
      report(.numberTooLarge(text(lower, position)), lower, position)
    }
    emit(.number, lower)
  }

  private func hasExponent(_ lower: Int) -> Bool {
    bytes[lower..<position].contains { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
  }
}
