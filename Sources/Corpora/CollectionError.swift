/// Why a collection, a question file, a run or judgements could not be read.
///
/// Paths are shown as the caller gave them, with what lies below; lines count from 1.
public enum CollectionError: Error, Hashable, Sendable {
  /// The file or folder could not be opened or read.
  case unreadable(path: String, reason: String)
  /// The file is larger than readers accept.
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// The folder holds more files than readers accept.
  case tooManyFiles(path: String, limit: Int)
  /// No known format fits what is there; `found` are some of its entries.
  case unknownFormat(path: String, found: [String])
  /// A file of a known format is not there, such as the corpus beside a query file.
  case missingFile(path: String, format: String, expected: String, found: [String])
  /// Several files fit equally well.
  case ambiguous(path: String, format: String, candidates: [String])
  /// The bytes are not UTF-8.
  case notUTF8(path: String, line: Int, byte: UInt8)
  /// Not JSON, at a byte column of a line.
  case brokenJSON(path: String, line: Int, column: Int, expected: String, got: String)
  /// A record lacks a field; any of `expected` would do.
  case missingField(path: String, line: Int, expected: [String], found: [String])
  /// A field holds another kind of value.
  case wrongType(path: String, line: Int, field: String, expected: String, got: String)
  /// Two records share an id.
  case duplicateID(path: String, line: Int, id: String, what: String, firstLine: Int)
  /// A line has another number of columns.
  case wrongColumns(path: String, line: Int, expected: String, got: Int)
  /// A column does not hold the number it should.
  case wrongNumber(path: String, line: Int, column: String, expected: String, got: String)
  /// A quoted CSV field is not closed, or is followed by text.
  case brokenCSV(path: String, line: Int, expected: String, got: String)
  /// Text in a SMART file before its first record, or a record mark without an id.
  case brokenSMART(path: String, line: Int, expected: String, got: String)
  /// There is nothing in it.
  case empty(path: String, what: String)
}

extension CollectionError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      return "\(path): cannot be read: \(reason)"
    case .tooLarge(let path, let bytes, let limit):
      return "\(path): \(grouped(bytes)) bytes; files up to \(grouped(limit)) bytes are read"
    case .tooManyFiles(let path, let limit):
      return "\(path): more than \(grouped(limit)) files; load a smaller folder"
    case .unknownFormat(let path, let found):
      return """
        \(path): no known collection here; looked for BEIR (corpus.jsonl), SMART (*.all), \
        SQuAD (*.json), documents (*.jsonl), and text or Markdown (*.md, *.txt); \
        found \(listed(found))
        """
    case .missingFile(let path, let format, let expected, let found):
      return "\(path): \(format) without \(expected); found \(listed(found))"
    case .ambiguous(let path, let format, let candidates):
      return "\(path): several \(format) files, name one of them: \(listed(candidates))"
    default: return recordDescription
    }
  }

  private var recordDescription: String {
    switch self {
    case .notUTF8(let path, let line, let byte):
      return "\(path):\(line): not UTF-8: the byte 0x\(hex(byte)) does not belong here"
    case .brokenJSON(let path, let line, let column, let expected, let got):
      return "\(path):\(line):\(column): broken JSON: expected \(expected), got \(got)"
    case .missingField(let path, let line, let expected, let found):
      let wanted = expected.map { "\"\($0)\"" }.joined(separator: " or ")
      let got =
        found.isEmpty ? "no fields" : found.map { "\"\($0)\"" }.joined(separator: ", ")
      return "\(path):\(line): a record without \(wanted); it has \(got)"
    case .wrongType(let path, let line, let field, let expected, let got):
      return "\(path):\(line): \"\(field)\" should be \(expected), got \(got)"
    case .duplicateID(let path, let line, let id, let what, let firstLine):
      return "\(path):\(line): \(what) \"\(id)\" was already on line \(firstLine)"
    case .wrongColumns(let path, let line, let expected, let got):
      return "\(path):\(line): expected \(expected), got \(got)"
    case .wrongNumber(let path, let line, let column, let expected, let got):
      return "\(path):\(line): \(column) should be \(expected), got \"\(got)\""
    case .brokenCSV(let path, let line, let expected, let got):
      return "\(path):\(line): broken CSV: expected \(expected), got \(got)"
    case .brokenSMART(let path, let line, let expected, let got):
      return "\(path):\(line): broken SMART record: expected \(expected), got \(got)"
    case .empty(let path, let what):
      return "\(path): \(what)"
    default: return ""
    }
  }

  private func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count < 2 ? "0" + digits : digits
  }

  private func listed(_ names: [String]) -> String {
    guard !names.isEmpty else { return "nothing" }
    let more = names.count > 6 ? " and \(names.count - 6) more" : ""
    return names.prefix(6).joined(separator: ", ") + more
  }
}

/// An integer with commas between groups of three digits.
package func grouped(_ value: Int) -> String {
  let digits = String(value.magnitude)
  var result = ""
  for (place, digit) in digits.enumerated() {
    if place > 0, (digits.count - place) % 3 == 0 { result.append(",") }
    result.append(digit)
  }
  return value < 0 ? "-" + result : result
}

/// A count with its noun in the singular or plural: `1 query`, `5,183 documents`.
package func counted(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
  "\(grouped(count)) \(count == 1 ? singular : plural ?? singular + "s")"
}
