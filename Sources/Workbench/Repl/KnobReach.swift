import Diagnostics
import Language

/// What a parameter reaches: the cells that depend on it, directly or through others.
package struct KnobReach: Sendable, Equatable {
  /// Ids, in order of the notebook; not the one that only says the parameter.
  package let cells: [String]
  /// The claims and predictions among their statements, in words.
  package let claims: [String]
  /// Positions of the cells that run, that of the parameter among them.
  let positions: [Int]

  /// For people: one line or two.
  package func text(_ name: String) -> String {
    guard !cells.isEmpty else { return "nothing depends on \(name)" }
    var text = "\(name) reaches \(cells.joined(separator: ", "))"
    if !claims.isEmpty {
      text += "\n" + claims.map { "  \($0)" }.joined(separator: "\n")
    }
    return text
  }
}

/// A verdict that a change of a parameter turned.
package struct VerdictChange: Sendable, Equatable {
  /// The cell's id.
  package let cell: String
  /// `claim` or `prediction`.
  package let kind: String
  /// What the claim says of itself; empty where it says nothing.
  package let text: String
  /// The verdict's word before the change, such as `held`.
  package let before: String
  /// The verdict's word now.
  package let after: String

  /// For people: `claim "…": held → refuted`.
  package var line: String {
    let subject = text.isEmpty ? "in \(cell)" : "\"\(text)\""
    return "\(kind) \(subject): \(before) → \(after)"
  }

  /// The verdicts that differ, cell by cell and in order; one that was not there before is none.
  package static func between(
    _ before: [String: [SavedVerdict]], _ after: [String: [SavedVerdict]], cells: [String]
  ) -> [VerdictChange] {
    cells.flatMap { cell in
      zip(before[cell] ?? [], after[cell] ?? []).compactMap { old, new in
        guard old.kind == new.kind, old.word != new.word else { return nil }
        return VerdictChange(
          cell: cell, kind: new.kind, text: new.text, before: old.word, after: new.word)
      }
    }
  }
}

extension Notebook {
  /// What a parameter reaches. Linear in the size of the notebook.
  func reach(of parameter: String) -> KnobReach {
    var reached: Set<String> = []
    var names: Set<String> = [parameter]
    var grows = true
    // Entries may stand before what they read, so one pass is not always enough.
    while grows {
      grows = false
      for cell in cells where !reached.contains(cell.name) {
        guard
          cell.checked.parameters.contains(parameter)
            || cell.checked.dependencies.contains(where: reached.contains)
        else { continue }
        reached.insert(cell.name)
        grows = true
      }
    }
    // Within a reached cell, only what reads the parameter counts.
    grows = true
    while grows {
      grows = false
      for cell in cells where reached.contains(cell.name) {
        for statement in cell.statements where !statement.freeNames.isDisjoint(with: names) {
          if let name = statement.boundName, names.insert(name).inserted { grows = true }
        }
      }
    }
    var outputs: [NotebookCell] = []
    var positions: [Int] = []
    var claims: [String] = []
    for cell in cells where reached.contains(cell.name) {
      let touched = cell.statements.filter { statement in
        statement.boundName.map(names.contains) ?? !statement.freeNames.isDisjoint(with: names)
      }
      guard !touched.isEmpty else { continue }
      positions.append(cell.index)
      // That the parameter's own line shows the value goes without saying.
      guard touched.contains(where: { $0.boundName != parameter }) else { continue }
      outputs.append(cell)
      for statement in touched {
        if case .claim(let claim) = statement.kind { claims.append(words(of: claim)) }
      }
    }
    return KnobReach(
      cells: outputs.map(\.name), claims: claims, positions: positions)
  }

  private func words(of claim: ClaimSyntax) -> String {
    let kind = claim.isPrediction ? "prediction" : "claim"
    if let text = claim.text, case .string(let parts) = text.kind {
      let plain = parts.compactMap { if case .text(let piece) = $0 { piece } else { "…" } }
      return "\(kind) \"\(plain.joined())\""
    }
    let span = claim.condition.span
    let source = file.text(span.lower..<span.upper).split(whereSeparator: \.isWhitespace)
    return "\(kind) \(source.joined(separator: " "))"
  }
}
