import Diagnostics

extension Lexer {
  /// A string from its opening quote up to its end or its first interpolation.
  mutating func lexString() {
    let start = position
    position += 1
    scanString(from: start, opensAt: start)
  }

  /// The brace that ends an interpolation, or one of a record.
  mutating func lexRightBrace() {
    let lower = position
    position += 1
    guard let innermost = interpolations.last else {
      emit(.rightBrace, lower)
      return
    }
    if innermost.braces > 0 {
      interpolations[interpolations.count - 1].braces -= 1
      emit(.rightBrace, lower)
      return
    }
    interpolations.removeLast()
    emit(.interpolationEnd, lower)
    scanString(from: innermost.start, opensAt: nil)
  }

  /// Scans text up to the closing quote, the next interpolation or the end of the line.
  ///
  /// - Parameters:
  ///   - start: Where the string's opening quote is.
  ///   - opensAt: The same at the string's beginning, nil after an interpolation.
  private mutating func scanString(from start: Int, opensAt: Int?) {
    let piece = position
    while position < end {
      switch byte() {
      case UInt8(ascii: "\""):
        if let opensAt {
          position += 1
          emit(.string, opensAt)
        } else {
          emit(.stringText, piece)
          position += 1
          emit(.stringEnd, position - 1)
        }
        return
      case UInt8(ascii: "{"):
        if let opensAt { emitHead(.stringStart, opensAt, opensAt + 1) }
        emit(.stringText, piece)
        position += 1
        emit(.interpolationStart, position - 1)
        interpolations.append((0, start))
        return
      case UInt8(ascii: "\\"): scanEscape()
      case 0x0A, 0x0D:
        unterminated(start, piece, opensAt)
        return
      default: position += 1
      }
    }
    unterminated(start, piece, opensAt)
  }

  /// Emits a token that ends before the position.
  private mutating func emitHead(_ kind: TokenKind, _ lower: Int, _ upper: Int) {
    let here = position
    position = upper
    emit(kind, lower)
    position = here
  }

  private mutating func unterminated(_ start: Int, _ piece: Int, _ opensAt: Int?) {
    report(.unterminatedString, start, position)
    if let opensAt {
      emit(.string, opensAt, isClosed: false)
    } else {
      emit(.stringText, piece)
      emit(.stringEnd, position)
    }
    // The strings around it end with this line as well; one report is enough.
    closeOpenStrings(reporting: false)
  }

  /// At the end of a line: ends what interpolations are still open.
  mutating func closeOpenStrings(reporting: Bool = true) {
    guard let outermost = interpolations.first else { return }
    if reporting { report(.unterminatedString, outermost.start, position) }
    while interpolations.popLast() != nil {
      emit(.interpolationEnd, position, isClosed: false)
      emit(.stringEnd, position, isClosed: false)
    }
  }

  private mutating func scanEscape() {
    let lower = position
    position += 1
    guard position < end, byte() != 0x0A, byte() != 0x0D else {
      report(.badEscape("\\"), lower, position)
      return
    }
    switch byte() {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "n"), UInt8(ascii: "t"),
      UInt8(ascii: "{"), UInt8(ascii: "}"):
      position += 1
    case UInt8(ascii: "u") where byte(1) == UInt8(ascii: "{"):
      position += 2
      let digits = position
      while position < end, isHexadecimal(byte()) { position += 1 }
      let isClosed = byte() == UInt8(ascii: "}")
      let value = UInt32(text(digits, position), radix: 16)
      if isClosed { position += 1 }
      if !isClosed || value.flatMap(Unicode.Scalar.init) == nil {
        report(.badUnicodeEscape, lower, position)
      }
    default:
      position += scalarAhead().1
      report(.badEscape(text(lower, position)), lower, position)
    }
  }

  private func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
  }

  /// `'text'`: reported, then read as a string where it is closed on its line.
  mutating func lexSingleQuotes() {
    let lower = position
    position += 1
    while position < end, byte() != UInt8(ascii: "'"), byte() != UInt8(ascii: "\""),
      byte() != 0x0A, byte() != 0x0D
    {
      position += 1
    }
    guard byte() == UInt8(ascii: "'") else {
      position = lower + 1
      report(.strayCharacter("'"), lower, position)
      emit(.stray, lower)
      return
    }
    position += 1
    report(.singleQuotes, lower, position)
    emit(.string, lower)
  }
}

/// The text that the bytes between quotes or braces stand for. Escapes that the lexer reported
/// stand for themselves. Linear in the length.
func decodeStringText(_ bytes: ArraySlice<UInt8>) -> String {
  guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  var index = bytes.startIndex
  while index < bytes.endIndex {
    let byte = bytes[index]
    index += 1
    guard byte == UInt8(ascii: "\\"), index < bytes.endIndex else {
      result.append(byte)
      continue
    }
    let escape = bytes[index]
    index += 1
    switch escape {
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"):
      guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "{"),
        let close = bytes[index...].firstIndex(of: UInt8(ascii: "}")),
        let value = UInt32(String(decoding: bytes[(index + 1)..<close], as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(value)
      else {
        result.append(contentsOf: [UInt8(ascii: "\\"), escape])
        continue
      }
      result.append(contentsOf: scalar.utf8)
      index = close + 1
    default: result.append(escape)
    }
  }
  return String(decoding: result, as: UTF8.self)
}
