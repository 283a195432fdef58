import NotebookFormat

let keyA = "aaaaaaaaaaaa0000"
let keyB = "bbbbbbbbbbbb1111"

func open(_ text: String, name: String = "notes.md") throws -> NotebookDocument {
  try NotebookDocument(name: name, bytes: Array(text.utf8))
}

/// A region as the tool writes it, by the oracle's checksum.
func region(
  _ id: String, _ body: String, key: String = keyA, measured: Bool = false
) -> String {
  let sum = String(decoding: Oracle.checksum(Array(body.utf8)), as: UTF8.self)
  let frame = body.isEmpty ? "" : "\(body)\n\n"
  return """
    <!-- poise:out \(id) key=\(key.prefix(12))\(measured ? " measured" : "") -->

    \(frame)<!-- poise:end \(id) sum=\(sum) -->
    """
}

/// A closed cell with an id, and the line feed after it.
func cell(_ id: String, _ source: String = "1") -> String { "```poise {#\(id)}\n\(source)\n```\n" }

extension NotebookDocument {
  /// The explicit ids, empty where there is none.
  var ids: [String] { cells.map { $0.explicitID ?? "" } }

  func splicing(_ edits: [RegionEdit], acceptEdited: Bool = false) throws -> String {
    String(
      decoding: try splicing(edits, ids: ids, acceptEdited: acceptEdited), as: UTF8.self)
  }

  func state(of id: String, key: String? = keyA) -> RegionState? {
    let states = states(ids: ids, keys: ids.map { _ in key })
    return ids.firstIndex(of: id).map { states.cells[$0] }
  }
}
