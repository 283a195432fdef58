import Diagnostics
import Language

/// What was typed at the prompt and accepted: a cell of the session that is in no file.
package struct SessionEntry: Sendable, Equatable {
  /// `in1`, `in2`, …
  package let id: String
  /// As typed, without an empty line at its end.
  package let text: String

  /// Spaces before the first line: pasted code may be indented as a whole.
  var margin: Int { text.utf8.prefix { $0 == 0x20 }.count }
}

/// A notebook's text with the entries of a session behind it, as one file whose bytes spans count.
struct SessionText {
  let file: SourceFile
  /// The bytes of each entry.
  let ranges: [Range<Int>]

  init(_ document: SourceFile, _ entries: [SessionEntry]) {
    guard !entries.isEmpty else {
      file = document
      ranges = []
      return
    }
    var bytes = document.bytes
    var ranges: [Range<Int>] = []
    for entry in entries {
      bytes.append(0x0A)
      let start = bytes.count
      bytes += Array(entry.text.utf8)
      bytes.append(0x0A)
      ranges.append(start..<bytes.count)
    }
    file = SourceFile(name: document.name, bytes: bytes)
    self.ranges = ranges
  }
}

/// How the cells of a session follow from each other, where entries bind names anew.
///
/// A rebinding replaces the earlier one everywhere, so a cell that reads the name comes after the
/// entry that binds it, wherever it stands in the file.
struct SessionOrder {
  /// The cells with the statements that are still in force.
  let cells: [ParsedCell]
  /// For each cell the entries that replaced some of its bindings.
  let replacedBy: [[Int]]
  /// Positions of cells so that each comes after those that it reads.
  let order: [Int]
  /// The cells of a circle, where the entries make one.
  let cycle: [Int]
  /// Cells that read an entry, directly or through others, or had a binding replaced.
  let touched: Set<Int>

  /// - Parameters:
  ///   - parsed: The cells of the notebook, then the entries.
  ///   - notebookCount: How many are the notebook's.
  init(_ parsed: [ParsedCell], notebookCount: Int) {
    guard parsed.count > notebookCount else {
      cells = parsed
      replacedBy = parsed.map { _ in [] }
      order = Array(parsed.indices)
      cycle = []
      touched = []
      return
    }
    var latest: [String: Int] = [:]
    for index in notebookCount..<parsed.count {
      for name in parsed[index].statements.compactMap(\.boundName) { latest[name] = index }
    }
    var active: [ParsedCell] = []
    var replaced: [[Int]] = []
    for (index, cell) in parsed.enumerated() {
      var others: [Int] = []
      let statements = cell.statements.filter { statement in
        guard let name = statement.boundName, let last = latest[name], last != index else {
          return true
        }
        if !others.contains(last) { others.append(last) }
        return false
      }
      active.append(ParsedCell(statements: statements, diagnostics: cell.diagnostics))
      replaced.append(others)
    }
    cells = active
    replacedBy = replaced

    var binders: [String: Int] = [:]
    for (index, cell) in active.enumerated() {
      for name in cell.statements.compactMap(\.boundName) where binders[name] == nil {
        binders[name] = index
      }
    }
    let reads = active.enumerated().map { index, cell -> [Int] in
      let names = cell.statements.reduce(into: Set<String>()) { $0.formUnion($1.freeNames) }
      return Set(names.compactMap { binders[$0] })
        .filter { $0 != index && ($0 < index || $0 >= notebookCount) }.sorted()
    }
    var walk = Walk(reads: reads)
    for index in active.indices { walk.visit(index) }
    order = walk.order
    cycle = walk.cycle
    var touched: Set<Int> = []
    for index in walk.order {
      let reachesEntry = reads[index].contains { $0 >= notebookCount || touched.contains($0) }
      if reachesEntry || !replaced[index].isEmpty { touched.insert(index) }
    }
    self.touched = touched
  }

  /// Depth first, with a stack of its own: a long chain of entries must not end the program.
  private struct Walk {
    let reads: [[Int]]
    var order: [Int] = []
    var cycle: [Int] = []
    private var state: [UInt8]

    init(reads: [[Int]]) {
      self.reads = reads
      state = [UInt8](repeating: 0, count: reads.count)
    }

    mutating func visit(_ root: Int) {
      guard state[root] == 0 else { return }
      var stack = [(cell: root, next: 0)]
      state[root] = 1
      while let (cell, next) = stack.last {
        guard next < reads[cell].count else {
          state[cell] = 2
          order.append(cell)
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        let other = reads[cell][next]
        if state[other] == 0 {
          state[other] = 1
          stack.append((other, 0))
        } else if state[other] == 1, cycle.isEmpty {
          let start = stack.firstIndex { $0.cell == other } ?? 0
          cycle = stack[start...].map(\.cell)
        }
      }
    }
  }
}
