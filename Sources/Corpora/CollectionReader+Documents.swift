import Execution

extension CollectionReader {
  /// Reads a JSON Lines file of documents on its own.
  func readDocuments(_ detected: DetectedCollection, context: WorkContext) throws -> Parts {
    guard let entry = detected.entries.first else {
      throw CollectionError.empty(path: detected.name, what: "no files")
    }
    let file = try TextFile(path: entry.path, shown: entry.shown, context: context)
    return Parts(corpus: try Self.documents(in: file, name: detected.name, context: context))
  }

  private static let idFields = ["_id", "id", "docid", "doc_id"]
  private static let textFields = ["text", "contents", "body"]

  /// Documents of a JSON Lines file: an id (else `line-N`), an optional title, a text, and BEIR's
  /// `metadata` as fields to filter by.
  static func documents(
    in file: TextFile, name: String, context: WorkContext
  ) throws -> Corpus {
    var fields = RecordFields(names: idFields + textFields + ["title"])
    let idRange = 0..<idFields.count
    let textRange = idRange.upperBound..<idRange.upperBound + textFields.count
    let title = textRange.upperBound
    var builder = CorpusBuilder()
    var lines: [Int] = []
    try file.forEachLine(context: context) { line, range in
      if file.isBlank(range) { return }
      try fields.read(file, line: line, range: range)
      guard let text = fields.first(textRange) else {
        throw CollectionError.missingField(
          path: file.shown, line: line, expected: textFields, found: file.fieldNames(range))
      }
      let id = fields.first(idRange).map { fields.values[$0] } ?? Array("line-\(line)".utf8)
      builder.append(
        id: id, title: fields.values[title], text: fields.values[text], fields: fields.metadata)
      lines.append(line)
    }
    guard builder.count > 0 else {
      throw CollectionError.empty(path: file.shown, what: "no documents")
    }
    do {
      return try builder.finish(name: name)
    } catch {
      throw CollectionError.duplicateID(
        path: file.shown, line: lines[error.second], id: error.id, what: "document",
        firstLine: lines[error.first])
    }
  }
}
