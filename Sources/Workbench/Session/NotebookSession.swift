package import Artifacts
package import Diagnostics
import Execution
import Language
import NotebookFormat
import Plotting

/// An open notebook: the state, and what carries out its effects.
///
/// All calls come from one thread; another one, such as a signal's, reaches it through ``core``.
package final class NotebookSession {
  package let path: String
  package let options: SessionOptions
  let verbs: VerbLibrary
  let store: ArtifactStore
  let workspace: Workspace
  let digests: FileDigests
  package let runner: NodeRunner
  let plots: any PlotRenderer
  /// The state, and the way to interrupt what runs.
  package let core: SessionCore
  package private(set) var notebook: Notebook
  package private(set) var overrides: Overrides
  private(set) var granted: [String]
  private(set) var evaluator: Evaluator
  private var saver: OutputSaver?
  /// The outputs of this session as they are, or would be, written.
  private(set) var rendered: [Int: RenderedOutput] = [:]
  /// What cells showed in this session, for `:show`.
  package private(set) var shown: [String: String] = [:]
  package var terminal: TerminalStyle
  /// What was typed at the prompt, and what this session knows beside the file.
  var prompted = PromptedState()

  /// How terminal text is written.
  package struct TerminalStyle: Sendable {
    package var usesColour: Bool
    package var width: Int?

    package init(usesColour: Bool = false, width: Int? = nil) {
      self.usesColour = usesColour
      self.width = width
    }
  }

  /// Opens a notebook; nothing runs.
  ///
  /// - Parameters:
  ///   - path: The notebook's file.
  ///   - options: How to run it.
  ///   - terminal: How to write text for the terminal.
  ///   - observer: Told of what happens; kept while the session lives.
  /// - Throws: ``SessionError``, with words for the user.
  package convenience init(
    path: String, options: SessionOptions = SessionOptions(),
    terminal: TerminalStyle = TerminalStyle(), observer: (any SessionObserver)? = nil
  ) throws {
    let bytes: [UInt8]
    do {
      bytes = try NotebookFile.read(path).bytes
    } catch {
      throw SessionError("'\(path)' can't be read: \(InputProblem.reason(error))", status: .usage)
    }
    try self.init(
      path: path, bytes: bytes, options: options, terminal: terminal, observer: observer)
  }

  /// Opens a notebook whose text is at hand; `path` says where it belongs.
  package init(
    path: String, bytes: [UInt8], options: SessionOptions,
    terminal: TerminalStyle = TerminalStyle(), observer: (any SessionObserver)? = nil,
    store: ArtifactStore? = nil, verbs: VerbLibrary = .standard,
    plots: any PlotRenderer = GnuplotRenderer()
  ) throws {
    if let output = options.outputFile, !options.overrides.isEmpty,
      NotebookFile.isSame(output, path)
    {
      throw SessionError(
        "'\(output)' is the notebook itself, and outputs of overridden parameters are never "
          + "written into it", status: .usage)
    }
    self.path = path
    self.options = options
    self.terminal = terminal
    self.verbs = verbs
    self.plots = plots
    var overrides = options.overrides
    var granted = options.allowedReads
    let folder = NotebookFile.folder(of: RealPath.resolve(path) ?? path)
    workspace = Workspace(
      notebookFolder: folder, notebook: RealPath.resolve(path), store: options.store,
      granted: granted)
    let core = SessionCore(accepts: options.accepts, observer: observer)
    self.core = core
    do {
      self.store =
        try store
        ?? ArtifactStore.open(at: workspace.storeFolder) { issue in
          core.observer?.note("\(issue)")
        }
    } catch {
      throw SessionError("\(error)", status: .failed)
    }
    digests = FileDigests(cacheAt: self.store.folder.map { $0 + "/file-digests" })
    let notebook = try Self.load(
      path: path, bytes: bytes, verbs: verbs, overrides: &overrides, granted: &granted,
      workspace: workspace, digests: digests)
    self.notebook = notebook
    self.overrides = overrides
    self.granted = granted
    runner = NodeRunner(
      store: self.store, mode: options.ignoresStored ? .recompute : .reuse,
      provenance: Provenance(
        cpu: HostDescription.processor(), threads: options.threads, poiseVersion: poiseVersion),
      verbs: verbs)
    evaluator = Evaluator(
      verbs: verbs, runner: runner,
      resolver: Self.resolver(workspace, granted, digests, core.cancellation, overrides),
      work: WorkContext(cancellation: core.cancellation, threads: options.threads))
    openState()
    rebuildEvaluator()
    runner.onLost = { [core] in core.observer?.note($0) }
    runner.onWaiting = { [core] label in
      core.observer?.note("another process computes \(label); waiting for it")
    }
    runner.onEvent = { [core] event in
      guard case .differs(let before) = event.kind else { return }
      core.observer?.note(
        "\(event.label) came out different from the stored result \(before.short)")
    }
  }

  /// To be called once, when a program starts that opens sessions.
  package static func prepareProcess() { DurableFile.ignoreFileSizeSignal() }

  // MARK: What the session knows

  /// Everything that is wrong with the notebook, or worth knowing, with its place.
  package func renderedDiagnostics(colour: Bool) -> [String] {
    let renderer = DiagnosticRenderer(colour: colour)
    return notebook.diagnostics.map { renderer.render($0, in: notebook.file) }
  }

  /// An error of an evaluation in words, with its place where it has one.
  func rendered(_ error: any Error) -> String {
    guard let diagnostic = error as? Diagnostic else { return "\(error)" }
    return DiagnosticRenderer().render(diagnostic, in: notebook.file)
  }

  /// The cells with their states, as the reducer has them.
  package var cells: [SessionState.Cell] { core.state.cells }

  // MARK: Running

  /// Runs cells in document order, saving after each, until the reducer is done.
  @discardableResult
  package func run(_ selection: SessionState.Selection) -> RunTally {
    core.cancellation.reset()
    // The disk may have room again.
    if !evaluator.unstoredCells.isEmpty { rebuildEvaluator() }
    runner.mode = options.ignoresStored ? .recompute : .reuse
    if saver == nil { saver = makeSaver() }
    var effects = core.send(.runRequested(selection))
    while !effects.isEmpty {
      let effect = effects.removeFirst()
      switch effect {
      case .evaluate(let index):
        let (event, output) = evaluate(index)
        rendered[index] = output
        effects += core.send(event)
      case .save(let index):
        let saves = savesOutputs && belongsToFile(index)
        let outcome = saves ? save(rendered[index]) : .unchanged
        effects += core.send(.saved(outcome))
      case .cancelRunning: core.cancellation.cancel()
      case .finish:
        if savesOutputs, !prompted.isUntitled, core.state.tally.ran.isEmpty {
          let outcome = save(nil)
          _ = core.send(.saved(outcome))
        }
      case .leave: effects = []
      }
    }
    store.flushUses()
    digests.save()
    return core.state.tally
  }

  /// Outputs made with overridden parameters belong to no saved notebook, only to a copy.
  private var savesOutputs: Bool {
    options.writesOutputs && (overrides.isEmpty || options.outputFile != nil)
  }

  private func evaluate(_ index: Int) -> (SessionEvent, RenderedOutput?) {
    let cell = notebook.cells[index]
    let name = cell.name
    core.observer?.willRun(cell: name, index: index, of: notebook.cells.count)
    let start = CostMeter.now()
    do {
      var result = try evaluator.run(cell, file: notebook.file)
      let blocks = result.outputs.flatMap(\.blocks)
      let output = render(cell, &result, blocks)
      let renderer = TerminalRenderer(
        usesColour: terminal.usesColour, width: terminal.width, plots: plots)
      let text = renderer.text(of: blocks)
      shown[name] = text
      prompted.note(
        cell, result, blocks, isInFile: savesOutputs && belongsToFile(index))
      let seconds = CostMeter.now() - start
      if result.status == .done { recordParts(of: cell, seconds: seconds) }
      // Static errors were told before the run.
      if result.status == .failed, cell.errors.isEmpty {
        core.observer?.didFail(
          cell: name, diagnostics: result.diagnostics.map(rendered).joined(separator: "\n"))
      }
      core.observer?.didRun(cell: name, status: result.status, output: text, seconds: seconds)
      return (.evaluated(index, result.status), output)
    } catch is CancellationRequested {
      return (.stopped(index), nil)
    } catch {
      core.observer?.note("\(error)")
      return (.evaluated(index, .failed), nil)
    }
  }

  /// The output as it is to be written. Where it can't be shown, the cell counts as failed, so that
  /// what is written instead is never fresh.
  private func render(
    _ cell: NotebookCell, _ result: inout CellResult, _ blocks: [OutputBlock]
  ) -> RenderedOutput? {
    let target = options.outputFile ?? path
    var markdown = MarkdownRenderer(
      cell: cell.name,
      assetsFolder: NotebookFile.lastComponent(NotebookFile.assetsFolder(of: target)),
      plots: plots)
    let body = markdown.body(of: blocks)
    if let problem = markdown.problem, result.status == .done {
      result.status = .failed
      result.diagnostics = [
        Diagnostic(.error, problem, at: cell.statements.first?.span)
      ]
    }
    let key =
      switch result.status {
      case .done: cell.key.hex
      case .failed, .blocked: cell.key.failedHex
      case .waiting: cell.key.waitingHex
      }
    guard !result.isUnstored else { return nil }
    // Without a key nobody could tell later what the output belongs to.
    guard !cell.id.isEmpty, let cellKey = cell.key.hex, let key else { return nil }
    return RenderedOutput(
      id: cell.id, regionKey: key, cellKey: cellKey, isMeasured: cell.checked.isMeasured,
      isSeeded: result.isSeeded, body: body, assets: markdown.assets)
  }

  private func save(_ output: RenderedOutput?) -> SaveOutcome {
    guard let saver else { return .unchanged }
    let outcome = saver.save(output)
    switch outcome {
    case .failed(let message): core.observer?.note("the outputs could not be saved: \(message)")
    case .changedUnderneath(let cells):
      core.observer?.note(
        "the file was edited during the run; not written: \(cells.joined(separator: ", "))")
    case .written, .unchanged: break
    }
    return outcome
  }

  /// Whether outputs go to another file than the notebook, which has assets of its own.
  package var writesCopy: Bool {
    options.outputFile.map { !NotebookFile.isSame(path, $0) } ?? false
  }

  private func makeSaver() -> OutputSaver {
    let verbs = verbs
    let workspace = workspace
    let digests = digests
    let path = path
    let granted = granted
    let overrides = overrides
    return OutputSaver(
      notebook: fileNotebook(), source: path, target: options.outputFile ?? path,
      accepts: options.accepts
    ) { bytes in
      var overrides = overrides
      var granted = granted
      return try Self.load(
        path: path, bytes: bytes, verbs: verbs, overrides: &overrides, granted: &granted,
        workspace: workspace, digests: digests)
    }
  }

  /// The document as it is in the file after what this session wrote.
  var currentDocument: NotebookDocument {
    guard let saver, saver.source == saver.target else { return notebook.document }
    return saver.notebook.document
  }

  /// The notebook without what was typed at the prompt, for writing outputs.
  private func fileNotebook() -> Notebook {
    guard !prompted.entries.isEmpty else { return notebook }
    return Notebook(
      document: notebook.document, entries: [], verbs: verbs, overrides: overrides,
      resolver: Self.resolver(workspace, granted, digests, Cancellation(), overrides))
  }

  // MARK: Changing the notebook

  /// Gives a parameter a value, or takes it back; what reads it becomes stale.
  package func set(_ name: String, to text: String?) throws {
    var changed = overrides
    if let text { changed.set(name, to: text) } else { changed.remove(name) }
    try reload(bytes: currentDocument.file.bytes, overrides: changed)
  }

  /// Takes another text for the notebook, such as the file after an edit.
  package func reload(bytes: [UInt8], overrides: Overrides? = nil) throws {
    var overrides = overrides ?? self.overrides
    var granted = granted
    let document = currentDocument
    let previous = (notebook: notebook, evaluator: evaluator)
    notebook = try Self.load(
      path: path, bytes: bytes, verbs: verbs, overrides: &overrides, granted: &granted,
      workspace: workspace, digests: digests, entries: prompted.entries,
      document: document.file.bytes == bytes ? document : nil)
    self.overrides = overrides
    self.granted = granted
    saver = nil
    openState()
    rebuildEvaluator()
    evaluator.adoptValues(
      of: previous.evaluator, where: Self.unchangedCells(previous.notebook, notebook))
  }

  private func openState() {
    let states = notebook.states().cells
    let cells = zip(notebook.cells, states).map { cell, state in
      SessionState.Cell(id: cell.name, state: prompted.refined(state, of: cell))
    }
    _ = core.send(.opened(cells))
  }

  func rebuildEvaluator() {
    evaluator = Evaluator(
      verbs: verbs, runner: runner,
      resolver: Self.resolver(workspace, granted, digests, core.cancellation, overrides),
      work: WorkContext(
        cancellation: core.cancellation, threads: options.threads,
        progress: { [core] progress in
          core.observer?.didProgress(
            WorkProgress(
              task: progress.task, completed: progress.completed, total: progress.total,
              unit: progress.unit, detail: progress.detail))
        }))
    let values = Dictionary(
      notebook.parameters.compactMap { parameter in
        parameter.value.map { (parameter.name, Value($0)) }
      }
    ) { first, _ in first }
    evaluator.knownPaths = Set(
      notebook.cells.flatMap { $0.checked.inputs.map(\.path) })
    evaluator.pathParameters = notebook.pathParameters
    for cell in notebook.cells {
      evaluator.define(cell: cell.name, statements: cell.statements, parameters: values)
      if !cell.errors.isEmpty { evaluator.failedCells.insert(cell.name) }
    }
  }

  private static func resolver(
    _ workspace: Workspace, _ granted: [String], _ digests: FileDigests,
    _ cancellation: Cancellation, _ overrides: Overrides
  ) -> InputResolver {
    InputResolver(
      scope: workspace.scope.allowing(granted), base: workspace.notebookFolder, digests: digests,
      shownNames: overrides.paths, check: { try cancellation.check() }, notebook: workspace.notebook
    )
  }

  /// Reads a notebook; parameters given from outside and used as paths start from the current
  /// folder, and what they name may be read.
  private static func load(
    path: String, bytes: [UInt8], verbs: VerbLibrary, overrides: inout Overrides,
    granted: inout [String], workspace: Workspace, digests: FileDigests,
    entries: [SessionEntry] = [], document: NotebookDocument? = nil
  ) throws -> Notebook {
    func read() throws -> Notebook {
      do {
        return Notebook(
          document: try document ?? NotebookDocument(name: path, bytes: bytes), entries: entries,
          verbs: verbs, overrides: overrides,
          resolver: resolver(workspace, granted, digests, Cancellation(), overrides))
      } catch {
        throw SessionError("'\(path)': \(error)", status: .document)
      }
    }
    let notebook = try read()
    guard !overrides.isEmpty else { return notebook }
    let folder = NotebookFile.currentFolder()
    var changed = false
    for name in notebook.parametersUsedAsPaths(verbs)
    where overrides.values[name] != nil {
      if let path = overrides.usePath(name, currentFolder: folder) {
        granted.append(path)
        changed = true
      }
    }
    return changed ? try read() : notebook
  }
}

/// Why a session can't do what was asked, with the exit status that follows.
package struct SessionError: Error, Sendable, CustomStringConvertible {
  package let description: String
  package let status: ExitStatus

  package init(_ description: String, status: ExitStatus, help: String? = nil) {
    self.description = description + (help.map { "; \($0)" } ?? "")
    self.status = status
  }
}
