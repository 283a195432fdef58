/// A text with a name, held as bytes, that can tell line and column of any byte offset.
///
/// Lines end at LF, CR LF or a lone CR, as CommonMark has it.
public struct SourceFile: Sendable {
  /// The name shown in diagnostics: a path as the user wrote it.
  public let name: String
  /// The bytes, which are valid UTF-8 for every file that Poise accepted.
  public let bytes: [UInt8]
  /// The byte offset at which each line starts; the first is 0.
  public let lineStarts: [Int]

  /// Indexes the lines of a text. Linear in its length.
  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    var starts = [0]
    bytes.withUnsafeBufferPointer { buffer in
      var index = 0
      while index < buffer.count {
        let byte = buffer[index]
        index += 1
        if byte == 0x0A {
          starts.append(index)
        } else if byte == 0x0D, index >= buffer.count || buffer[index] != 0x0A {
          starts.append(index)
        }
      }
    }
    lineStarts = starts
  }

  /// Indexes the lines of a text given as a string.
  public init(name: String, text: String) {
    self.init(name: name, bytes: Array(text.utf8))
  }

  /// The one-based line and column (in characters) of a byte offset; offsets past the end are
  /// clamped. Logarithmic in the number of lines, linear in the length of the line.
  public func location(of offset: Int) -> SourceLocation {
    let offset = min(max(offset, 0), bytes.count)
    let line = lineIndex(of: offset)
    let prefix = String(decoding: bytes[lineStarts[line]..<offset], as: UTF8.self)
    return SourceLocation(line: line + 1, column: prefix.count + 1)
  }

  /// The zero-based index of the line that holds a byte offset.
  public func lineIndex(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The byte range of a zero-based line without its line ending.
  public func lineRange(_ line: Int) -> Range<Int> {
    let start = lineStarts[line]
    var end = line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count
    if end > start, bytes[end - 1] == 0x0A { end -= 1 }
    if end > start, bytes[end - 1] == 0x0D { end -= 1 }
    return start..<end
  }

  /// The text of a byte range.
  public func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }
}

/// A one-based line and column; columns count characters.
public struct SourceLocation: Hashable, Sendable {
  /// The line; the first is 1.
  public let line: Int
  /// The column in characters; the first is 1.
  public let column: Int

  /// A location from its line and column.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// A range of byte offsets in a source file.
public struct SourceSpan: Hashable, Sendable {
  /// The first byte.
  public let lower: Int
  /// The byte after the last one; never below ``lower``.
  public let upper: Int

  /// A span from `lower` up to `upper`, empty where `upper` is not above it.
  public init(_ lower: Int, _ upper: Int) {
    self.lower = lower
    self.upper = max(lower, upper)
  }

  /// The smallest span that holds both.
  public func union(_ other: SourceSpan) -> SourceSpan {
    SourceSpan(min(lower, other.lower), max(upper, other.upper))
  }
}
