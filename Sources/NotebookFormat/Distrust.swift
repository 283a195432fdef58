/// What the broken regions of a notebook put out of reach: the ids that they name, and every cell
/// and region that overlaps them. Writing there would change text that is only reported.
struct Distrust {
  /// By id: the one-based line of the first broken region that names it.
  private var lines: [String: Int] = [:]
  /// Ordered by where they start, each with the line and end of the one that reaches furthest so
  /// far.
  private var reach: [(start: Int, end: Int, line: Int)] = []

  init(_ broken: [BrokenRegion]) {
    for region in broken {
      for id in region.ids where lines[id] == nil { lines[id] = region.lines.lowerBound }
      var entry = (
        start: region.range.lowerBound, end: region.range.upperBound,
        line: region.lines.lowerBound
      )
      if let last = reach.last, last.end > entry.end {
        (entry.end, entry.line) = (last.end, last.line)
      }
      reach.append(entry)
    }
  }

  /// The line of a broken region that names an id or overlaps some bytes, or nil. Logarithmic in
  /// the number of broken regions.
  func line(of id: String, _ range: Range<Int>?) -> Int? {
    if let line = lines[id] { return line }
    guard let range, let before = reach.lastBefore(turn: { $0.start < range.upperBound }),
      before.end > range.lowerBound
    else { return nil }
    return before.line
  }
}
