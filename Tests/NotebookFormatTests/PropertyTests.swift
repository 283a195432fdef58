import Diagnostics
import Execution
import NotebookFormat
import Testing

@Suite("Properties")
struct PropertyTests {
  /// A notebook of random pieces, all of them whole.
  private func notebook(_ random: inout RandomStream) -> (text: String, ids: [String]) {
    let pieces = [
      "prose\n", "\n", "# heading\n", "> quote\n", "- item\n", "```text\n<!-- x\n```\n", "\ttab\n",
      "<div>\n\n", "| a |\n| - |\n\n", "[ref]: target\n",
    ]
    var text = random.below(4) == 0 ? "\u{FEFF}" : ""
    var ids: [String] = []
    for _ in 0..<random.below(12) {
      if random.below(3) == 0 {
        let fence = ["```", "`````", "~~~", "  ```"][random.below(4)]
        ids.append("cell-\(ids.count)")
        text += "\n\(fence)poise {#cell-\(ids.count - 1)}\nx = \(random.below(9))\n\(fence)\n"
      } else {
        text += pieces[random.below(pieces.count)]
      }
    }
    if random.below(3) == 0, text.last == "\n" { text.removeLast() }
    return (text, ids)
  }

  private let bodies = [
    "", "1", "| a |\n| -: |\n| 1 |", "```text\n\n# x\n\n```", "a\n\n\n\nb", "  x", "- a\n- b",
    "<details>\n\nx\n\n</details>",
  ]

  @Test("what is written reads back fresh, and taking it out gives back the text")
  func roundTrip() throws {
    var random = RandomStream(seed: 2, purpose: "notebook properties")
    var count = 0
    for round in 0..<2000 {
      var (text, ids) = notebook(&random)
      let ending = ["\n", "\r\n", "\r"][round % 3]
      text = text.replacing("\n", with: ending)
      let before = try open(text)
      // An item or an HTML block may hold some of the cells.
      ids = before.ids
      let edits = ids.indices.map {
        RegionEdit.write(
          cell: $0, key: keyA, isMeasured: round % 2 == 0, body: bodies[random.below(bodies.count)])
      }
      let bytes = try before.splicing(edits, ids: ids)
      let after = try NotebookDocument(name: "n.md", bytes: bytes)
      let keys = ids.map { _ in Optional(keyA) }
      #expect(after.states(ids: ids, keys: keys).cells.allSatisfy { $0 == .fresh })
      #expect(try after.splicing(edits, ids: ids) == bytes)
      #expect(try after.splicing([], ids: ids) == bytes)
      for other in ["\n", "\r\n", "\r"] {
        let converted = Oracle.lines(bytes).flatMap {
          $0.text + ($0.ending.isEmpty ? [] : Array(other.utf8))
        }
        let turned = try NotebookDocument(name: "n.md", bytes: converted)
        #expect(turned.states(ids: ids, keys: keys).cells.allSatisfy { $0 == .fresh })
        #expect(try turned.splicing(edits, ids: ids) == converted)
      }
      let removals = after.regions.indices.map { RegionEdit.remove(region: $0) }
      #expect(
        try after.splicing(removals, ids: ids.map { _ in "" }) == Array(text.utf8), "\(text)")
      count += ids.count
    }
    #expect(count > 2000)
  }
}
