import Diagnostics

extension Parser {
  /// What stands between two elements of a bracket.
  private enum Separator { case another, last }

  /// Reads the comma behind an element. Reports what stands there instead, once a bracket, and
  /// goes on with the next element where one seems to follow.
  private mutating func parseSeparator(
    closer: TokenKind, from start: Int, hasReported: inout Bool
  ) -> Separator {
    if take(.comma) { return kind == closer || isAtEnd ? .last : .another }
    if kind == closer || isAtEnd || isGivenUp { return .last }
    if kind == .for {
      if !hasReported { fail(.comprehensionNeedsBrackets) }
      hasReported = true
      skipElement()
    } else if kind.isCloser || kind == .interpolationEnd || kind == .stringEnd {
      return .last
    } else {
      if !hasReported {
        fail(.missingSeparator(closer: Parser.closerText(closer), found: foundText))
      }
      hasReported = true
      if kind.startsExpression, position > start {
        markReported()
        return .another
      }
      skipElement()
    }
    if take(.comma) { return kind == closer || isAtEnd ? .last : .another }
    return .last
  }

  // MARK: Calls

  mutating func parseCall(_ callee: Expression, _ calleeHeight: Int) -> Expression {
    var arguments: [Argument] = []
    var highest = calleeHeight
    var hasReported = false
    open()
    while kind != .rightParenthesis, !isAtEnd {
      let start = position
      arguments.append(parseArgument())
      highest = max(highest, height)
      if parseSeparator(closer: .rightParenthesis, from: start, hasReported: &hasReported) == .last
      {
        break
      }
    }
    close()
    return make(
      .call(callee: callee, arguments: arguments), from: callee.span.lower, over: highest)
  }

  private mutating func parseArgument() -> Argument {
    if kind == .name || kind.isKeyword {
      let next = kind(ahead: 1)
      if next == .colon || next == .assign || next == .walrus {
        let label = text(token)
        let labelSpan = span
        advance()
        if next != .colon { fail(.labelWithAssign(label)) }
        advance()
        return Argument(label: label, labelSpan: labelSpan, value: parseElement())
      }
    }
    return Argument(label: nil, labelSpan: nil, value: parseElement())
  }

  /// An expression within brackets, where a single `=` is taken for `==`.
  private mutating func parseElement() -> Expression {
    let value = parseExpression()
    guard kind == .assign else { return value }
    let valueHeight = height
    fail(.assignInExpression)
    advance()
    let right = parseExpression()
    return make(
      .comparison(first: value, rest: [ComparisonLink(.equal, right)]), from: value.span.lower,
      over: max(valueHeight, height))
  }

  // MARK: Lists

  mutating func parseList() -> Expression {
    let lower = token.lower
    var elements: [Expression] = []
    var highest = 0
    var hasReported = false
    open()
    while kind != .rightBracket, !isAtEnd {
      let start = position
      elements.append(parseElement())
      highest = max(highest, height)
      if elements.count == 1, kind == .for || kind == .if || kind == .from {
        return parseComprehension(elements[0], lower, highest)
      }
      if parseSeparator(closer: .rightBracket, from: start, hasReported: &hasReported) == .last {
        break
      }
    }
    close()
    return make(.list(elements), from: lower, over: highest)
  }

  private mutating func parseComprehension(
    _ body: Expression, _ lower: Int, _ bodyHeight: Int
  ) -> Expression {
    var highest = bodyHeight
    var generators: [Comprehension.Generator] = []
    var condition: Expression?
    var fold: Comprehension.Generator?
    if kind != .for { fail(.expectedFor) }
    while kind == .for || kind == .if || kind == .from {
      let word = kind
      if word == .for && (condition != nil || fold != nil) || word == .if && fold != nil
        || word == .if && condition != nil || word == .from && fold != nil
      {
        fail(.comprehensionOrder(text(token)))
      }
      advance()
      if word == .if {
        condition = parseElement()
        highest = max(highest, height)
        continue
      }
      guard let generator = parseGenerator(after: word) else {
        skipElement()
        break
      }
      highest = max(highest, height)
      if word == .for { generators.append(generator) } else { fold = generator }
    }
    _ = take(.comma)
    close()
    let comprehension = Comprehension(
      body: body, generators: generators, condition: condition, fold: fold)
    // A grid is gone through recursively, one level for each of its lists.
    return make(.comprehension(comprehension), from: lower, over: highest + generators.count)
  }

  /// `name in source` behind `for`, `name = start` behind `from`.
  private mutating func parseGenerator(after word: TokenKind) -> Comprehension.Generator? {
    let wordText = word == .for ? "'for'" : "'from'"
    guard kind == .name || kind.isKeyword else {
      fail(.expectedName(after: wordText, found: foundText))
      return nil
    }
    if kind.isKeyword { fail(.keywordAsName(text(token))) }
    let name = text(token)
    let nameSpan = span
    advance()
    if word == .for {
      if !take(.in) {
        fail(.expectedIn(found: foundText))
        return nil
      }
    } else if !take(.assign) {
      fail(.expectedAssign(name: name, found: foundText))
      return nil
    }
    return Comprehension.Generator(name: name, nameSpan: nameSpan, source: parseExpression())
  }

  // MARK: Records

  mutating func parseRecord() -> Expression {
    let lower = token.lower
    var fields: [RecordField] = []
    var highest = 0
    var hasReported = false
    open()
    while kind != .rightBrace, !isAtEnd {
      let start = position
      if let field = parseField() {
        fields.append(field)
        highest = max(highest, height)
      } else {
        hasReported = true
        skipElement()
      }
      if parseSeparator(closer: .rightBrace, from: start, hasReported: &hasReported) == .last {
        break
      }
    }
    close()
    return make(.record(fields), from: lower, over: highest)
  }

  private mutating func parseField() -> RecordField? {
    let name: String
    let nameSpan = span
    switch kind {
    case .name: name = text(token)
    case _ where kind.isKeyword: name = text(token)
    case .string where kind(ahead: 1) == .colon:
      name = decodeStringText(file.bytes[(token.lower + 1)..<max(token.lower + 1, token.upper - 1)])
      report(.quotedFieldName(name), span)
    default:
      fail(.expectedFieldName(found: foundText))
      return nil
    }
    advance()
    if !take(.colon) {
      fail(.expectedFieldColon(name: name, found: foundText))
      if kind != .assign { return RecordField(name: name, nameSpan: nameSpan, value: missing()) }
      advance()
    }
    return RecordField(name: name, nameSpan: nameSpan, value: parseElement())
  }
}
