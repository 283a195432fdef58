import Diagnostics

extension LayoutBuilder {
  /// A bracket with all that is in it.
  mutating func bracket() -> Layout {
    let open = index
    let close = closers[open] ?? open
    let kind = tokens[open].kind
    let isPostfix = endsValue
    // Parentheses around an expression and indexes hold one expression and never end in a comma.
    let isPlain = kind == .leftParenthesis && !isPostfix || kind == .leftBracket && isPostfix
    let opener = Layout.text(file.text(tokens[open].lower..<tokens[open].upper))
    let closer = Layout.text(file.text(tokens[close].lower..<tokens[close].upper))
    let hasComments = hasComments(open, close + 1)
    index = open + 1
    if index == close, !hasComments {
      index = close + 1
      return .concat([opener, closer])
    }
    if kind == .leftParenthesis, isPostfix, isHugging(open, close) {
      endsValue = false
      let layout = bracket()
      index = close + 1
      return .concat([opener, layout, closer])
    }
    let isComprehension = kind == .leftBracket && !isPostfix && holdsFor(open, close)
    // A comma that the writer put behind the last element, on a line before the bracket, keeps the
    // elements on lines of their own.
    let isKeptBroken =
      !isPlain && !isComprehension && tokens[close - 1].kind == .comma && tokens[close].startsLine
    var head = [opener]
    head += takeTrailingComments()
    var inner: [Layout] = [.softLine]
    if isComprehension {
      inner += clauses(close)
    } else {
      inner += elements(close, hasTrailingComma: !isPlain)
    }
    let last = takeComments()
    if !last.isEmpty { inner += [.softLine] + last }
    index = close + 1
    head.append(.nest(.concat(inner)))
    return .group(
      .concat(head + [.softLine, closer]), mustBreak: hasComments || isKeptBroken)
  }

  private mutating func elements(_ close: Int, hasTrailingComma: Bool) -> [Layout] {
    var parts: [Layout] = []
    while index < close {
      let start = index
      let element = sequence(until: close) { kind, _ in kind == .comma }
      parts.append(.group(element, mustBreak: hasComments(start, index)))
      if index < close { index += 1 }
      if index < close {
        parts.append(.text(","))
        parts += takeTrailingComments()
        parts.append(.line)
      } else {
        if hasTrailingComma { parts.append(.trailingComma) }
        parts += takeTrailingComments()
      }
    }
    return parts
  }

  /// The body of a comprehension and its clauses, each on a line of its own where it is broken.
  private mutating func clauses(_ close: Int) -> [Layout] {
    var parts: [Layout] = []
    while index < close {
      let start = index
      let clause = sequence(until: close) { kind, endsValue in
        kind == .for || kind == .comma || endsValue && (kind == .if || kind == .from)
      }
      parts.append(.group(clause, mustBreak: hasComments(start, index)))
      if index < close, tokens[index].kind == .comma { index += 1 }
      parts += takeTrailingComments()
      if index < close { parts.append(.line) }
    }
    return parts
  }

  /// Whether a `for` stands in the bracket itself, not in one within.
  private func holdsFor(_ open: Int, _ close: Int) -> Bool {
    var current = open + 1
    while current < close {
      if tokens[current].kind == .for, tokens[current - 1].kind != .dot { return true }
      current = (closers[current] ?? current) + 1
    }
    return false
  }

  /// Whether a call's only argument is a list or a record, which then shares its brackets' lines.
  private func isHugging(_ open: Int, _ close: Int) -> Bool {
    let first = open + 1
    let kind = tokens[first].kind
    guard kind == .leftBracket || kind == .leftBrace, let end = closers[first] else { return false }
    let isOnly = end == close - 1 || end == close - 2 && tokens[close - 1].kind == .comma
    return isOnly && !hasComments(open, first + 1) && !hasComments(end, close + 1)
  }
}
