/// Why a notebook can't be read, or an edit would not be safe. Lines are one-based.
public enum NotebookError: Error, Hashable, Sendable {
  /// The text is not UTF-8 from this byte on.
  case notUTF8(offset: Int, line: Int)
  /// The text is longer than what is read.
  case tooLong(length: Int, limit: Int)
  /// There is not one id for each cell.
  case idCount(got: Int, expected: Int)
  /// There is no such cell.
  case noSuchCell(index: Int, count: Int)
  /// There is no such region.
  case noSuchRegion(index: Int, count: Int)
  /// An id is not spelt like one.
  case invalidID(String, line: Int)
  /// Two cells have the id.
  case duplicateID(String, line: Int, otherLine: Int)
  /// The cell has an id in its info string.
  case alreadyHasID(String, line: Int)
  /// A key is not at least twelve lower-case hexadecimal digits.
  case invalidKey(String, id: String)
  /// Two edits concern the same cell or region.
  case doubleEdit(id: String, line: Int)
  /// The cell has no closing fence.
  case cellNotClosed(line: Int)
  /// The cell's region can't be told apart from the text around it.
  case regionBroken(id: String, line: Int)
  /// The region's body is not what the tool wrote.
  case regionEdited(id: String, line: Int)
  /// A body can't stand in a region.
  case unfitBody(BodyFault)
  /// The new source of a cell holds a line that would close the cell, or a carriage return.
  case unfitContent(line: Int)
  /// The edit would make the text around it read differently.
  case wouldChangeDocument(detail: String)
}

/// Why a body can't stand in a region. Lines are one-based lines of the body.
public enum BodyFault: Hashable, Sendable {
  /// Lines end in LF alone.
  case carriageReturn(line: Int)
  /// A NUL byte: Markdown replaces it.
  case nul(line: Int)
  /// The line would be read as a marker.
  case marker(line: Int)
  /// The line starts a heading, which would change the notebook's outline.
  case heading(line: Int)
  /// The line starts a cell.
  case cell(line: Int)
  /// A fence or HTML block is open at the end, and would swallow the end marker.
  case openBlock
}

extension NotebookError: CustomStringConvertible {
  /// One sentence, lower case, without a full stop.
  public var description: String {
    switch self {
    case .notUTF8(let offset, let line):
      "the file is not UTF-8: byte \(offset) in line \(line) does not belong there"
    case .tooLong(let length, let limit):
      "the file has \(length) bytes; a notebook has at most \(limit)"
    case .idCount(let got, let expected): "\(got) ids were given for \(expected) cells"
    case .noSuchCell(let index, let count): "there is no cell \(index) among \(count)"
    case .noSuchRegion(let index, let count): "there is no output region \(index) among \(count)"
    case .invalidID(let id, let line): "'\(id)' is not an id for the cell in line \(line)"
    case .duplicateID(let id, let line, let other):
      "the cells in lines \(other) and \(line) both have the id '\(id)'"
    case .alreadyHasID(let id, let line): "the cell in line \(line) has the id '\(id)'"
    case .invalidKey(let key, let id):
      "the key '\(key)' of cell '\(id)' is not \(keyPrefixLength) or more hexadecimal digits"
    case .doubleEdit(let id, let line):
      "the output of '\(id)' in line \(line) was to be changed twice"
    case .cellNotClosed(let line): "the cell in line \(line) is not closed"
    case .regionBroken(let id, let line): "the output of '\(id)' in line \(line) is broken"
    case .regionEdited(let id, let line): "the output of '\(id)' in line \(line) was edited"
    case .unfitBody(let fault): "the output can't stand in a notebook: \(fault)"
    case .unfitContent(let line): "line \(line) of the new source would end its cell"
    case .wouldChangeDocument(let detail): "the edit would change the text around it: \(detail)"
    }
  }
}

extension BodyFault: CustomStringConvertible {
  /// A clause, lower case, without a full stop.
  public var description: String {
    switch self {
    case .carriageReturn(let line): "line \(line) holds a carriage return"
    case .nul(let line): "line \(line) holds a NUL byte"
    case .marker(let line): "line \(line) would be read as a marker"
    case .heading(let line): "line \(line) would be read as a heading"
    case .cell(let line): "line \(line) would be read as a cell"
    case .openBlock: "a fence or an HTML block is open at its end"
    }
  }
}
