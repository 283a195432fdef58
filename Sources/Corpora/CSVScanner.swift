import Execution

/// Reads comma-separated values as RFC 4180 describes them: fields in double quotes may hold
/// commas, line breaks and doubled quotes.
struct CSVScanner {
  let file: TextFile

  /// Calls `body` with the line on which each record begins, and its fields. Empty lines are
  /// skipped.
  func forEachRecord(context: WorkContext, _ body: (Int, [String]) throws -> Void) throws {
    let bytes = file.bytes
    var at = file.start
    var line = 1
    while at < bytes.count {
      if line % 1024 == 0 { try context.check() }
      let firstLine = line
      var record: [String] = []
      var isOpen = true
      while isOpen {
        let field =
          at < bytes.count && bytes[at] == UInt8(ascii: "\"")
          ? try quoted(from: at, line: &line) : plain(from: at)
        record.append(field.value)
        at = field.end
        if at < bytes.count, bytes[at] == UInt8(ascii: ",") {
          at += 1
        } else {
          isOpen = false
        }
      }
      if at < bytes.count, bytes[at] == 0x0D { at += 1 }
      if at < bytes.count, bytes[at] == 0x0A { at += 1 }
      line += 1
      if record != [""] { try body(firstLine, record) }
    }
  }

  private func plain(from start: Int) -> (value: String, end: Int) {
    var end = start
    while end < file.bytes.count {
      let byte = file.bytes[end]
      if byte == UInt8(ascii: ",") || byte == 0x0A || byte == 0x0D { break }
      end += 1
    }
    return (file.string(start..<end), end)
  }

  private func quoted(from start: Int, line: inout Int) throws -> (value: String, end: Int) {
    let firstLine = line
    var value: [UInt8] = []
    var at = start + 1
    while at < file.bytes.count {
      let byte = file.bytes[at]
      at += 1
      guard byte == UInt8(ascii: "\"") else {
        if byte == 0x0A { line += 1 }
        value.append(byte)
        continue
      }
      if at < file.bytes.count, file.bytes[at] == UInt8(ascii: "\"") {
        value.append(byte)
        at += 1
        continue
      }
      if at < file.bytes.count {
        let next = file.bytes[at]
        guard next == UInt8(ascii: ",") || next == 0x0A || next == 0x0D else {
          throw CollectionError.brokenCSV(
            path: file.shown, line: line, expected: "',' or the end of the line after '\"'",
            got:
              "'\(String(decoding: file.bytes[at..<min(at + 4, file.bytes.count)], as: UTF8.self).prefix(1))'"
          )
        }
      }
      return (String(decoding: value, as: UTF8.self), at)
    }
    throw CollectionError.brokenCSV(
      path: file.shown, line: firstLine, expected: "a closing '\"'", got: "the end of the file")
  }
}
