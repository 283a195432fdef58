import Diagnostics

extension Parser {
  /// Words that begin a statement in other languages, and what to write here.
  private static let foreignStatements: [String: String] = [
    "def": "write name(parameters) = expression",
    "fn": "write name(parameters) = expression",
    "func": "write name(parameters) = expression",
    "function": "write name(parameters) = expression",
    "let": "write name = expression",
    "var": "write name = expression",
    "const": "write name = expression",
    "import": "every verb is already there; `poise doc` lists them",
    "return": "a function's value is its expression",
    "while": "write a list with 'for', and 'from' for what carries over",
    "print": "an expression on a line of its own is shown",
    "assert": "write claim condition : \"text\"",
  ]

  mutating func parseStatement() -> Statement {
    let lower = token.lower
    let next = kind(ahead: 1)
    switch kind {
    case _ where kind.isKeyword && (next == .assign || next == .walrus):
      fail(.keywordAsName(text(token)))
      return parseBinding(lower)
    case .claim, .predict: return parseClaim(lower)
    case .param: return parseParameter(lower)
    case .for:
      fail(.comprehensionNeedsBrackets)
      return skippedStatement(lower)
    case .name:
      if next == .assign || next == .walrus { return parseBinding(lower) }
      if next == .leftParenthesis, isFunctionHead(position) { return parseFunction(lower) }
      if next == .compoundAssign {
        let name = NameSyntax(text(token), span)
        advance()
        fail(.compoundAssign(text(token)))
        _ = name
        return skippedStatement(lower)
      }
      if next == .name || next == .string || next == .stringStart || next.isKeyword,
        let help = Parser.foreignStatements[text(token)]
      {
        fail(.foreignWord(text(token), help: help))
        return skippedStatement(lower)
      }
      return parseExpressionStatement(lower)
    default: return parseExpressionStatement(lower)
    }
  }

  /// A statement that is reported already; what is left of it is skipped by the caller.
  private mutating func skippedStatement(_ lower: Int) -> Statement {
    markReported()
    return Statement(.expression(Expression(.missing, span)), SourceSpan(lower, lastUpper))
  }

  private mutating func parseBinding(_ lower: Int) -> Statement {
    let name = NameSyntax(text(token), span)
    advance()
    if kind == .walrus { report(.walrus, span) }
    advance()
    let value = parseExpression()
    if kind == .assign { parseStrayAssign() }
    if kind == .where { skipWhere() }
    return Statement(.binding(name, value), SourceSpan(lower, lastUpper))
  }

  /// `a = b = c`: reported, and the rest is skipped.
  private mutating func parseStrayAssign() {
    fail(.assignInExpression)
    advance()
    _ = parseExpression()
  }

  private mutating func skipWhere() {
    fail(.whereOutsideFunction)
    advance()
    _ = parseLocals()
  }

  private mutating func parseExpressionStatement(_ lower: Int) -> Statement {
    let value = parseExpression()
    if kind == .assign {
      fail(.onlyNamesAreBound)
      advance()
      _ = parseExpression()
    }
    if kind == .walrus { fail(.walrus) }
    if kind == .where { skipWhere() }
    return Statement(.expression(value), SourceSpan(lower, lastUpper))
  }

  // MARK: Functions

  private mutating func parseFunction(_ lower: Int) -> Statement {
    let name = NameSyntax(text(token), span)
    advance()
    open()
    var parameters: [NameSyntax] = []
    while kind != .rightParenthesis, !isAtEnd {
      if kind == .name, kind(ahead: 1) == .comma || kind(ahead: 1) == .rightParenthesis {
        parameters.append(NameSyntax(text(token), span))
        advance()
      } else if kind == .name, kind(ahead: 1) == .assign || kind(ahead: 1) == .colon {
        parameters.append(NameSyntax(text(token), span))
        advance()
        fail(.parameterDefault)
        skipElement()
      } else {
        fail(kind.isKeyword ? .keywordAsName(text(token)) : .parameterIsPlainName)
        skipElement()
      }
      if !take(.comma) { break }
    }
    close()
    _ = take(.assign)
    let body = parseExpression()
    if kind == .assign { parseStrayAssign() }
    let locals = take(.where) ? parseLocals() : []
    let function = FunctionSyntax(name: name, parameters: parameters, body: body, locals: locals)
    return Statement(.function(function), SourceSpan(lower, lastUpper))
  }

  /// The bindings behind `where`: separated by commas, the last comma optional.
  private mutating func parseLocals() -> [FunctionSyntax.LocalBinding] {
    var locals: [FunctionSyntax.LocalBinding] = []
    repeat {
      if isAtEnd, !locals.isEmpty { break }
      guard kind == .name || kind.isKeyword && kind(ahead: 1) == .assign else {
        fail(.expectedName(after: locals.isEmpty ? "'where'" : "','", found: foundText))
        break
      }
      if kind.isKeyword { report(.keywordAsName(text(token)), span) }
      if kind(ahead: 1) == .leftParenthesis, isFunctionHead(position) {
        fail(.nestedFunction)
        break
      }
      let name = NameSyntax(text(token), span)
      advance()
      if kind == .walrus { report(.walrus, span) }
      if !take(.assign), !take(.walrus) {
        fail(.expectedAssign(name: name.text, found: foundText))
        locals.append(.init(name: name, value: missing()))
        break
      }
      locals.append(.init(name: name, value: parseExpression()))
      if kind == .name, kind(ahead: 1) == .assign {
        // The comma between two bindings was forgotten.
        fail(.missingSeparator(closer: "the end of the statement", found: foundText))
        continue
      }
      if !take(.comma) { break }
    } while true
    return locals
  }

  // MARK: Parameters and claims

  private mutating func parseParameter(_ lower: Int) -> Statement {
    advance()
    let name: NameSyntax
    if kind == .name {
      name = NameSyntax(text(token), span)
      advance()
    } else if kind.isKeyword {
      fail(.keywordAsName(text(token)))
      name = NameSyntax(text(token), span)
      advance()
    } else {
      fail(.expectedName(after: "'param'", found: foundText))
      return Statement(.expression(missing()), SourceSpan(lower, lastUpper))
    }
    if kind == .walrus { report(.walrus, span) }
    let hasDefault = take(.assign) || take(.walrus)
    let defaultValue = hasDefault ? parseExpression() : nil
    let domain = take(.in) ? parseExpression() : nil
    if !isAtEnd, !hasDefault, domain == nil {
      fail(.expectedAssign(name: name.text, found: foundText))
    }
    let parameter = ParameterSyntax(name: name, defaultValue: defaultValue, domain: domain)
    return Statement(.parameter(parameter), SourceSpan(lower, lastUpper))
  }

  private mutating func parseClaim(_ lower: Int) -> Statement {
    let isPrediction = kind == .predict
    advance()
    let condition = parseExpression()
    let margin = take(.by) ? parseExpression() : nil
    var claimText: Expression?
    if take(.colon) {
      if kind == .string || kind == .stringStart {
        claimText = parseExpression()
      } else {
        fail(.expectedClaimText(found: foundText))
        claimText = parseExpression()
      }
    } else if kind == .string || kind == .stringStart {
      fail(.missingSeparator(closer: ":", found: foundText))
      claimText = parseExpression()
    }
    if kind == .assign { parseStrayAssign() }
    let claim = ClaimSyntax(
      isPrediction: isPrediction, condition: condition, margin: margin, text: claimText)
    return Statement(.claim(claim), SourceSpan(lower, lastUpper))
  }
}
