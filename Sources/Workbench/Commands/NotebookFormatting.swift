import Artifacts
import Diagnostics
import Language
import NotebookFormat

/// `poise fmt`: the cells of a notebook in one style, everything else byte for byte as it was.
package enum NotebookFormatting {
  /// What formatting a file came to.
  package struct Result: Sendable {
    package let isChanged: Bool
    /// Cells that could not be parsed and were left alone, rendered.
    package let problems: [String]
  }

  /// Formats the cells of a file and, where asked, writes ids into cells that need one.
  ///
  /// - Parameters:
  ///   - path: The notebook.
  ///   - addsIDs: Whether cells that bind no name get an id.
  ///   - writes: Whether the file is written; otherwise only what would change is told.
  ///   - colour: Whether problems are rendered in colour.
  /// - Returns: Whether anything changed, or would.
  /// - Throws: ``SessionError``.
  package static func format(
    path: String, addsIDs: Bool, writes: Bool, colour: Bool
  ) throws -> Result {
    let (bytes, stamp) = try read(path)
    do {
      var document = try NotebookDocument(name: path, bytes: bytes)
      var problems: [String] = []
      var contents: [Int: String] = [:]
      for (index, block) in document.cells.enumerated() {
        let cell = parseCell(document.file, block.contentRange, margin: block.margin)
        guard block.isClosed, cell.diagnostics.allSatisfy({ $0.severity != .error }) else {
          let renderer = DiagnosticRenderer(colour: colour)
          problems += cell.diagnostics.map { renderer.render($0, in: document.file) }
          continue
        }
        if let text = formatCell(document.file, block.contentRange, margin: block.margin),
          text != document.content(of: block)
        {
          contents[index] = text
        }
      }
      var result = contents.isEmpty ? bytes : try document.replacingContents(contents)
      if addsIDs {
        document = try NotebookDocument(name: path, bytes: result)
        let ids = newIDs(document)
        if !ids.isEmpty { result = try document.addingIDs(ids) }
      }
      let isChanged = result != bytes
      if isChanged, writes { try DurableFile.write(result, to: path, replacing: stamp) }
      return Result(isChanged: isChanged, problems: problems)
    } catch {
      throw SessionError("'\(path)': \(error)", status: .document)
    }
  }

  private static func read(_ path: String) throws -> (bytes: [UInt8], stamp: FileStamp) {
    do {
      return try NotebookFile.read(path)
    } catch {
      throw SessionError("'\(path)' can't be read: \(InputProblem.reason(error))", status: .usage)
    }
  }

  /// An id for each cell that has none and binds no name: from what it calls, made unique.
  private static func newIDs(_ document: NotebookDocument) -> [Int: String] {
    let parsed = document.cells.map {
      parseCell(document.file, $0.contentRange, margin: $0.margin)
    }
    var taken: Set<String> = []
    var nameless: [Int] = []
    for (index, cell) in parsed.enumerated() {
      let bound = cell.statements.lazy.compactMap(\.boundName).first
      if let id = document.cells[index].explicitID ?? bound {
        taken.insert(id)
      } else if cell.diagnostics.isEmpty, document.cells[index].isClosed {
        nameless.append(index)
      }
    }
    var ids: [Int: String] = [:]
    for index in nameless {
      let stem = stem(of: parsed[index].statements)
      var id = stem
      var number = 2
      while taken.contains(id) {
        id = "\(stem)-\(number)"
        number += 1
      }
      taken.insert(id)
      ids[index] = id
    }
    return ids
  }

  private static func stem(of statements: [Statement]) -> String {
    for statement in statements {
      switch statement.kind {
      case .claim(let claim): return claim.isPrediction ? "prediction" : "claim"
      case .expression(let expression):
        if case .call(let callee, _) = expression.kind, case .name(let name) = callee.kind {
          return name
        }
      default: break
      }
    }
    return "output"
  }
}
