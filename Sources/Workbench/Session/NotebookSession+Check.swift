import Diagnostics
import NotebookFormat

/// What `check` found: the states of all cells, without running anything.
package struct CheckReport: Sendable {
  package struct Finding: Sendable, Equatable {
    package let cell: String
    package let word: String
    package let detail: String?
  }

  package let findings: [Finding]
  package let status: ExitStatus

  /// For people: one line a finding.
  package var text: String {
    findings.map { finding in
      "\(finding.cell): \(finding.word)" + (finding.detail.map { ", \($0)" } ?? "")
    }.joined(separator: "\n")
  }
}

extension NotebookSession {
  /// Compares the saved outputs with the cells.
  ///
  /// - Parameter isStrict: Whether a refuted claim is a failure.
  /// - Returns: One finding a cell, and one an output without a cell.
  package func check(isStrict: Bool = false) -> CheckReport {
    let states = notebook.states()
    var findings: [CheckReport.Finding] = []
    var statuses: [ExitStatus] = []
    for (cell, saved) in zip(notebook.cells, states.cells) {
      var detail: String?
      // A cell that was never run and can't be yet is no fault of the document.
      let isWaiting = saved == .missing && !cell.waitsFor.isEmpty
      let state = isWaiting ? .waiting(cell.waitsFor) : saved
      switch state {
      case .fresh: break
      case .stale, .missing: statuses.append(.stale)
      case .failed: statuses.append(.failed)
      case .edited:
        detail = "its body is not what Poise wrote; 'run --accept' writes over it"
        statuses.append(.document)
      case .broken: statuses.append(.document)
      case .conflicted:
        detail = "a merge left two versions; 'run' writes one"
        statuses.append(.document)
      case .unverifiable(let problem): detail = problem
      case .waiting(let names): detail = "for " + names.joined(separator: ", ")
      }
      findings.append(.init(cell: cell.name, word: state.word, detail: detail))
    }
    for orphan in states.orphans {
      let region = notebook.document.regions[orphan.region]
      let isIntact = orphan.state == .orphanIntact
      statuses.append(isIntact ? .stale : .document)
      findings.append(
        .init(
          cell: region.id, word: "orphan",
          detail: isIntact
            ? "no cell has this id; 'run' removes the output"
            : "no cell has this id, and the output was edited"))
    }
    if !notebook.document.broken.isEmpty { statuses.append(.document) }
    if notebook.diagnostics.contains(where: { $0.severity == .error }) { statuses.append(.failed) }
    if isStrict {
      for region in notebook.document.regions {
        for verdict in SavedVerdict.all(in: region.body) where verdict.isRefuted {
          findings.append(.init(cell: region.id, word: "refuted", detail: verdict.text))
          statuses.append(.failed)
        }
      }
    }
    return CheckReport(findings: findings, status: ExitStatus.first(of: statuses))
  }
}

/// A verdict as it stands in a saved output.
package struct SavedVerdict: Hashable, Sendable {
  /// `claim` or `prediction`.
  package let kind: String
  /// `held`, `refuted`, `undecided`, `came true`, `did not`.
  package let word: String
  package let text: String

  package init(kind: String, word: String, text: String) {
    self.kind = kind
    self.word = word
    self.text = text
  }

  /// A claim that the data speak against; a prediction decides nothing.
  var isRefuted: Bool { kind == "claim" && word == "refuted" }

  /// The verdicts of a body, in order.
  package static func all(in body: String) -> [SavedVerdict] {
    body.split(separator: "\n").compactMap { line in
      for kind in ["claim", "prediction"] where line.hasPrefix("**\(kind) ") {
        let rest = line.dropFirst(kind.count + 3)
        guard let end = rest.range(ofMarker: "**") else { continue }
        return SavedVerdict(
          kind: kind, word: String(rest[..<end.lowerBound]), text: String(rest[end.upperBound...]))
      }
      return nil
    }
  }
}

extension Substring {
  /// The first place of a short marker.
  fileprivate func range(ofMarker marker: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(marker) {
        return start..<index(start, offsetBy: marker.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
