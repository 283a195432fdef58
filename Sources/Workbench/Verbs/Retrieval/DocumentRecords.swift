import Corpora
import Language

/// Documents written in a notebook as records.
enum DocumentRecords {
  /// A corpus of records with `id`, `text` and maybe `title`; what else they have are fields.
  static func corpus(
    _ records: [Record], parameter: String, name: String = "documents"
  ) throws -> Corpus {
    var documents: [Document] = []
    for (index, record) in records.enumerated() {
      func fail(_ message: String) -> VerbError {
        VerbError("document \(index): \(message)", parameter: parameter)
      }
      guard let id = record["id"].flatMap(FieldText.text), !id.isEmpty else {
        throw fail("expected a field 'id' with a text or number")
      }
      guard let text = record["text"]?.text else { throw fail("expected a field 'text'") }
      var title = ""
      if let value = record["title"] {
        guard let text = value.text else { throw fail("'title' is a string") }
        title = text
      }
      var fields: [(name: String, values: [String])] = []
      for (name, value) in record.fields where !["id", "text", "title"].contains(name) {
        let items: [Value] = if case .list(let items) = value { items } else { [value] }
        fields.append(
          (
            name,
            try items.map { item in
              guard let text = FieldText.text(item) else {
                throw fail("the field '\(name)' holds texts and numbers, got \(item.typeName)")
              }
              return text
            }
          ))
      }
      documents.append(
        Document(id: id, title: title, text: text, fields: DocumentFields(fields)))
    }
    do {
      return try Corpus(name: name, documents: documents)
    } catch {
      throw VerbError(
        "\(error)", parameter: parameter, help: "ids name documents, so each is there once")
    }
  }
}
