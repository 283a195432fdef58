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
    let hunks = Self.hunks(in: file, outside: scan.regions.filter(\.isIntact))
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
      guard let (region, own) = resolve(id: id, owners: owners, sides: sides) else { continue }
      resolvable.append(region)
      for index in own { isResolved[index] = true }
    }
    unresolved = hunks.indices.filter { !isResolved[$0] }
      .map { hunks[$0].open...hunks[$0].close }
  }

  /// The conflicts in a text. What looks like part of one inside an intact region is output.
  private static func hunks(
    in file: SourceFile, outside intact: [OutputRegion]
  ) -> [ConflictHunk] {
    var result: [ConflictHunk] = []
    var open: Int?
    var base: Int?
    var middle: Int?
    for line in 0..<file.lineCount {
      guard let character = conflictCharacter(ofLine: line, in: file) else { continue }
      let region = intact.lastBefore(turn: { $0.openLine <= line })
      guard line >= (region?.closeLine ?? 0) - 1 else { continue }
      switch character {
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
    /// The same in order.
    private var regions: [(id: String, lines: ClosedRange<Int>)] = []

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
        let lines = kept[region.openLine - 1]...kept[region.closeLine - 1]
        markers[region.id] = lines
        regions.append((region.id, lines))
        if region.isIntact { intact.insert(region.id) }
      }
    }

    /// The id of the region that a line of this side is part of.
    func region(ofLine line: Int) -> String? {
      let region = regions.lastBefore(turn: { $0.lines.lowerBound <= line })
      return region.flatMap { $0.lines.contains(line) ? $0.id : nil }
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
        if let id = side.region(ofLine: line) { ids.insert(id) }
      }
    }
    guard let id = ids.first, ids.count == 1 else { return nil }
    for side in sides {
      for line in hunk[keyPath: side.lines]
      where side.region(ofLine: line) != id && !side.isFrame(line, of: id, in: file) {
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

  /// The range of a region whose conflicts are its own, with their indices; nil where other text
  /// would be lost.
  private func resolve(
    id: String, owners: [String?], sides: [Side]
  ) -> (ConflictedRegion, own: Range<Int>)? {
    let present = sides.filter { $0.markers[id] != nil }
    // Prefer our side's empty lines around the region.
    guard let first = present.first, let markers = first.markers[id],
      var lower = present.compactMap({ $0.markers[id]?.lowerBound }).min(),
      var upper = present.compactMap({ $0.markers[id]?.upperBound }).max()
    else { return nil }
    let lowerHunk = hunk(around: lower)
    let upperHunk = hunk(around: upper)
    lower = lowerHunk?.open ?? lower
    upper = upperHunk?.close ?? upper
    let own =
      hunks.partitionPoint(where: { $0.close < lower }
      )..<hunks.partitionPoint(where: {
        $0.open <= upper
      })
    guard own.allSatisfy({ owners[$0] == id }) else { return nil }
    // Where one side dropped the region, what the other kept of it must be one conflict.
    if present.count < sides.count, own.count != 1 { return nil }
    var line = lower
    for hunk in hunks[own] {
      guard areCommon(line..<hunk.open, to: sides, in: id) else { return nil }
      line = hunk.close + 1
    }
    guard areCommon(line..<max(line, upper + 1), to: sides, in: id) else { return nil }
    func isFrame(_ line: Int, in hunk: ConflictHunk?) -> Bool {
      hunk?[keyPath: first.lines].contains(line) == true && first.isFrame(line, of: id, in: file)
    }
    let region = ConflictedRegion(
      id: id, range: file.textRange(ofLine: lower).lowerBound..<file.lineRange(upper).upperBound,
      lines: lower + 1...upper + 1, sidesAreIntact: present.allSatisfy { $0.intact.contains(id) },
      hasEmptyLineBefore: isFrame(markers.lowerBound - 1, in: lowerHunk),
      hasEmptyLineAfter: isFrame(markers.upperBound + 1, in: upperHunk))
    return (region, own)
  }

  /// Whether both sides have some lines inside the same region.
  private func areCommon(_ lines: Range<Int>, to sides: [Side], in id: String) -> Bool {
    lines.allSatisfy { line in sides.allSatisfy { $0.region(ofLine: line) == id } }
  }

  private func hunk(around line: Int) -> ConflictHunk? {
    let hunk = hunks.lastBefore(turn: { $0.open < line })
    return hunk.flatMap { line < $0.close ? $0 : nil }
  }
}
