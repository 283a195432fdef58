public import Diagnostics

extension BrokenRegion {
  /// What is wrong, where, and how to mend it.
  public var diagnostic: Diagnostic {
    let name = ids.first.map { "'\($0)'" } ?? "a cell"
    let remedy = "delete the region with its markers to have it written anew"
    let span = SourceSpan(range.lowerBound, range.upperBound)
    switch reason {
    case .unclosed:
      return Diagnostic(
        .error, "the output of \(name) has no end marker", at: span,
        help: "delete what is left of the region to have it written anew")
    case .endWithoutOut:
      return Diagnostic(
        .error, "an end marker of \(name) without its out marker", at: span,
        help: "delete what is left of the region to have it written anew")
    case .mismatched(let end):
      return Diagnostic(
        .error, "the output of \(name) ends with a marker of '\(end)'", at: span, help: remedy)
    case .doubled(let line):
      return Diagnostic(
        .error, "\(name) has more than one output; another is in line \(line)", at: span,
        help: "delete all but one")
    case .spansMarker(let line):
      return Diagnostic(
        .error, "the output of \(name) holds a marker in line \(line)", at: span, help: remedy)
    case .nested(let outer):
      return Diagnostic(
        .error, "the output of \(name) stands inside that of '\(outer)'", at: span, help: remedy)
    case .conflictMarkers(let line):
      return Diagnostic(
        .error, "a merge conflict in line \(line) holds more than the output of one cell",
        at: span, help: "resolve the conflict")
    case .spansHeading(let line):
      return Diagnostic(
        .error, "the output of \(name) was edited and holds a heading in line \(line)", at: span,
        help: "move what is not output out of the region")
    case .spansCell(let line):
      return Diagnostic(
        .error, "the output of \(name) holds a cell in line \(line)", at: span,
        help: "move the cell out of the region")
    case .malformedMarker:
      return Diagnostic(
        .error, "this looks like a marker of an output and is not spelt like one", at: span,
        help: remedy)
    }
  }
}
