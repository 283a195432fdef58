package import Artifacts
package import Diagnostics
package import Language
package import NotebookFormat

/// A notebook as it stands in a file: read, parsed, checked, and each cell with its key.
///
/// Nothing is evaluated and no store is needed: a fresh clone can tell fresh from stale.
package struct Notebook: Sendable {
  /// The name as the user wrote it.
  package let name: String
  package let document: NotebookDocument
  /// What spans count the bytes of: the document's text, and behind it a session's entries.
  package let file: SourceFile
  /// The cells of the document, then the entries of the session.
  package let cells: [NotebookCell]
  /// Everything that is wrong or worth knowing, in the order of the text.
  package let diagnostics: [Diagnostic]
  package let parameters: [ParameterInfo]
  /// Parameters that are only ever read as paths.
  let pathParameters: Set<String>
  /// Positions of cells that depend on each other in a circle, which only entries can bring about.
  let cycle: [Int]
  /// Positions of the cells so that each comes after those that it reads: the document's order,
  /// but for entries that bind a name anew.
  let order: [Int]

  /// Whether anything is wrong that keeps a cell from running.
  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// The ids of the cells in order; empty for a cell that has none.
  package var ids: [String] { cells.map(\.id) }

  /// Names of parameters whose value is read as a path somewhere; short names are no paths.
  func parametersUsedAsPaths(_ verbs: VerbLibrary) -> [String] {
    let paths = Set(
      cells.flatMap(\.checked.inputs).filter { input in
        input.isOverride && verbs[input.verb]?.shortNames.contains(input.path) != true
      }.map(\.path))
    return parameters.filter { parameter in
      if case .string(let value)? = parameter.value { paths.contains(value) } else { false }
    }.map(\.name)
  }

  package func cell(_ id: String) -> NotebookCell? { cells.first { $0.id == id } }

  /// Reads a notebook from its bytes.
  ///
  /// - Parameters:
  ///   - name: The name for diagnostics.
  ///   - bytes: The text.
  ///   - verbs: What calls are checked against, and what expands paths into files.
  ///   - overrides: Values of parameters given from outside.
  ///   - resolver: What may be read, and its digests.
  /// - Throws: `NotebookError` where the text is no notebook at all.
  init(
    name: String, bytes: [UInt8], verbs: VerbLibrary, overrides: Overrides,
    resolver: InputResolver
  ) throws {
    self.init(
      document: try NotebookDocument(name: name, bytes: bytes), entries: [], verbs: verbs,
      overrides: overrides, resolver: resolver)
  }

  /// The id of each cell: the explicit one, else the first name bound. A cell without one, and a
  /// second cell of the same id, are errors and get an empty id.
  static func ids(
    _ document: NotebookDocument, _ parsed: [ParsedCell], _ diagnostics: inout [Diagnostic]
  ) -> [String] {
    var first: [String: SourceSpan] = [:]
    return zip(document.cells, parsed).map { block, cell in
      guard let id = block.explicitID ?? cell.statements.lazy.compactMap(\.boundName).first else {
        // A cell that could not be parsed may bind a name that the parser did not reach.
        if cell.diagnostics.isEmpty {
          diagnostics.append(
            Diagnostic(
              .error, "the cell needs an id, since it binds no name", at: block.infoSpan,
              help: "write {#id} after 'poise', or let 'poise fmt --ids' write one"))
        }
        return ""
      }
      if let other = first[id] {
        diagnostics.append(
          Diagnostic(
            .error, "a second cell has the id '\(id)'", at: block.infoSpan,
            help: "give one of them another {#id}",
            related: [.init("the first one is here", at: other)]))
        return ""
      }
      first[id] = block.infoSpan
      return id
    }
  }
}

/// A cell of a notebook.
package struct NotebookCell: Sendable {
  /// Empty where the cell has none.
  package let id: String
  /// The id, or what stands for it in messages.
  package var name: String { id.isEmpty ? "cell \(index + 1)" : id }
  /// The position among the cells.
  package let index: Int
  /// The bytes of the source in the file.
  package let contentRange: Range<Int>
  package let statements: [Statement]
  package let checked: CheckedCell
  package let key: CellKey
  /// Parameters without a value that the cell needs.
  package var waitsFor: [String] { checked.waitsFor }
  /// Static errors within the cell.
  package let errors: [Diagnostic]
  /// Ids of the entries that bind names of this cell anew.
  package var replacedBy: [String] = []
  /// Whether entries of the session reach the cell, so that its output belongs to no file.
  package var isTouched = false
}

extension Statement {
  /// The name that the statement binds.
  package var boundName: String? {
    switch kind {
    case .binding(let name, _): name.text
    case .function(let function): function.name.text
    case .parameter(let parameter): parameter.name.text
    case .claim, .expression: nil
    }
  }
}
