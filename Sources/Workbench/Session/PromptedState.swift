import Artifacts

/// What a session knows beside its notebook's file.
struct PromptedState {
  /// Accepted entries, in the order in which they were typed.
  var entries: [SessionEntry] = []
  /// How many ids were given; none is given twice.
  var count = 0
  /// Whether there is no file: a session that was started empty.
  var isUntitled = false
  /// What the session's file looked like when it was last read or written.
  var seen: FileStamp?
  /// The keys under which cells that are in no file were last shown.
  private var shownKeys: [String: String] = [:]
  /// The verdicts of the cells that ran in this session.
  private(set) var verdicts: [String: [SavedVerdict]] = [:]

  /// Remembers what a cell showed.
  mutating func note(
    _ cell: NotebookCell, _ result: CellResult, _ blocks: [OutputBlock], isInFile: Bool
  ) {
    shownKeys[cell.name] = !isInFile && result.status == .done ? cell.key.hex : nil
    verdicts[cell.name] = blocks.compactMap { block in
      guard case .verdict(let line) = block else { return nil }
      return SavedVerdict(line)
    }
  }

  /// The state of a cell: one that this session has shown as it is now needs no run, even where
  /// its output is in no file.
  func refined(_ state: CellState, of cell: NotebookCell) -> CellState {
    guard let key = cell.key.hex, shownKeys[cell.name] == key else { return state }
    switch state {
    case .stale, .missing, .failed: return .fresh
    default: return state
    }
  }
}

extension SavedVerdict {
  init(_ line: VerdictLine) {
    let isClaim = line.word.hasPrefix("claim ")
    kind = isClaim ? "claim" : "prediction"
    word = String(line.word.dropFirst(isClaim ? 6 : 11))
    text = line.text ?? ""
  }
}
