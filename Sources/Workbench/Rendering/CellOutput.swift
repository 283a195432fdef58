import Evaluation
package import Plotting

/// One thing that a cell shows, before it takes a form.
enum CellOutput: Sendable {
  case value(Value)
  /// An empty result, in the words of the verb that gave it.
  case nothing(String)
  /// The one line about the last name of a cell that binds names only.
  case bound(name: String, description: String)
  case claim(WeighedClaim)
  /// The cell needs these parameters, which have no value yet.
  case waiting([String])
  /// A cell that this one reads has failed.
  case blocked(by: String)
  /// Why the cell failed, as rendered diagnostics.
  case failure(String)
}

/// Text in pieces, some of which are marked.
package struct InlineText: Sendable, Hashable {
  package struct Piece: Sendable, Hashable {
    package let text: String
    package let isMarked: Bool
  }

  package var pieces: [Piece]

  package init(_ text: String) { pieces = [Piece(text: text, isMarked: false)] }

  package init(_ marked: MarkedText) {
    pieces = []
    let bytes = Array(marked.text.utf8)
    var position = 0
    func add(_ range: Range<Int>, _ isMarked: Bool) {
      guard !range.isEmpty else { return }
      pieces.append(Piece(text: String(decoding: bytes[range], as: UTF8.self), isMarked: isMarked))
    }
    for mark in marked.marks {
      add(position..<mark.lowerBound, false)
      add(mark, true)
      position = mark.upperBound
    }
    add(position..<bytes.count, false)
  }

  package var plain: String { pieces.map(\.text).joined() }
}

/// What an output looks like, before it becomes Markdown or terminal text.
package enum OutputBlock: Sendable {
  case line(InlineText)
  /// Text as it stands, line by line.
  case text(String)
  case table(TableLayout)
  case plot(PlotSpec)
  case verdict(VerdictLine)
  case diagnostic(String)
}

/// A claim's line: the word, the claim's own text, and what it rests on.
package struct VerdictLine: Sendable, Hashable {
  package let word: String
  package let text: String?
  package let evidence: String?

  package init(word: String, text: String?, evidence: String?) {
    self.word = word
    self.text = text
    self.evidence = evidence
  }
}

/// A table as strings, with the alignment of each column.
package struct TableLayout: Sendable, Hashable {
  package var headers: [String]
  /// Whether a column holds numbers only, which stand right.
  package var isNumeric: [Bool]
  package var rows: [[InlineText]]

  package init(headers: [String], isNumeric: [Bool], rows: [[InlineText]]) {
    self.headers = headers
    self.isNumeric = isNumeric
    self.rows = rows
  }
}

extension CellOutput {
  /// The blocks of one output.
  package var blocks: [OutputBlock] {
    switch self {
    case .value(let value): return value.blocks
    case .nothing(let text): return [.line(InlineText(text))]
    case .bound(let name, let description):
      return [.line(InlineText("\(name): \(description)"))]
    case .claim(let claim):
      let line = claim.outcome.line(isPrediction: claim.isPrediction)
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      return [
        .verdict(
          VerdictLine(
            word: (claim.isPrediction ? "prediction " : "claim ") + parts[0], text: claim.text,
            evidence: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : nil))
      ]
    case .waiting(let names):
      let list = names.joined(separator: ", ")
      return [
        .line(InlineText("waits for \(list): give it with -p \(names.first ?? "")=… or :set"))
      ]
    case .blocked(let cell): return [.line(InlineText("not run: cell '\(cell)' has failed"))]
    case .failure(let text): return [.diagnostic(text)]
    }
  }
}
