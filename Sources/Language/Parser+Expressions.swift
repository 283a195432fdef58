import Diagnostics

/// How strongly operators bind; a higher level binds more tightly.
enum Precedence {
  static let or = 1
  static let and = 2
  static let not = 3
  static let comparison = 4
  static let range = 5
  static let sum = 6
  static let product = 7
  static let unary = 8
}

extension Parser {
  /// Any expression. Reports and returns `missing`, consuming nothing, where there is none.
  mutating func parseExpression() -> Expression {
    nested { parser in
      parser.kind == .if
        ? parser.parseConditional() : parser.parseOperators(Precedence.or)
    }
  }

  private mutating func parseConditional() -> Expression {
    let lower = token.lower
    advance()
    let condition = parseExpression()
    var highest = height
    if kind == .assign {
      fail(.assignInExpression)
      advance()
      _ = parseExpression()
    }
    guard take(.then) else {
      fail(.expectedThen(found: foundText))
      return make(
        .conditional(if: condition, then: missing(), else: missing()), from: lower, over: highest)
    }
    let then = parseExpression()
    highest = max(highest, height)
    guard take(.else) else {
      fail(.expectedElse(found: foundText))
      return make(
        .conditional(if: condition, then: then, else: missing()), from: lower, over: highest)
    }
    let otherwise = parseExpression()
    highest = max(highest, height)
    return make(
      .conditional(if: condition, then: then, else: otherwise), from: lower, over: highest)
  }

  /// Operators that bind at least as tightly as the level, by precedence climbing.
  private mutating func parseOperators(_ minimum: Int) -> Expression {
    var left = parseOperand(minimum)
    while !isGivenUp {
      let lower = left.span.lower
      let leftHeight = height
      switch kind {
      case .or, .orSymbol:
        guard minimum <= Precedence.or else { return left }
        if kind == .orSymbol { report(.otherSpelling(found: "||", write: "or"), span) }
        left = parseLogical(left, .or, Precedence.and, lower, leftHeight)
      case .and, .andSymbol:
        guard minimum <= Precedence.and else { return left }
        if kind == .andSymbol { report(.otherSpelling(found: "&&", write: "and"), span) }
        left = parseLogical(left, .and, Precedence.not, lower, leftHeight)
      case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
        guard minimum <= Precedence.comparison else { return left }
        left = parseComparison(left, lower, leftHeight)
      case .ellipsis:
        guard minimum <= Precedence.range else { return left }
        advance()
        let upper = nested { $0.parseOperators(Precedence.sum) }
        left = make(.range(left, upper), from: lower, over: max(leftHeight, height))
        if kind == .ellipsis {
          fail(.rangeOfRange)
          return left
        }
      case .plus, .minus, .star, .slash, .percent, .power:
        let level = kind == .plus || kind == .minus ? Precedence.sum : Precedence.product
        guard minimum <= level else { return left }
        if kind == .power { report(.power, span) }
        let operation = Parser.arithmetic(kind)
        advance()
        let right = nested { $0.parseOperators(level + 1) }
        left = make(
          .arithmetic(left, operation, right), from: lower, over: max(leftHeight, height))
      default: return left
      }
    }
    return left
  }

  private static func arithmetic(_ kind: TokenKind) -> ArithmeticOperator {
    switch kind {
    case .plus: .add
    case .minus: .subtract
    case .slash: .divide
    case .percent: .remainder
    default: .multiply
    }
  }

  private mutating func parseLogical(
    _ left: Expression, _ operation: LogicalOperator, _ level: Int, _ lower: Int, _ leftHeight: Int
  ) -> Expression {
    advance()
    let right = nested { $0.parseOperators(level) }
    return make(.logical(left, operation, right), from: lower, over: max(leftHeight, height))
  }

  private mutating func parseComparison(
    _ first: Expression, _ lower: Int, _ leftHeight: Int
  ) -> Expression {
    var links: [ComparisonLink] = []
    var highest = leftHeight
    while let operation = Parser.comparison(kind) {
      advance()
      links.append(ComparisonLink(operation, nested { $0.parseOperators(Precedence.range) }))
      highest = max(highest, height)
    }
    return make(.comparison(first: first, rest: links), from: lower, over: highest)
  }

  private static func comparison(_ kind: TokenKind) -> ComparisonOperator? {
    switch kind {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    default: nil
    }
  }

  private mutating func parseOperand(_ minimum: Int) -> Expression {
    let lower = span.lower
    switch kind {
    case .not, .bang:
      if kind == .bang {
        report(.otherSpelling(found: "!", write: "not"), span)
      } else if minimum > Precedence.not {
        fail(.notNeedsParentheses)
      }
      advance()
      let operand = nested { $0.parseOperators(Precedence.not) }
      return make(.not(operand), from: lower, over: height)
    case .minus:
      advance()
      let operand = nested { $0.parseOperand(Precedence.unary) }
      return make(.negate(operand), from: lower, over: height)
    case .if:
      fail(.conditionalNeedsParentheses)
      return nested { $0.parseConditional() }
    default: return parsePostfix()
    }
  }

  private mutating func parsePostfix() -> Expression {
    var value = parsePrimary()
    while !isGivenUp {
      let lower = value.span.lower
      let valueHeight = height
      switch kind {
      case .leftParenthesis: value = parseCall(value, valueHeight)
      case .leftBracket:
        open()
        let index = parseExpression()
        let highest = max(valueHeight, height)
        close()
        value = make(.index(value, index), from: lower, over: highest)
      case .dot:
        advance()
        if kind == .name || kind.isKeyword {
          let name = text(token)
          let nameSpan = span
          advance()
          value = make(
            .member(value, name: name, nameSpan: nameSpan), from: lower, over: valueHeight)
        } else {
          fail(
            kind == .number
              ? .numberedMember(text(token)) : .expectedMember(found: foundText))
          if kind == .number { advance() }
          value = make(.missing, from: lower, over: valueHeight)
        }
      default: return value
      }
    }
    return value
  }

  // MARK: Primary expressions

  private mutating func parsePrimary() -> Expression {
    let lower = span.lower
    switch kind {
    case .number:
      let value = parseNumber(token)
      advance()
      return make(.number(value), from: lower, over: 0)
    case .string:
      let parts = stringParts(token)
      advance()
      return make(.string(parts), from: lower, over: 0)
    case .stringStart: return parseInterpolated()
    case .true, .false:
      let value = kind == .true
      advance()
      return make(.boolean(value), from: lower, over: 0)
    case .none:
      advance()
      return make(.none, from: lower, over: 0)
    case .name: return parseName()
    case .leftParenthesis:
      open()
      let inner = parseExpression()
      if kind == .assign {
        fail(.assignInExpression)
        skipElement()
      } else if kind == .for {
        fail(.comprehensionNeedsBrackets)
        skipElement()
      }
      close()
      // The parentheses belong to the place, so that a caret shows all of it.
      return Expression(inner.kind, SourceSpan(lower, lastUpper))
    case .leftBracket: return parseList()
    case .leftBrace: return parseRecord()
    case .stray:
      // Reported by the lexer; what follows may still be an expression.
      advance()
      markReported()
      return missing()
    default:
      if kind.isKeyword, kind(ahead: 1) == .assign {
        fail(.keywordAsName(text(token)))
      } else {
        fail(.expectedExpression(found: foundText))
      }
      return missing()
    }
  }

  private mutating func parseName() -> Expression {
    let lower = token.lower
    let name = text(token)
    let first = name.utf8.first ?? 0
    // The few letters that names of other languages' values begin with.
    if first == UInt8(ascii: "N") || first == UInt8(ascii: "n") || first == UInt8(ascii: "T")
      || first == UInt8(ascii: "F") || first == UInt8(ascii: "l")
    {
      switch name {
      case "null", "nil", "None", "NULL":
        report(.otherSpelling(found: name, write: "none"), span)
        advance()
        return make(.none, from: lower, over: 0)
      case "True", "TRUE", "False", "FALSE":
        let value = first == UInt8(ascii: "T")
        report(.otherSpelling(found: name, write: value ? "true" : "false"), span)
        advance()
        return make(.boolean(value), from: lower, over: 0)
      case "lambda" where kind(ahead: 1) == .name || kind(ahead: 1) == .colon:
        fail(.arrow)
        skipElement()
        markReported()
        return missing()
      default: break
      }
    }
    advance()
    if kind == .arrow {
      fail(.arrow)
      skipElement()
      return missing()
    }
    return make(.name(name), from: lower, over: 0)
  }

  private func parseNumber(_ token: Token) -> Double {
    if token.upper - token.lower <= 15 {
      // Plain digits are the common case and need no string.
      var value = 0
      for byte in file.bytes[token.lower..<token.upper] {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
          return Double(text(token)) ?? 0
        }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      return Double(value)
    }
    let value = Double(text(token)) ?? 0
    return value.isFinite ? value : 0
  }

  private func stringParts(_ token: Token) -> [StringPart] {
    let lower = token.lower + 1
    let upper = token.isClosed ? token.upper - 1 : token.upper
    guard lower < upper else { return [] }
    return [.text(decodeStringText(file.bytes[lower..<upper]))]
  }

  private mutating func parseInterpolated() -> Expression {
    let lower = token.lower
    var parts: [StringPart] = []
    var highest = 0
    advance()
    while !isAtEnd {
      switch kind {
      case .stringText:
        if token.upper > token.lower {
          parts.append(.text(decodeStringText(file.bytes[token.lower..<token.upper])))
        }
        advance()
      case .interpolationStart:
        let opener = span
        advance()
        if kind == .interpolationEnd {
          // Without its closing brace the string's end is already reported.
          if token.isClosed { report(.emptyInterpolation, opener.union(span)) }
          markReported()
        } else {
          parts.append(.interpolation(parseExpression()))
          highest = max(highest, height)
        }
        if kind != .interpolationEnd {
          fail(.unclosedInterpolation(found: foundText))
          skipInterpolation()
        } else if !token.isClosed {
          markReported()
        }
        _ = take(.interpolationEnd)
      case .stringEnd:
        advance()
        return make(.string(parts), from: lower, over: highest)
      default: advance()
      }
    }
    return make(.string(parts), from: lower, over: highest)
  }

  /// Skips to the brace that ends the innermost interpolation.
  private mutating func skipInterpolation() {
    var depth = 0
    while !isAtEnd {
      if kind == .interpolationEnd {
        if depth == 0 { return }
        depth -= 1
      }
      if kind == .interpolationStart { depth += 1 }
      advance()
    }
  }
}
