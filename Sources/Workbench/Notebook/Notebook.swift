public import Artifacts
public import Diagnostics
public import Language
public import NotebookFormat

/// A notebook as it stands in a file: read, parsed, checked, and each cell with its key.
///
/// Nothing is evaluated and no store is needed: a fresh clone can tell fresh from stale.
public struct Notebook: Sendable {
  /// The name as the user wrote it.
  public let name: String
  public let document: NotebookDocument
  public let cells: [NotebookCell]
  /// Everything that is wrong or worth knowing, in the order of the text.
  public let diagnostics: [Diagnostic]
  public let parameters: [ParameterInfo]

  /// Whether anything is wrong that keeps a cell from running.
  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// The ids of the cells in order; empty for a cell that has none.
  public var ids: [String] { cells.map(\.id) }

  /// Names of parameters whose value is read as a path somewhere.
  var parametersUsedAsPaths: [String] {
    let paths = Set(cells.flatMap(\.checked.inputs).filter(\.isOverride).map(\.path))
    return parameters.filter { parameter in
      if case .string(let value)? = parameter.value { paths.contains(value) } else { false }
    }.map(\.name)
  }

  public func cell(_ id: String) -> NotebookCell? { cells.first { $0.id == id } }

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
    let document = try NotebookDocument(name: name, bytes: bytes)
    let file = document.file
    let parsed = document.cells.map { parseCell(file, $0.contentRange, margin: $0.margin) }
    var diagnostics = document.diagnostics + document.broken.map(\.diagnostic)
    diagnostics += parsed.flatMap(\.diagnostics)

    let ids = Self.ids(document, parsed, &diagnostics)
    let sources = zip(ids.indices, parsed).map { index, cell in
      CellSource(
        id: ids[index].isEmpty ? "cell \(index + 1)" : ids[index], statements: cell.statements)
    }
    let checker = Checker(
      verbs: verbs.all.map(\.signature), artifacts: ArtifactKind.allMembers,
      overrides: overrides.values)
    let checked = checker.check(sources)
    diagnostics += checked.diagnostics

    let keys = CellKeys(
      cells: checked.cells, parsed: parsed, parameters: checked.parameters,
      overrides: overrides, verbs: verbs, resolver: resolver)
    cells = document.cells.indices.map { index in
      let range = document.cells[index].blockRange
      let own = diagnostics.filter { diagnostic in
        diagnostic.severity == .error && (diagnostic.span.map { range.contains($0.lower) } ?? false)
      }
      return NotebookCell(
        id: ids[index], index: index, contentRange: document.cells[index].contentRange,
        statements: parsed[index].statements,
        checked: checked.cells[index], key: keys.keys[index],
        waitsFor: Self.waits(checked.cells[index], parsed[index], checked.parameters),
        errors: own)
    }
    self.name = name
    self.document = document
    self.diagnostics = diagnostics.sorted {
      ($0.span?.lower ?? 0, $0.message) < ($1.span?.lower ?? 0, $1.message)
    }
    parameters = checked.parameters
  }

  private static func waits(
    _ cell: CheckedCell, _ parsed: ParsedCell, _ parameters: [ParameterInfo]
  ) -> [String] {
    let names = Set(parsed.statements.compactMap(\.boundName)).union(cell.waitsFor)
    return parameters.filter { $0.isWaiting && names.contains($0.name) }.map(\.name)
  }

  /// The id of each cell: the explicit one, else the first name bound. A cell without one, and a
  /// second cell of the same id, are errors and get an empty id.
  private static func ids(
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
public struct NotebookCell: Sendable {
  /// Empty where the cell has none.
  public let id: String
  /// The id, or what stands for it in messages.
  public var name: String { id.isEmpty ? "cell \(index + 1)" : id }
  /// The position among the cells.
  public let index: Int
  /// The bytes of the source in the file.
  public let contentRange: Range<Int>
  public let statements: [Statement]
  public let checked: CheckedCell
  public let key: CellKey
  /// Parameters without a value that the cell needs, or defines.
  public let waitsFor: [String]
  /// Static errors within the cell.
  public let errors: [Diagnostic]
}

extension Statement {
  /// The name that the statement binds.
  public var boundName: String? {
    switch kind {
    case .binding(let name, _): name.text
    case .function(let function): function.name.text
    case .parameter(let parameter): parameter.name.text
    case .claim, .expression: nil
    }
  }
}
