/// Puts the lines typed at a prompt together to entries.
///
/// An entry goes on while a bracket is open or its last line ends in an operator, a comma or a
/// word that wants something after it. An empty line ends it in any case. What a string holds
/// never counts; strings end on their line.
package struct EntryReader: Sendable {
  /// What a line did to the entry.
  package enum Step: Sendable, Equatable {
    /// The entry goes on in the next line.
    case more
    /// The lines so far make an entry.
    case complete(String)
    /// There is nothing.
    case empty
  }

  private var lines: [String] = []

  /// A reader at the start of an entry.
  package init() {}

  /// What was typed of an entry that is not complete; empty at its start.
  package var pending: String { lines.joined(separator: "\n") }
  /// Whether the next line continues an entry.
  package var isContinuing: Bool { !lines.isEmpty }

  /// Takes one line, or several that were pasted or recalled together.
  ///
  /// - Parameters:
  ///   - text: Without a line end behind it.
  ///   - next: The line that follows, where that can be known: an indented one goes on. Asked for
  ///     only where it matters.
  /// - Returns: Whether the entry goes on, or all of it.
  package mutating func add(_ text: String, next: () -> String? = { nil }) -> Step {
    let isBlank = text.allSatisfy(\.isWhitespace)
    if isBlank {
      guard isContinuing else { return .empty }
      return finish()
    }
    if !isContinuing, text.hasPrefix(":") || text.hasPrefix("?") { return .complete(text) }
    lines.append(text)
    if Self.isOpen(pending) { return .more }
    if let next = next(), Self.isIndented(next), !Self.isIndented(lines[0]) { return .more }
    return finish()
  }

  /// Forgets what was typed.
  package mutating func drop() { lines = [] }

  /// Ends the entry as it is.
  package mutating func finish() -> Step {
    defer { lines = [] }
    return lines.isEmpty ? .empty : .complete(pending)
  }

  private static func isIndented(_ line: String) -> Bool {
    guard let first = line.first, first == " " || first == "\t" else { return false }
    return !line.allSatisfy(\.isWhitespace)
  }

  /// Whether a text can't end here. Linear in its length.
  package static func isOpen(_ text: String) -> Bool {
    var scan = SourceScan()
    scan.read(text.utf8)
    // A bracket closed by another kind is a mistake that no further line can mend.
    return !scan.isMismatched && (scan.bracketDepth > 0 || scan.endsOpen)
  }
}

/// Reads source up to some place: the brackets open there, and whether a string is.
///
/// It is simpler than the parser on purpose: it has to make sense of text that nobody has
/// finished typing.
package struct SourceScan {
  /// An open bracket or string, with what is known of it.
  package struct Frame: Equatable {
    /// `(`, `[`, `{`, `"`, or `i` for an expression inside a string.
    package let kind: UInt8
    /// The offset of the opening byte.
    package let start: Int
    /// For `(` the name right before it, if it is a call.
    package var callee: String?
    /// Commas met directly in it.
    package var commas = 0
    /// The label of the argument or field at hand.
    package var label: String?
  }

  package private(set) var frames: [Frame] = []
  package private(set) var isInComment = false
  /// Whether a closing bracket was met that closes nothing, or a bracket of another kind.
  package private(set) var isMismatched = false
  private var word: [UInt8] = []
  /// The last word or sign, to tell an open end.
  private var last: [UInt8] = []
  private var offset = 0

  package init() {}

  package var bracketDepth: Int { frames.count { $0.kind != 0x22 } }
  package var isInString: Bool { frames.last?.kind == 0x22 }

  private static let openEnds: Set<String> = [
    "+", "-", "*", "/", "%", "=", "==", "!=", "<", "<=", ">", ">=", "...", ".", ",", ":", "and",
    "or", "not", "if", "then", "else", "in", "by", "where", "claim", "predict", "param", "for",
    "from",
  ]

  /// Whether what was read ends in something that wants more.
  package var endsOpen: Bool {
    Self.openEnds.contains(String(decoding: word.isEmpty ? last : word, as: UTF8.self))
  }

  package mutating func read(_ text: some Sequence<UInt8>) {
    var isEscaped = false
    for byte in text {
      defer { offset += 1 }
      if isInComment {
        if byte == 0x0A { isInComment = false }
        continue
      }
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == 0x22 || byte == 0x0A {
          frames.removeLast()
          last = [0x22]
        } else if byte == UInt8(ascii: "{") {
          frames.append(Frame(kind: UInt8(ascii: "i"), start: offset))
        }
        continue
      }
      readCode(byte)
    }
  }

  private mutating func readCode(_ byte: UInt8) {
    if Self.isWordByte(byte) {
      word.append(byte)
      return
    }
    let name = word
    if !word.isEmpty {
      last = word
      word = []
    }
    switch byte {
    case 0x20, 0x09, 0x0D: return
    case 0x0A:
      // An unfinished string inside braces ends with its line, and the braces with it.
      if let open = frames.firstIndex(where: { $0.kind == 0x22 }) {
        frames.removeSubrange(open...)
      }
      return
    case UInt8(ascii: "#"):
      isInComment = true
      return
    case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
      var frame = Frame(kind: byte, start: offset)
      if byte == UInt8(ascii: "("), !name.isEmpty {
        frame.callee = String(decoding: name, as: UTF8.self)
      }
      frames.append(frame)
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
      let opener = frames.popLast()?.kind
      let fits: Bool =
        switch byte {
        case UInt8(ascii: ")"): opener == UInt8(ascii: "(")
        case UInt8(ascii: "]"): opener == UInt8(ascii: "[")
        default: opener == UInt8(ascii: "{") || opener == UInt8(ascii: "i")
        }
      if !fits { isMismatched = true }
    case 0x22: frames.append(Frame(kind: byte, start: offset))
    case UInt8(ascii: ","):
      if !frames.isEmpty {
        frames[frames.count - 1].commas += 1
        frames[frames.count - 1].label = nil
      }
    case UInt8(ascii: ":"):
      if !frames.isEmpty {
        frames[frames.count - 1].label = String(decoding: last, as: UTF8.self)
      }
    default: break
    }
    let joins = last.last.map { Self.isSign($0) } ?? false
    last = joins && Self.isSign(byte) && name.isEmpty ? last + [byte] : [byte]
  }

  private static func isSign(_ byte: UInt8) -> Bool { "=<>!.".utf8.contains(byte) }

  static func isWordByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte >= 0x80
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
