import Artifacts
import Execution
import Plotting
import Synchronization
import TestFolders
import Testing
import Workbench

/// Draws nothing: the picture is a description of the plot, so that its name depends on that only.
struct PlainPlots: PlotRenderer {
  func svg(_ spec: PlotSpec) throws -> [UInt8] { Array("<svg>\(spec)</svg>\n".utf8) }
  func text(_ spec: PlotSpec, columns: Int, rows: Int) throws -> String { "plot" }
}

/// Remembers what a session told, and may do something when a cell has run.
final class Recorder: SessionObserver {
  private let state = Mutex<State>(State())
  private let onCell: @Sendable (String) -> Void

  struct State {
    var notes: [String] = []
    var outputs: [String: String] = [:]
    var ran: [String] = []
  }

  init(onCell: @escaping @Sendable (String) -> Void = { _ in }) { self.onCell = onCell }

  var notes: [String] { state.withLock { $0.notes } }
  var ran: [String] { state.withLock { $0.ran } }
  func output(_ cell: String) -> String { state.withLock { $0.outputs[cell] ?? "" } }

  func willRun(cell: String, index: Int, of count: Int) {}
  func didRun(cell: String, status: CellResult.Status, output: String, seconds: Double) {
    state.withLock {
      $0.outputs[cell] = output
      $0.ran.append(cell)
    }
    onCell(cell)
  }
  func didProgress(_ progress: WorkProgress) {}
  func note(_ message: String) { state.withLock { $0.notes.append(message) } }
}

/// The nodes that a session's runner met.
final class NodeLog: Sendable {
  private let events = Mutex<[(kind: String, label: String)]>([])

  func follow(_ session: NotebookSession) {
    session.runner.onEvent = { [self] event in
      let kind =
        switch event.kind {
        case .reused: "reused"
        case .computed: "computed"
        case .differs: "differs"
        case .wanted: "wanted"
        }
      events.withLock { $0.append((kind, event.label)) }
    }
  }

  func labels(_ kind: String) -> [String] {
    events.withLock { $0.filter { $0.kind == kind }.map(\.label) }
  }

  /// The verbs that ran, in order.
  var computed: [String] { labels("computed").map { String($0.prefix { $0 != "(" }) } }
  var reused: [String] { labels("reused").map { String($0.prefix { $0 != "(" }) } }
}

/// A notebook of cells, each with an optional id line `{#id}`.
func notebook(_ cells: String...) -> String {
  cells.map { cell -> String in
    guard cell.hasPrefix("{#"), let end = cell.firstIndex(of: "\n") else {
      return "```poise\n\(cell)\n```\n"
    }
    return "```poise \(cell[..<end])\n\(cell[cell.index(after: end)...])\n```\n"
  }.joined(separator: "\n")
}

extension NotebookSession {
  /// A session on a file of a temporary folder, which is also its workspace.
  static func open(
    _ folder: TemporaryFolder, _ name: String = "nb.md", options: SessionOptions = .init(),
    observer: (any SessionObserver)? = nil, store: ArtifactStore? = nil,
    verbs: VerbLibrary = .standard
  ) throws -> NotebookSession {
    try NotebookSession(
      path: folder(name), bytes: try folder.read(name), options: options, observer: observer,
      store: store, verbs: verbs, plots: PlainPlots())
  }

  /// A session in memory: the text belongs to no file, and the store goes with the session.
  static func inMemory(
    _ text: String, in folder: String = "/nowhere", overrides: [String: String] = [:],
    observer: (any SessionObserver)? = nil, verbs: VerbLibrary = .standard
  ) throws -> NotebookSession {
    var options = SessionOptions()
    for (name, value) in overrides { options.overrides.set(name, to: value) }
    return try NotebookSession(
      path: folder + "/nb.md", bytes: Array(text.utf8), options: options, observer: observer,
      store: ArtifactStore.inMemory(), verbs: verbs, plots: PlainPlots())
  }
}

/// The terminal text of the only cell of a notebook, after it ran.
func output(
  of source: String, in folder: String = "/nowhere", verbs: VerbLibrary = .standard
) throws -> String {
  let recorder = Recorder()
  let session = try NotebookSession.inMemory(
    notebook("{#it}\n" + source), in: folder, observer: recorder, verbs: verbs)
  session.run(.all)
  return recorder.output("it")
}

/// A folder with a small BEIR collection `tiny`.
func tinyCollection() throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  try folder.write(
    """
    {"_id":"d1","title":"Zinc","text":"Zinc supports immunity."}
    {"_id":"d2","title":"Iron","text":"Iron carries oxygen in the blood."}
    {"_id":"d3","title":"Tea","text":"Tea is brewed from leaves."}

    """, to: "tiny/corpus.jsonl")
  try folder.write(
    """
    {"_id":"q1","text":"zinc immunity"}
    {"_id":"q2","text":"oxygen in blood"}
    {"_id":"q3","text":"leaves of tea"}

    """, to: "tiny/queries.jsonl")
  try folder.write(
    "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td3\t1\nq3\td3\t1\n", to: "tiny/qrels/test.tsv")
  return folder
}

/// The file of this test target at a path.
func testFile(_ name: String, from here: String = #filePath) -> String {
  here.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    + "/" + name
}

/// A session over a notebook of some cells, all of which ran; anew in the same folder where one is
/// given.
func trained(
  _ cells: [String], in given: TemporaryFolder? = nil
) throws -> (TemporaryFolder, NotebookSession) {
  let folder = try given ?? modelCollection()
  try folder.write(cells.map { notebook($0) }.joined(separator: "\n"), to: "nb.md")
  let session = try NotebookSession.open(folder)
  session.run(.stale)
  return (folder, session)
}

/// The tiny collection with a model in the folder `llama`.
func modelCollection() throws -> TemporaryFolder {
  let folder = try tinyCollection()
  try copyModel(to: folder, "llama")
  return folder
}

/// What a model's stored form is.
func encoded(_ model: StoredModel) throws -> [UInt8] {
  let bytes = Mutex<[UInt8]>([])
  try model.encode(to: ByteSink { piece in bytes.withLock { $0 += piece } })
  return bytes.withLock { $0 }
}

/// Copies a small model, which has no tokenizer, from the fixtures.
func copyModel(to folder: TemporaryFolder, _ name: String) throws {
  let source = testFile("../Fixtures/huggingface/llama-tied/")
  for file in ["config.json", "generation_config.json", "model.safetensors"] {
    try folder.write(try TemporaryFolder.bytes(at: source + file), to: "\(name)/\(file)")
  }
}

/// Copies a small encoder of texts from the fixtures.
func copyEncoder(to folder: TemporaryFolder, _ name: String) throws {
  let source = testFile("../Fixtures/encoders/mean/")
  for file in TemporaryFolder.files(below: source) {
    try folder.write(try TemporaryFolder.bytes(at: source + file), to: "\(name)/\(file)")
  }
}
