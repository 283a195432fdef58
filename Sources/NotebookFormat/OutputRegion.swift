/// A well-formed output region: what one cell printed, between its two markers.
public struct OutputRegion: Hashable, Sendable {
  /// The id of the cell that it belongs to.
  public let id: String
  /// The prefix of the cell key that the output was computed for, as written.
  public let keyPrefix: String
  /// The checksum as written.
  public let sum: String
  /// Whether the output shows measured times or costs, which no replay can repeat.
  public let isMeasured: Bool
  /// The bytes of the body: between the marker lines, without the empty line that frames it at
  /// either end.
  public let bodyRange: Range<Int>
  /// The bytes from the start of the first marker to the end of the last, whose line ending is
  /// not included.
  public let range: Range<Int>
  /// The one-based line of the first marker.
  public let openLine: Int
  /// The one-based line of the last marker.
  public let closeLine: Int
  /// The body with LF line endings.
  public let body: String
  /// Whether the checksum is that of the body.
  public let isIntact: Bool
  /// The names of the files in the notebook's assets folder that the body links to and that are
  /// named after the cell (`ID-…`): what may be removed when the region is replaced.
  public let assets: [String]
}

/// A region, or what is left of one, that can't be trusted. It is reported and never changed.
public struct BrokenRegion: Hashable, Sendable {
  /// What is wrong; lines are one-based.
  public enum Reason: Hashable, Sendable {
    /// An `out` marker without its `end`.
    case unclosed
    /// An `end` marker without its `out`.
    case endWithoutOut
    /// An `out` marker whose next marker ends another region.
    case mismatched(end: String)
    /// There are two regions, or a region and a stray marker, for one id.
    case doubled(otherLine: Int)
    /// Between the markers stands another marker.
    case spansMarker(line: Int)
    /// The region stands between the markers of another one.
    case nested(in: String)
    /// A merge conflict that is not wholly inside the region of one id.
    case conflictMarkers(line: Int)
    /// A heading stands between the markers, so that text may have been swallowed.
    case spansHeading(line: Int)
    /// A cell stands between the markers.
    case spansCell(line: Int)
    /// A line that starts like a marker and is not spelt like one.
    case malformedMarker
  }

  /// What is wrong.
  public let reason: Reason
  /// The ids that the region names; their cells are not written to.
  public let ids: [String]
  /// The bytes that are reported, line endings at the end excluded.
  public let range: Range<Int>
  /// The one-based lines that are reported.
  public let lines: ClosedRange<Int>
}

/// A region that a merge left in two versions, with nothing else in the conflict: it can be
/// replaced as a whole.
public struct ConflictedRegion: Hashable, Sendable {
  /// The id of the cell that both versions belong to.
  public let id: String
  /// The bytes from the first marker or conflict line to the last, without its line ending.
  public let range: Range<Int>
  /// The one-based lines of the range.
  public let lines: ClosedRange<Int>
  /// Whether each version's checksum is that of its body. False where somebody edited one, and
  /// also where the merge itself joined lines of both bodies.
  public let sidesAreIntact: Bool
  /// Whether the conflict swallowed the empty line before, or after, the region.
  let hasEmptyLineBefore: Bool
  let hasEmptyLineAfter: Bool
}

/// How the output of a cell stands to the cell.
public enum RegionState: Hashable, Sendable {
  /// Key and checksum match.
  case fresh
  /// Intact, and made by another version of the cell; also where the cell's key is not known.
  case stale
  /// The body is not what the tool wrote.
  case edited
  /// Can't be told apart from the text around it, or the cell stands inside what is broken; left
  /// alone.
  case broken
  /// A merge left two versions; may be replaced.
  case conflicted
  /// No such cell, and the body is what the tool wrote: may be removed.
  case orphanIntact
  /// No such cell, and the body was edited.
  case orphanEdited
  /// The cell has no region.
  case missing
}
