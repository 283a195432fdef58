import Diagnostics

/// The bytes that the format gives a meaning to.
enum Ascii {
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20
  static let hash: UInt8 = 0x23
  static let backtick: UInt8 = 0x60
  static let tilde: UInt8 = 0x7E
  static let openBrace: UInt8 = 0x7B
  static let closeBrace: UInt8 = 0x7D

  static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }
}

/// What ends a line.
enum LineEnding {
  case lineFeed
  case carriageReturnLineFeed
  case carriageReturn

  var bytes: [UInt8] {
    switch self {
    case .lineFeed: [Ascii.lineFeed]
    case .carriageReturnLineFeed: [Ascii.carriageReturn, Ascii.lineFeed]
    case .carriageReturn: [Ascii.carriageReturn]
    }
  }
}

extension SourceFile {
  /// The number of lines; a text that ends in a line ending has an empty one after it.
  var lineCount: Int { lineStarts.count }

  /// The bytes of a zero-based line without its ending, and without a byte order mark before the
  /// first: CommonMark skips it.
  func textRange(ofLine line: Int) -> Range<Int> {
    let range = lineRange(line)
    guard line == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { return range }
    return min(3, range.upperBound)..<range.upperBound
  }

  /// The offset just past a zero-based line and its ending.
  func end(ofLine line: Int) -> Int {
    line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count
  }

  func isEmpty(line: Int) -> Bool { textRange(ofLine: line).isEmpty }

  /// What ends a line, or nil for the last one of a text that ends without.
  func lineEnding(ofLine line: Int) -> LineEnding? {
    let ending = bytes[lineRange(line).upperBound..<end(ofLine: line)]
    switch ending.count {
    case 0: return nil
    case 1: return ending.first == Ascii.lineFeed ? .lineFeed : .carriageReturn
    default: return .carriageReturnLineFeed
    }
  }

  /// The line ending that most lines have; LF where there is none, and in a draw the earlier of
  /// LF, CR LF and CR.
  var dominantLineEnding: LineEnding {
    var feeds = 0
    var pairs = 0
    var returns = 0
    for start in lineStarts.dropFirst() {
      if bytes[start - 1] == Ascii.carriageReturn {
        returns += 1
      } else if start > 1, bytes[start - 2] == Ascii.carriageReturn {
        pairs += 1
      } else {
        feeds += 1
      }
    }
    if feeds >= pairs, feeds >= returns { return .lineFeed }
    return pairs >= returns ? .carriageReturnLineFeed : .carriageReturn
  }
}

/// The offset of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7), or
/// nil. Linear; eight bytes at a time through ASCII.
func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
  bytes.withUnsafeBytes { buffer in
    let count = buffer.count
    var index = 0
    while index < count {
      while index + 8 <= count,
        buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        index += 8
      }
      guard index < count else { break }
      let lead = buffer[index]
      if lead < 0x80 {
        index += 1
        continue
      }
      let length: Int
      var second: ClosedRange<UInt8> = 0x80...0xBF
      switch lead {
      case 0xC2...0xDF: length = 2
      case 0xE0: (length, second) = (3, 0xA0...0xBF)
      case 0xED: (length, second) = (3, 0x80...0x9F)
      case 0xE1...0xEF: length = 3
      case 0xF0: (length, second) = (4, 0x90...0xBF)
      case 0xF1...0xF3: length = 4
      case 0xF4: (length, second) = (4, 0x80...0x8F)
      default: return index
      }
      guard index + length <= count, second.contains(buffer[index + 1]) else { return index }
      for follower in 2..<max(length, 2) where buffer[index + follower] & 0xC0 != 0x80 {
        return index
      }
      index += length
    }
    return nil
  }
}
