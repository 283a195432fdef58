import Diagnostics

/// What a text consists of, as far as it matters to a notebook: its cells, and its regions with
/// everything about them that can be told without knowing how a merge went.
struct DocumentScan {
  private(set) var cells: [CellBlock] = []
  private(set) var regions: [OutputRegion] = []
  private(set) var broken: [BrokenRegion] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// The zero-based lines of each top-level fenced block that is no cell.
  private(set) var otherFences: [Range<Int>] = []

  private let file: SourceFile
  private var markers: [(line: Int, marker: Marker)] = []
  private var headings: [Int] = []

  init(_ file: SourceFile) {
    self.file = file
    for block in topLevelBlocks(of: file.bytes) where block.line < file.lineCount {
      switch block.kind {
      case .heading: headings.append(block.line)
      case .html:
        // A comment that is one line long is a block of its own. A line like a marker further
        // inside an HTML block is part of that block.
        if let marker = Marker(line: file.bytes[file.textRange(ofLine: block.line)]) {
          markers.append((block.line, marker))
        }
      case .fence: addFence(block)
      }
    }
    pairMarkers()
  }

  private mutating func addFence(_ block: MarkdownBlock) {
    guard let opening = FenceOpening(line: block.line, in: file) else { return }
    if opening.isCell(in: file) {
      cells.append(
        CellBlock(
          opening: opening, line: block.line, nextLine: block.nextLine, in: file,
          diagnostics: &diagnostics))
    } else {
      otherFences.append(block.line..<(block.nextLine ?? file.lineCount))
    }
  }

  // MARK: Regions

  /// A region is an `out` marker whose next marker is the `end` of the same id. Every other
  /// marker is broken, and takes with it what shares its id or stands between it and its match.
  private mutating func pairMarkers() {
    var candidates: [Candidate] = []
    var strays: [Stray] = []
    var index = 0
    while index < markers.count {
      let (line, marker) = markers[index]
      index += 1
      switch marker {
      case .malformed(let id):
        strays.append(
          Stray(lines: line...line, reason: .malformedMarker, ids: id.map { [$0] } ?? []))
      case .end(let id, _):
        strays.append(Stray(lines: line...line, reason: .endWithoutOut, ids: [id]))
      case .out(let id, let key, let isMeasured):
        guard index < markers.count, case .end(let endID, let sum) = markers[index].marker else {
          strays.append(Stray(lines: line...line, reason: .unclosed, ids: [id]))
          continue
        }
        let endLine = markers[index].line
        index += 1
        if endID == id {
          let region = makeRegion(
            id: id, key: key, isMeasured: isMeasured, sum: sum, open: line, close: endLine)
          candidates.append(Candidate(region: region, reason: fault(in: region)))
        } else {
          strays.append(
            Stray(lines: line...endLine, reason: .mismatched(end: endID), ids: [id, endID]))
        }
      }
    }
    markNested(&candidates, &strays)
    markDoubled(&candidates, strays)
    settle(candidates, strays)
  }

  private struct Candidate {
    let region: OutputRegion
    var reason: BrokenRegion.Reason?
  }

  private struct Stray {
    let lines: ClosedRange<Int>
    let reason: BrokenRegion.Reason
    let ids: [String]
  }

  private func makeRegion(
    id: String, key: String, isMeasured: Bool, sum: String, open: Int, close: Int
  ) -> OutputRegion {
    var first = open + 1
    var last = close
    if first < last, file.isEmpty(line: first) { first += 1 }
    if first < last, file.isEmpty(line: last - 1) { last -= 1 }
    let start = file.lineStarts[first]
    let bodyRange = start..<(first < last ? file.lineRange(last - 1).upperBound : start)
    let body = withLineFeeds(file.bytes[bodyRange])
    return OutputRegion(
      id: id, keyPrefix: key, sum: sum, isMeasured: isMeasured, bodyRange: bodyRange,
      range: file.textRange(ofLine: open).lowerBound..<file.lineRange(close).upperBound,
      openLine: open + 1, closeLine: close + 1, body: String(decoding: body, as: UTF8.self),
      isIntact: bodyChecksum(body) == sum,
      assets: linkedAssets(in: body, notebook: file.name, cell: id))
  }

  /// What makes a pair of markers unfit. An intact body holds what the tool wrote, so a line in
  /// it that looks like part of a conflict is output; a cell is never output.
  private func fault(in region: OutputRegion) -> BrokenRegion.Reason? {
    let lines = region.openLine..<region.closeLine - 1
    if let cell = cells.firstAfter(turn: { $0.line - 1 < lines.lowerBound }),
      lines.contains(cell.line - 1)
    {
      return .spansCell(line: cell.line)
    }
    guard !region.isIntact else { return nil }
    if let line = lines.first(where: { isConflictLine($0, in: file) }) {
      return .conflictMarkers(line: line + 1)
    }
    if let line = headings.firstAfter(turn: { $0 < lines.lowerBound }), lines.contains(line) {
      return .spansHeading(line: line + 1)
    }
    return nil
  }

  /// Joins an `out` marker to the next stray `end` of its id: what is between them may be neither
  /// written to nor removed.
  private func markNested(_ candidates: inout [Candidate], _ strays: inout [Stray]) {
    var open: [String: Int] = [:]
    var spans: [(lines: Range<Int>, id: String)] = []
    for (index, stray) in strays.enumerated() {
      guard let id = stray.ids.first else { continue }
      if stray.reason == .unclosed {
        open[id] = open[id] ?? index
      } else if stray.reason == .endWithoutOut, let first = open.removeValue(forKey: id) {
        let start = strays[first].lines.lowerBound
        let end = stray.lines.upperBound
        let inner = markers.firstAfter(turn: { $0.line <= start })?.line ?? start
        strays[first] = Stray(
          lines: start...end, reason: .spansMarker(line: inner + 1), ids: [id])
        spans.append((start..<end, id))
      }
    }
    spans.sort { $0.lines.lowerBound < $1.lines.lowerBound }
    // The span that reaches furthest, among those that start before the region.
    var outer: (lines: Range<Int>, id: String)?
    var next = 0
    for index in candidates.indices {
      let region = candidates[index].region
      while next < spans.count, spans[next].lines.lowerBound < region.openLine - 1 {
        if spans[next].lines.upperBound > outer?.lines.upperBound ?? 0 { outer = spans[next] }
        next += 1
      }
      if let outer, region.closeLine <= outer.lines.upperBound {
        candidates[index].reason = candidates[index].reason ?? .nested(in: outer.id)
      }
    }
  }

  private func markDoubled(_ candidates: inout [Candidate], _ strays: [Stray]) {
    // By id: the one-based lines of the first two places that name it.
    var places: [String: [Int]] = [:]
    func note(_ id: String, _ line: Int) {
      if places[id]?.count ?? 0 < 2 { places[id, default: []].append(line) }
    }
    for candidate in candidates { note(candidate.region.id, candidate.region.openLine) }
    for stray in strays {
      for id in stray.ids { note(id, stray.lines.lowerBound + 1) }
    }
    for index in candidates.indices where candidates[index].reason == nil {
      let line = candidates[index].region.openLine
      if let other = places[candidates[index].region.id]?.first(where: { $0 != line }) {
        candidates[index].reason = .doubled(otherLine: other)
      }
    }
  }

  private mutating func settle(_ candidates: [Candidate], _ strays: [Stray]) {
    for candidate in candidates {
      let region = candidate.region
      if let reason = candidate.reason {
        broken.append(
          BrokenRegion(
            reason: reason, ids: [region.id], range: region.range,
            lines: region.openLine...region.closeLine))
      } else {
        regions.append(region)
      }
    }
    for stray in strays {
      broken.append(
        BrokenRegion(lines: stray.lines, reason: stray.reason, ids: stray.ids, in: file))
    }
    broken.sort { $0.range.lowerBound < $1.range.lowerBound }
  }

  // MARK: After a look at the conflicts

  mutating func addBroken(_ regions: [BrokenRegion]) {
    broken += regions
    broken.sort { $0.range.lowerBound < $1.range.lowerBound }
  }
}

extension BrokenRegion {
  /// Describes what is broken by its zero-based lines.
  init(lines: ClosedRange<Int>, reason: Reason, ids: [String], in file: SourceFile) {
    self.init(
      reason: reason, ids: ids,
      range: file.textRange(ofLine: lines.lowerBound)
        .lowerBound..<file.lineRange(lines.upperBound).upperBound,
      lines: lines.lowerBound + 1...lines.upperBound + 1)
  }
}
