/// What may follow at the cursor.
package struct Completion: Sendable, Equatable {
  /// The bytes of the line that a candidate replaces, up to the cursor.
  package let start: Int
  /// Whole replacements, sorted.
  package let candidates: [String]
}

/// Finds what may follow at the cursor: verbs, names, labels, members, metrics, commands, paths.
///
/// It only looks; nothing is evaluated for it.
package struct Completer {
  /// What a place wants.
  package enum Context: Equatable {
    case command(prefix: String)
    case commandOperand(command: String, prefix: String)
    /// A name, in a call's parentheses with its verb.
    case name(prefix: String, call: Call?)
    /// A member of the expression before the point.
    case member(of: String, prefix: String)
    /// Text in a string: an argument of a call, or an index of an expression.
    case string(prefix: String, call: Call?, subject: String?)
    case nothing
  }

  /// The call that the cursor is an argument of.
  package struct Call: Equatable {
    package let callee: String
    /// The label of the argument at hand.
    package let label: String?
    /// The number of arguments before it.
    package let position: Int
    /// Labels that are given already.
    package let given: Set<String>
  }

  /// Reads a text up to the cursor.
  ///
  /// - Parameters:
  ///   - pending: Lines of the entry above this one.
  ///   - line: The line up to the cursor.
  /// - Returns: What the place wants, and where in the line the word to be completed starts.
  package static func context(pending: String, line: String) -> (context: Context, start: Int) {
    let bytes = Array(line.utf8)
    if pending.isEmpty, let first = bytes.first, first == UInt8(ascii: ":") || first == 0x3F {
      return command(line, bytes)
    }
    let text = Array((pending.isEmpty ? "" : pending + "\n").utf8)
    let all = text + bytes
    var scan = SourceScan()
    scan.read(all)
    if scan.isInComment { return (.nothing, bytes.count) }
    if scan.isInString, let frame = scan.frames.last {
      let start = max(frame.start + 1, text.count)
      let prefix = String(decoding: all[start...], as: UTF8.self)
      var subject: String?
      if let open = scan.frames.dropLast().last, open.kind == UInt8(ascii: "[") {
        subject = expression(before: open.start, in: all)
      }
      return (
        .string(prefix: prefix, call: call(scan, all), subject: subject), start - text.count
      )
    }
    var start = all.count
    while start > text.count, SourceScan.isWordByte(all[start - 1]) { start -= 1 }
    let prefix = String(decoding: all[start...], as: UTF8.self)
    if prefix.first?.isNumber ?? false { return (.nothing, bytes.count) }
    let place = start - text.count
    if start > 0, all[start - 1] == UInt8(ascii: "."),
      start < 2 || all[start - 2] != UInt8(ascii: ".")
    {
      guard let subject = expression(before: start - 1, in: all) else {
        return (.nothing, bytes.count)
      }
      return (.member(of: subject, prefix: prefix), place)
    }
    // A label can only stand where an argument begins.
    var before = start
    while before > 0, [0x20, 0x09, 0x0A].contains(all[before - 1]) { before -= 1 }
    let begins = before > 0 && (all[before - 1] == UInt8(ascii: ",") || all[before - 1] == 0x28)
    let isDirect = scan.frames.last?.kind == UInt8(ascii: "(")
    return (.name(prefix: prefix, call: begins && isDirect ? call(scan, all) : nil), place)
  }

  private static func command(_ line: String, _ bytes: [UInt8]) -> (Context, Int) {
    var start = bytes.count
    while start > 0, bytes[start - 1] != 0x20 { start -= 1 }
    let prefix = String(decoding: bytes[start...], as: UTF8.self)
    if bytes[0] == 0x3F {
      let name = prefix.hasPrefix("?") ? String(prefix.dropFirst()) : prefix
      return (.commandOperand(command: "doc", prefix: name), bytes.count - name.utf8.count)
    }
    if start == 0 { return (.command(prefix: prefix), 0) }
    let word = line.dropFirst().prefix { !$0.isWhitespace }
    return (.commandOperand(command: String(word), prefix: prefix), start)
  }

  /// The innermost call around the cursor, through brackets of lists and records.
  private static func call(_ scan: SourceScan, _ all: [UInt8]) -> Call? {
    guard let frame = scan.frames.last(where: { $0.kind == UInt8(ascii: "(") }),
      let callee = frame.callee
    else { return nil }
    return Call(
      callee: callee, label: frame.label, position: frame.commas,
      given: labels(in: all[(frame.start + 1)...]))
  }

  /// Words before a colon, outside inner brackets.
  private static func labels(in bytes: ArraySlice<UInt8>) -> Set<String> {
    var labels: Set<String> = []
    var word: [UInt8] = []
    var depth = 0
    var isInString = false
    for byte in bytes {
      if byte == 0x22 { isInString.toggle() }
      if isInString { continue }
      if SourceScan.isWordByte(byte) {
        word.append(byte)
        continue
      }
      if "([{".utf8.contains(byte) { depth += 1 }
      if ")]}".utf8.contains(byte) { depth -= 1 }
      if byte == UInt8(ascii: ":"), depth == 0 {
        labels.insert(String(decoding: word, as: UTF8.self))
      }
      if byte != 0x20 { word = [] }
    }
    return labels
  }

  /// The postfix expression that ends at an offset: names, members, calls and indexes.
  private static func expression(before end: Int, in bytes: [UInt8]) -> String? {
    var start = end
    scan: while start > 0 {
      let byte = bytes[start - 1]
      switch byte {
      case _ where SourceScan.isWordByte(byte) || byte == UInt8(ascii: "."): start -= 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"):
        var depth = 0
        var isInString = false
        repeat {
          let inner = bytes[start - 1]
          if inner == 0x22 { isInString.toggle() }
          if !isInString {
            if ")]}".utf8.contains(inner) { depth += 1 }
            if "([{".utf8.contains(inner) { depth -= 1 }
          }
          start -= 1
        } while depth > 0 && start > 0
        if depth > 0 { return nil }
      default: break scan
      }
    }
    guard start < end else { return nil }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }
}
