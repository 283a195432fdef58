import Diagnostics

/// The edits of a text, and what is expected of the result.
struct SplicePlan {
  var replacements: [(range: Range<Int>, bytes: [UInt8])] = []
  var insertions: [(offset: Int, text: RegionText, ending: LineEnding)] = []
  var removals: [Range<Int>] = []

  var written: [String: RegionText] = [:]
  var removed: Set<String> = []
  var resolved: Set<String> = []
  private var edited: Set<String> = []

  // MARK: What the edits are checked against

  let lineEnding: LineEnding
  let regions: [String: OutputRegion]
  let distrust: Distrust
  /// By id that more than one cell has: the first two of them.
  let sharedIDs: [String: (Int, Int)]

  init(_ notebook: NotebookDocument, ids: [String]) {
    lineEnding = notebook.file.dominantLineEnding
    regions = Dictionary(
      notebook.regions.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    distrust = Distrust(notebook.broken)
    var first: [String: Int] = [:]
    var shared: [String: (Int, Int)] = [:]
    for (index, id) in ids.enumerated() {
      if let other = first[id] {
        shared[id] = shared[id] ?? (other, index)
      } else {
        first[id] = index
      }
    }
    sharedIDs = shared
  }

  var isEmpty: Bool { replacements.isEmpty && insertions.isEmpty && removals.isEmpty }

  mutating func addEdit(of id: String, line: Int) throws(NotebookError) {
    guard edited.insert(id).inserted else { throw .doubleEdit(id: id, line: line) }
  }

  /// The edited bytes. What is between the edits is copied.
  func apply(to file: SourceFile) throws(NotebookError) -> [UInt8] {
    let count = file.bytes.count
    let endsInLine = !file.isEmpty(line: file.lineCount - 1)
    var edits = replacements.map { SpliceEdit(range: $0.range, bytes: $0.bytes) }
    var removals = joinedRemovals()
    for (offset, text, ending) in insertions {
      let newline = ending.bytes
      var range = offset..<offset
      var bytes = newline + text.bytes(ending)
      let neighbour = removals.partitionPoint(where: { $0.upperBound < offset })
      if neighbour < removals.count, removals[neighbour].lowerBound <= offset {
        // The region after the cell goes: the new one takes its place.
        range = offset..<removals.remove(at: neighbour).upperBound
      }
      // What had no line ending at the end of the text gets none.
      if range.upperBound == count, endsInLine {
        if offset == count { bytes = newline + bytes }
      } else {
        bytes += newline
      }
      edits.append(SpliceEdit(range: range, bytes: bytes))
    }
    edits += removals.map { SpliceEdit(range: $0, bytes: []) }
    edits.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    return try splice(edits, into: file.bytes)
  }

  private func joinedRemovals() -> [Range<Int>] {
    var result: [Range<Int>] = []
    for range in removals.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound <= last.upperBound {
        result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }
}

/// New bytes for a range of a text.
struct SpliceEdit {
  let range: Range<Int>
  let bytes: [UInt8]
}

/// Replaces ranges of a text, which are given in order.
///
/// - Throws: ``NotebookError/wouldChangeDocument(detail:)`` where ranges overlap, or where a CR
///   and an LF that were apart would come together and end one line instead of two.
func splice(_ edits: [SpliceEdit], into bytes: [UInt8]) throws(NotebookError) -> [UInt8] {
  func isJoin(_ before: UInt8?, _ after: UInt8?) -> Bool {
    before == Ascii.carriageReturn && after == Ascii.lineFeed
  }
  let joined = NotebookError.wouldChangeDocument(detail: "two line endings would join")
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.bytes.count })
  var copied = 0
  for edit in edits {
    guard copied <= edit.range.lowerBound, edit.range.upperBound <= bytes.count else {
      throw .wouldChangeDocument(detail: "two edits overlap")
    }
    result += bytes[copied..<edit.range.lowerBound]
    copied = edit.range.upperBound
    guard !isJoin(result.last, edit.bytes.first) else { throw joined }
    result += edit.bytes
    guard copied == bytes.count || !isJoin(result.last, bytes[copied]) else { throw joined }
  }
  return result + bytes[copied...]
}
