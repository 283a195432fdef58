import Execution

/// Ways in which an editor, a merge or a careless hand may damage a notebook.
enum Mutation {
  private static let strange: [String] = [
    "<<<<<<< HEAD", "=======", ">>>>>>> branch", "||||||| base", "```", "````", "~~~", "```poise",
    "```poise {#a}", "<!--", "-->", "<div>", "<pre>", "# heading", "---", "> ", "- ", "\t", "",
    "<!-- poise:out a key=aaaaaaaaaaaa -->", "<!-- poise:end a sum=0000000000 -->", "\u{FEFF}",
    "<!-- poise:out new key=bbbbbbbbbbbb measured -->", "    ", "|", "[x]: y", "  ```",
  ]

  static func apply(to bytes: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    var lines = Oracle.lines(bytes)
    guard !lines.isEmpty else { return bytes }
    let markers = lines.indices.filter {
      String(decoding: lines[$0].text, as: UTF8.self).contains("poise:")
    }
    let marker = markers.isEmpty ? 0 : markers[random.below(markers.count)]
    let line = random.below(lines.count)
    let other = random.below(lines.count)
    func ending() -> [UInt8] { lines.first { !$0.ending.isEmpty }?.ending ?? [10] }
    func insert(_ text: [UInt8], at index: Int) {
      lines.insert(Oracle.Line(text: text, ending: ending()), at: index)
    }
    switch random.below(20) {
    case 0: lines.remove(at: marker)
    case 1: lines.insert(lines[marker], at: marker)
    case 2: lines.insert(lines.remove(at: marker), at: random.below(lines.count))
    case 3: insert(Array(strange[random.below(strange.count)].utf8), at: line)
    case 4: lines.remove(at: line)
    case 5: lines.insert(lines[line], at: other)
    case 6: lines.swapAt(line, other)
    case 7:
      let new: [UInt8] = [[10], [13], [13, 10]][random.below(3)]
      for index in lines.indices where !lines[index].ending.isEmpty { lines[index].ending = new }
    case 8: lines[line].ending = [[10], [13], [13, 10]][random.below(3)]
    case 9: lines[line].text.insert(contentsOf: [9], at: random.below(lines[line].text.count + 1))
    case 10: lines[line].text = [32] + lines[line].text
    case 11: lines[line].text += [32]
    case 12:
      // A fence of another length or character.
      let fences = lines.indices.filter { lines[$0].text.starts(with: "```".utf8) }
      guard !fences.isEmpty else { break }
      let index = fences[random.below(fences.count)]
      switch random.below(3) {
      case 0: lines[index].text.insert(96, at: 0)
      case 1: lines[index].text.removeFirst()
      default: lines[index].text.replaceSubrange(0..<3, with: [126, 126, 126])
      }
    case 13:
      insert(Array(">>>>>>> branch".utf8), at: max(line, other))
      insert(Array("=======".utf8), at: (line + other) / 2)
      insert(Array("<<<<<<< HEAD".utf8), at: min(line, other))
    case 14:
      let range = min(line, other)..<max(line, other)
      let block = Array(lines[range])
      lines.insert(contentsOf: block, at: random.below(lines.count))
    case 15: lines.removeSubrange(min(line, other)..<max(line, other))
    case 16: lines[0].text = [0xEF, 0xBB, 0xBF] + lines[0].text
    case 17: lines[lines.count - 1].ending = lines[lines.count - 1].ending.isEmpty ? [10] : []
    default: break
    }
    var result = lines.flatMap { $0.text + $0.ending }
    // One in twelve also gets a byte of anything: often no UTF-8.
    if random.below(12) == 0, !result.isEmpty {
      let index = random.below(result.count)
      switch random.below(4) {
      case 0: result[index] = UInt8(random.below(256))
      case 1: result.insert(UInt8(random.below(128)), at: index)
      case 2: result.remove(at: index)
      default: result.swapAt(index, random.below(result.count))
      }
    }
    return result
  }
}
