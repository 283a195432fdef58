import Diagnostics

/// One conflict as git writes it: `<<<<<<<`, ours, perhaps `|||||||` and the common ancestor,
/// `=======`, theirs, `>>>>>>>`. Zero-based lines.
struct ConflictHunk {
  let open: Int
  let base: Int?
  let middle: Int
  let close: Int

  var ours: Range<Int> { open + 1..<(base ?? middle) }
  var ancestor: Range<Int> { (base ?? middle - 1) + 1..<middle }
  var theirs: Range<Int> { middle + 1..<close }
}

/// Whether a line consists of seven of one of git's conflict characters, and perhaps a label.
func isConflictLine(_ line: Int, in file: SourceFile) -> Bool {
  conflictCharacter(ofLine: line, in: file) != nil
}

private func conflictCharacter(ofLine line: Int, in file: SourceFile) -> UInt8? {
  let start = file.lineStarts[line]
  guard start < file.bytes.count else { return nil }
  let first = file.bytes[start]
  switch first {
  case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "="), UInt8(ascii: "|"): break
  default: return nil
  }
  let text = file.bytes[file.lineRange(line)]
  guard text.count >= 7, text.prefix(7).allSatisfy({ $0 == first }) else { return nil }
  return text.count == 7 || text[text.startIndex + 7] == Ascii.space ? first : nil
}

/// Tells which regions a merge left in two versions with nothing but themselves in the conflict.
///
/// The text is read three times: as it stands, and as each side of the merge had it. A conflict
/// belongs to a region when every line of it lies, on both sides, inside the region of the same
/// id. Reading the sides apart matters because conflict lines unbalance fences: as it stands, the
/// text after a conflict may be read inside out.
struct MergeConflicts {
  private(set) var resolvable: [ConflictedRegion] = []
  /// Well-formed conflicts that hold something else; zero-based lines.
  private(set) var unresolved: [ClosedRange<Int>] = []

  private let file: SourceFile
  private let hunks: [ConflictHunk]

  /// `scan` is the text read as it stands. The result is nil where there is no conflict outside
  /// an intact region.
  init?(_ file: SourceFile, scan: DocumentScan) {
    let intact = scan.regions.filter(\.isIntact)
    let hunks = Self.hunks(in: file).filter { hunk in
      !intact.contains { $0.openLine <= hunk.open && hunk.close < $0.closeLine - 1 }
    }
    guard !hunks.isEmpty else { return nil }
    self.file = file
    self.hunks = hunks
    let sides = [
      Side(of: file, hunks: hunks, lines: \.ours), Side(of: file, hunks: hunks, lines: \.theirs),
    ]
    let owners = hunks.map { owner(of: $0, sides: sides) }
    var isResolved = [Bool](repeating: false, count: hunks.count)
    var seen: Set<String> = []
    for case let id? in owners where seen.insert(id).inserted {
      let own = hunks.indices.filter { owners[$0] == id }
      guard let region = resolve(id: id, own: own, owners: owners, sides: sides) else { continue }
      resolvable.append(region)
      for index in own { isResolved[index] = true }
    }
    unresolved = hunks.indices.filter { !isResolved[$0] }
      .map { hunks[$0].open...hunks[$0].close }
  }

  private static func hunks(in file: SourceFile) -> [ConflictHunk] {
    var result: [ConflictHunk] = []
    var open: Int?
    var base: Int?
    var middle: Int?
    for line in 0..<file.lineCount {
      switch conflictCharacter(ofLine: line, in: file) {
      case UInt8(ascii: "<"): (open, base, middle) = (line, nil, nil)
      case UInt8(ascii: "|") where open != nil && base == nil && middle == nil: base = line
      case UInt8(ascii: "=") where open != nil && middle == nil: middle = line
      case UInt8(ascii: ">"):
        if let start = open, let middle {
          result.append(ConflictHunk(open: start, base: base, middle: middle, close: line))
        }
        (open, base, middle) = (nil, nil, nil)
      default: break
      }
    }
    return result
  }

  // MARK: Which region a conflict belongs to

  /// The text as one side of the merge had it.
  private struct Side {
    let lines: KeyPath<ConflictHunk, Range<Int>>
    /// Zero-based lines of the merged text, by id of the region: its markers.
    var markers: [String: ClosedRange<Int>] = [:]
    var intact: Set<String> = []
    /// By zero-based line of the merged text: the id of the region that it is part of.
    var regionOfLine: [Int: String] = [:]

    init(
      of file: SourceFile, hunks: [ConflictHunk], lines: KeyPath<ConflictHunk, Range<Int>>
    ) {
      self.lines = lines
      var kept: [Int] = []
      var next = 0
      for hunk in hunks {
        kept += next..<hunk.open
        kept += hunk[keyPath: lines]
        next = hunk.close + 1
      }
      if next < file.lineCount { kept += next..<file.lineCount }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(file.bytes.count)
      for line in kept { bytes += file.bytes[file.lineStarts[line]..<file.end(ofLine: line)] }
      let scan = DocumentScan(SourceFile(name: file.name, bytes: bytes))
      for region in scan.regions {
        guard region.closeLine <= kept.count else { continue }
        markers[region.id] = kept[region.openLine - 1]...kept[region.closeLine - 1]
        if region.isIntact { intact.insert(region.id) }
        for line in region.openLine - 1..<region.closeLine { regionOfLine[kept[line]] = region.id }
      }
    }

    /// Whether a line is an empty one next to a region's markers.
    func isFrame(_ line: Int, of id: String, in file: SourceFile) -> Bool {
      guard file.isEmpty(line: line), let markers = markers[id] else { return false }
      return line + 1 == markers.lowerBound || line - 1 == markers.upperBound
    }
  }

  /// The id of the one region that all lines of a conflict belong to on both sides.
  private func owner(of hunk: ConflictHunk, sides: [Side]) -> String? {
    var ids: Set<String> = []
    for side in sides {
      for line in hunk[keyPath: side.lines] {
        if let id = side.regionOfLine[line] { ids.insert(id) }
      }
    }
    guard let id = ids.first, ids.count == 1 else { return nil }
    for side in sides {
      for line in hunk[keyPath: side.lines]
      where side.regionOfLine[line] != id && !side.isFrame(line, of: id, in: file) {
        return nil
      }
    }
    for line in hunk.ancestor {
      if let marker = Marker(line: file.bytes[file.textRange(ofLine: line)]), marker.id != id {
        return nil
      }
      if FenceOpening(line: line, in: file)?.isCell(in: file) == true { return nil }
      if file.bytes[file.lineRange(line)].first == Ascii.hash { return nil }
    }
    return id
  }

  /// The range of a region whose conflicts are its own, or nil where other text would be lost.
  private func resolve(
    id: String, own: [Int], owners: [String?], sides: [Side]
  ) -> ConflictedRegion? {
    let present = sides.filter { $0.markers[id] != nil }
    // Prefer our side's empty lines around the region.
    guard let first = present.first, let markers = first.markers[id],
      var lower = present.compactMap({ $0.markers[id]?.lowerBound }).min(),
      var upper = present.compactMap({ $0.markers[id]?.upperBound }).max()
    else { return nil }
    // Where one side dropped the region, what the other kept of it must be one conflict.
    if present.count < sides.count, own.count != 1 { return nil }
    let lowerHunk = hunks.first { $0.open < lower && lower < $0.close }
    let upperHunk = hunks.first { $0.open < upper && upper < $0.close }
    lower = lowerHunk?.open ?? lower
    upper = upperHunk?.close ?? upper
    for index in hunks.indices where hunks[index].open <= upper && hunks[index].close >= lower {
      guard owners[index] == id else { return nil }
    }
    for index in own where hunks[index].open < lower || hunks[index].close > upper { return nil }
    var line = lower
    while line <= upper {
      if let hunk = hunks.first(where: { $0.open == line }) {
        line = hunk.close + 1
        continue
      }
      guard sides.allSatisfy({ $0.regionOfLine[line] == id }) else { return nil }
      line += 1
    }
    func isFrame(_ line: Int, in hunk: ConflictHunk?) -> Bool {
      hunk?[keyPath: first.lines].contains(line) == true && first.isFrame(line, of: id, in: file)
    }
    return ConflictedRegion(
      id: id, range: file.textRange(ofLine: lower).lowerBound..<file.lineRange(upper).upperBound,
      lines: lower + 1...upper + 1, sidesAreIntact: present.allSatisfy { $0.intact.contains(id) },
      hasEmptyLineBefore: isFrame(markers.lowerBound - 1, in: lowerHunk),
      hasEmptyLineAfter: isFrame(markers.upperBound + 1, in: upperHunk))
  }
}
