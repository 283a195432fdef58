import Artifacts
import Diagnostics
import Language
import NotebookFormat

extension NotebookSession {
  /// A session without a file, for an empty prompt: paths start from a folder, and results are
  /// kept in its workspace's store, or in the user's cache where it has none.
  ///
  /// - Parameters:
  ///   - folder: Where relative paths start.
  ///   - options: As for a notebook.
  ///   - terminal: How to write text for the terminal.
  ///   - observer: Told of what happens.
  /// - Returns: The session.
  /// - Throws: ``SessionError``.
  package static func untitled(
    in folder: String, options: SessionOptions, terminal: TerminalStyle,
    observer: (any SessionObserver)?
  ) throws -> NotebookSession {
    var options = options
    let workspace = Workspace(
      notebookFolder: folder, store: options.store, granted: options.allowedReads)
    if options.store == nil, !ArtifactStore.isStore(workspace.storeFolder) {
      options.store = UserFolders.cache().map { $0 + "/artifacts" }
    }
    let session = try NotebookSession(
      path: folder + "/session.md", bytes: [], options: options, terminal: terminal,
      observer: observer)
    session.prompted.isUntitled = true
    return session
  }

  /// The folder that the program was started in.
  package static var currentFolder: String { NotebookFile.currentFolder() }

  /// Reads the file again if it is not what this session read or wrote last.
  ///
  /// - Returns: Whether it was.
  /// - Throws: ``SessionError`` where it can't be read; the session goes on with what it has.
  package func refresh() throws -> Bool {
    guard !prompted.isUntitled else { return false }
    if let stamp = try? FileStamp.of(path), stamp == prompted.seen { return false }
    let file: (bytes: [UInt8], stamp: FileStamp)
    do {
      file = try NotebookFile.read(path)
    } catch {
      throw SessionError(
        "'\(path)' can't be read any more: \(InputProblem.reason(error))", status: .document)
    }
    prompted.seen = file.stamp
    guard file.bytes != currentDocument.file.bytes else { return false }
    try reload(bytes: file.bytes)
    return true
  }

  /// Makes an entry a cell at the end of the notebook's file, after the entries that it reads.
  ///
  /// - Parameter id: The entry; nil for the last one.
  /// - Returns: The ids of the new cells, which have not run yet.
  /// - Throws: ``SessionError``; the file is then as it was.
  package func add(_ id: String? = nil) throws -> [String] {
    guard !prompted.isUntitled else {
      throw SessionError("there is no notebook yet; ':save FILE.md' makes one", status: .usage)
    }
    guard let last = prompted.entries.last else {
      throw SessionError("nothing was entered that could be added", status: .usage)
    }
    let wanted = id ?? last.id
    guard prompted.entries.contains(where: { $0.id == wanted }) else {
      throw SessionError.unknownEntry(wanted, among: prompted.entries.map(\.id))
    }
    let chosen = entriesBehind(wanted)
    for cell in chosen {
      for name in cell.checked.binds {
        guard let other = notebook.cells.first(where: { $0.replacedBy.contains(cell.id) }),
          !notebook.isEntry(other.index)
        else { continue }
        throw SessionError(
          "'\(name)' is bound in the notebook's cell '\(other.name)' already; change it there, "
            + "or bind another name", status: .usage)
      }
    }
    let (bytes, ids) = try appending(chosen)
    try write(bytes)
    let added = Set(chosen.map(\.id))
    prompted.entries.removeAll { added.contains($0.id) }
    try reload(bytes: bytes)
    return ids
  }

  /// Writes the entries of a session without a file as a notebook.
  ///
  /// - Throws: ``SessionError``; an existing file is never written over.
  package func saveEntries(to path: String) throws {
    guard !NotebookFile.exists(path) else {
      throw SessionError("'\(path)' exists already; choose another name", status: .usage)
    }
    let kept = notebook.orderedEntries.filter { !$0.isReplaced }
    guard !kept.isEmpty else {
      throw SessionError("nothing was entered that could be saved", status: .usage)
    }
    let ids = newIDs(for: kept, taken: [])
    let title = NotebookFile.lastComponent(path)
    var text = "# \(title.hasSuffix(".md") ? String(title.dropLast(3)) : title)\n"
    for (cell, id) in zip(kept, ids) { text += "\n" + block(cell, id: id, ending: "\n") }
    do {
      try DurableFile.write(Array(text.utf8), to: path, replacing: nil)
    } catch {
      throw SessionError("'\(path)' can't be written: \(error)", status: .failed)
    }
  }

  /// An entry and the entries that it reads, in order.
  private func entriesBehind(_ id: String) -> [NotebookCell] {
    var wanted: Set<String> = [id]
    var open = [id]
    while let next = open.popLast() {
      for other in notebook.cell(next)?.checked.dependencies ?? []
      where notebook.cell(other).map({ notebook.isEntry($0.index) }) ?? false {
        if wanted.insert(other).inserted { open.append(other) }
      }
    }
    return notebook.orderedEntries.filter { wanted.contains($0.id) }
  }

  private func appending(_ cells: [NotebookCell]) throws -> (bytes: [UInt8], ids: [String]) {
    let document = currentDocument
    var bytes = document.file.bytes
    let ending = bytes.contains(0x0D) && !bytes.contains(0x0A) ? "\r" : lineEnding(of: bytes)
    let ids = newIDs(for: cells, taken: Set(notebook.ids))
    for (cell, id) in zip(cells, ids) {
      if let last = bytes.last, last != 0x0A, last != 0x0D { bytes += Array(ending.utf8) }
      if !bytes.isEmpty { bytes += Array(ending.utf8) }
      bytes += Array(block(cell, id: id, ending: ending).utf8)
    }
    let after: NotebookDocument
    do {
      after = try NotebookDocument(name: document.file.name, bytes: bytes)
    } catch {
      throw SessionError("the notebook would not be readable: \(error)", status: .document)
    }
    guard after.cells.count == document.cells.count + cells.count,
      after.broken.count == document.broken.count, after.regions.count == document.regions.count
    else {
      throw SessionError(
        "the end of '\(path)' is inside an open block, where a cell would not be one",
        status: .document)
    }
    return (bytes, ids)
  }

  private func lineEnding(of bytes: [UInt8]) -> String {
    guard let feed = bytes.firstIndex(of: 0x0A), feed > 0, bytes[feed - 1] == 0x0D else {
      return "\n"
    }
    return "\r\n"
  }

  /// The cell's fence and source; the id stands in it where no bound name gives one.
  private func block(_ cell: NotebookCell, id: String, ending: String) -> String {
    let entry = prompted.entries.first { $0.id == cell.id }
    let margin = entry?.margin ?? 0
    var lines = (entry?.text ?? "").split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in String(line.dropFirst(min(margin, line.prefix { $0 == " " }.count))) }
    if !cell.replacedBy.isEmpty {
      lines = cell.statements.map { notebook.file.text($0.span.lower..<$0.span.upper) }
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    let head = cell.checked.binds.first == id ? "```poise" : "```poise {#\(id)}"
    return ([head] + lines + ["```"]).map { $0 + ending }.joined()
  }

  /// Ids for entries that become cells: the first name bound, else the outermost verb, or what
  /// kind of statement it is.
  private func newIDs(for cells: [NotebookCell], taken: Set<String>) -> [String] {
    var taken = taken
    return cells.map { cell in
      var base = "cell"
      if let name = cell.checked.binds.first {
        base = name
      } else if let statement = cell.statements.first {
        switch statement.kind {
        case .claim(let claim): base = claim.isPrediction ? "prediction" : "claim"
        case .expression(let expression):
          if case .call(let callee, _) = expression.kind, case .name(let name) = callee.kind {
            base = name
          } else if case .name(let name) = expression.kind {
            base = "\(name)-shown"
          } else {
            base = "shown"
          }
        default: break
        }
      }
      var id = isValidCellID(base) ? base : "cell"
      var number = 2
      while !taken.insert(id).inserted {
        id = "\(base)-\(number)"
        number += 1
      }
      return id
    }
  }

  private func write(_ bytes: [UInt8]) throws {
    do {
      let current = try NotebookFile.read(path)
      guard current.bytes == currentDocument.file.bytes else {
        throw SessionError("'\(path)' has just been changed; try again", status: .document)
      }
      try DurableFile.write(bytes, to: path, replacing: current.stamp)
    } catch let error as SessionError {
      throw error
    } catch {
      throw SessionError("'\(path)' can't be written: \(error)", status: .failed)
    }
  }
}

extension SessionError {
  /// No entry has this id.
  static func unknownEntry(_ id: String, among ids: [String]) -> SessionError {
    SessionError(
      "there is no entry '\(id)'; there are \(ids.joined(separator: ", "))", status: .usage)
  }
}
