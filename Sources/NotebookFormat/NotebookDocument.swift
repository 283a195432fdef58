public import Diagnostics

/// A notebook: Markdown with cells and their output regions, read so that it can be written back
/// with nothing changed but its outputs.
///
/// ```swift
/// let notebook = try NotebookDocument(name: "first.md", bytes: bytes)
/// let saved = try notebook.splicing(
///   [.write(cell: 0, key: key, isMeasured: false, body: "| k |\n| -: |\n| 1 |")], ids: ["sweep"])
/// ```
///
/// The format's rules are in `docs/notebook-format.md`. Nothing here reads or writes files.
public struct NotebookDocument: Sendable {
  /// The longest text that is read. It bounds what a hostile text can make the Markdown parser
  /// allocate: some hundred bytes for each byte at worst.
  public static let maximumLength = 32 << 20

  /// The text with its name and lines.
  public let file: SourceFile
  /// The cells, in order.
  public let cells: [CellBlock]
  /// The well-formed regions, in order, intact or edited; at most one for an id.
  public let regions: [OutputRegion]
  /// What looks like a region and can't be trusted, in order.
  public let broken: [BrokenRegion]
  /// Regions that a merge left in two versions, in order.
  public let conflicts: [ConflictedRegion]
  /// What is wrong with the cells' fences and info strings, in order.
  public let diagnostics: [Diagnostic]

  /// Reads a notebook. Linear in its length, and again so for each side of a merge conflict.
  ///
  /// - Parameters:
  ///   - name: The name shown in diagnostics; its last part names the assets folder.
  ///   - bytes: The text, in UTF-8, with or without a byte order mark.
  /// - Throws: ``NotebookError/notUTF8(offset:line:)`` or ``NotebookError/tooLong(length:limit:)``.
  public init(name: String, bytes: [UInt8]) throws(NotebookError) {
    guard bytes.count <= Self.maximumLength else {
      throw .tooLong(length: bytes.count, limit: Self.maximumLength)
    }
    let file = SourceFile(name: name, bytes: bytes)
    if let offset = firstInvalidUTF8(bytes) {
      throw .notUTF8(offset: offset, line: file.lineIndex(of: offset) + 1)
    }
    self.file = file
    var scan = DocumentScan(file)
    var conflicts: [ConflictedRegion] = []
    if let merge = MergeConflicts(file, scan: scan) {
      if !merge.resolvable.isEmpty {
        scan = DocumentScan(Self.masking(merge.resolvable.map(\.range), in: file))
      }
      conflicts = Self.settle(merge, in: file, scan: &scan)
    }
    self.conflicts = conflicts
    cells = scan.cells
    regions = scan.regions
    broken = scan.broken
    diagnostics = scan.diagnostics
  }

  /// The text with each range replaced by a comment and spaces, so that offsets and lines stay
  /// and the Markdown around reads as it will when a region stands there: a comment at the left
  /// margin ends whatever block was open, and leaves none open.
  private static func masking(_ ranges: [Range<Int>], in file: SourceFile) -> SourceFile {
    var bytes = file.bytes
    for range in ranges {
      for index in range
      where bytes[index] != Ascii.lineFeed && bytes[index] != Ascii.carriageReturn {
        bytes[index] = Ascii.space
      }
      // The first line is a marker or a conflict line, neither shorter than this.
      let comment = "<!---->".utf8
      if range.count >= comment.count {
        bytes.replaceSubrange(range.lowerBound..<range.lowerBound + comment.count, with: comment)
      }
    }
    return SourceFile(name: file.name, bytes: bytes)
  }

  /// Reports the conflicts that can't be resolved, and those whose id has another region.
  private static func settle(
    _ merge: MergeConflicts, in file: SourceFile, scan: inout DocumentScan
  ) -> [ConflictedRegion] {
    var taken: Set<String> = Set(scan.regions.map(\.id))
    for region in scan.broken { taken.formUnion(region.ids) }
    var conflicts: [ConflictedRegion] = []
    var added: [BrokenRegion] = []
    for region in merge.resolvable {
      if taken.contains(region.id) {
        added.append(
          BrokenRegion(
            reason: .conflictMarkers(line: region.lines.lowerBound), ids: [region.id],
            range: region.range, lines: region.lines))
      } else {
        conflicts.append(region)
      }
    }
    for lines in merge.unresolved {
      // In a fenced block it is an example; in a broken region it has been reported.
      let fence = scan.otherFences.lastBefore(turn: { $0.lowerBound < lines.lowerBound })
      let report = scan.broken.lastBefore(turn: { $0.lines.lowerBound <= lines.lowerBound + 1 })
      guard lines.upperBound >= fence?.upperBound ?? 0,
        lines.upperBound + 1 > report?.lines.upperBound ?? 0
      else { continue }
      let ids = lines.compactMap { Marker(line: file.bytes[file.textRange(ofLine: $0)])?.id }
      added.append(
        BrokenRegion(
          lines: lines, reason: .conflictMarkers(line: lines.lowerBound + 1),
          ids: Array(Set(ids)).sorted(), in: file))
    }
    scan.addBroken(added)
    return conflicts.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// The source of a cell with its margin removed and LF line endings; each line ends in one.
  public func content(of cell: CellBlock) -> String {
    var result: [UInt8] = []
    var lineStart = true
    var skipped = 0
    for byte in withLineFeeds(file.bytes[cell.contentRange]) {
      if lineStart, byte == Ascii.space, skipped < cell.margin {
        skipped += 1
        continue
      }
      lineStart = byte == Ascii.lineFeed
      skipped = 0
      result.append(byte)
    }
    if !result.isEmpty, result.last != Ascii.lineFeed { result.append(Ascii.lineFeed) }
    return String(decoding: result, as: UTF8.self)
  }
}
