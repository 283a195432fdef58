/// Random programs for properties, the same for a seed on every machine.
struct RandomPrograms {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  mutating func pick(_ words: [String]) -> String { words[next(words.count)] }

  mutating func name() -> String {
    pick(["a", "b", "alpha", "report", "a_rather_long_name_for_a_value", "größe"])
  }

  // MARK: Expressions, fully in parentheses or not

  /// Text of a random expression, as a list of tokens between which any space may stand.
  mutating func expression(_ depth: Int) -> [String] {
    if depth <= 0 { return atom() }
    switch next(14) {
    case 0: return ["("] + expression(depth - 1) + [")"]
    case 1:
      return ["("] + expression(depth - 1) + [
        pick(["+", "-", "*", "/", "%", "==", "<", "and", "or"])
      ]
        + expression(depth - 1) + [")"]
    case 2: return atom() + [pick(["+", "-", "*", "%"])] + expression(depth - 1)
    case 3: return ["(", "-"] + atom() + [")"]
    case 4: return ["(", "not"] + expression(depth - 1) + [")"]
    case 5:
      return ["(", "if"] + expression(depth - 1) + ["then"] + expression(depth - 1) + ["else"]
        + expression(depth - 1) + [")"]
    case 6: return ["["] + elements(depth) + ["]"]
    case 7: return comprehension(depth)
    case 8: return ["{"] + fields(depth, labels: true) + ["}"]
    case 9: return [name(), "("] + fields(depth, labels: false) + [")"]
    case 10: return [name(), ".", pick(["x", "from", "mean"])]
    case 11: return [name(), "["] + expression(depth - 1) + ["]"]
    case 12: return ["("] + atom() + ["..."] + atom() + [")"]
    default: return ["\"t {" + expression(depth - 1).joined(separator: " ") + "} \\\"\\{\""]
    }
  }

  private mutating func atom() -> [String] {
    switch next(6) {
    case 0: return [pick(["0", "1", "0.5", "3e-4", "12345", "0.50"])]
    case 1: return [pick(["\"\"", "\"text\"", "\"\\n\\u{41}#\""])]
    case 2: return [pick(["true", "false", "none"])]
    default: return [name()]
    }
  }

  private mutating func elements(_ depth: Int) -> [String] {
    var result: [String] = []
    let count = next(4)
    for index in 0..<count {
      result += expression(depth - 1)
      if index + 1 < count || next(2) == 0 { result.append(",") }
    }
    return result
  }

  private mutating func fields(_ depth: Int, labels: Bool) -> [String] {
    var result: [String] = []
    let count = next(4)
    for index in 0..<count {
      if labels || next(2) == 0 { result += ["k\(index)", ":"] }
      result += expression(depth - 1)
      if index + 1 < count || next(2) == 0 { result.append(",") }
    }
    return result
  }

  private mutating func comprehension(_ depth: Int) -> [String] {
    var result = ["["] + expression(depth - 1)
    for _ in 0...next(2) { result += ["for", "i", "in"] + expression(depth - 1) }
    if next(2) == 0 { result += ["if"] + expression(depth - 1) }
    if next(3) == 0 { result += ["from", "now", "="] + expression(depth - 1) }
    return result + ["]"]
  }

  // MARK: Programs

  /// Tokens of a random statement.
  mutating func statement(_ depth: Int) -> [String] {
    switch next(6) {
    case 0:
      var result = ["f", "(", "x", ",", "y", ")", "="] + expression(depth)
      if next(2) == 0 {
        result += ["where", "z", "="] + expression(1) + [",", "w", "="] + expression(1)
      }
      return result
    case 1: return ["param", "k", "="] + atom() + ["in", "["] + elements(1) + ["]"]
    case 2:
      var result = [pick(["claim", "predict"])] + expression(depth)
      if next(2) == 0 { result += ["by", "0.1"] }
      if next(2) == 0 { result += [":", "\"a text\""] }
      return result
    case 3: return expression(depth)
    default: return [name(), "="] + expression(depth)
    }
  }

  /// A program whose tokens are separated by random spaces, line breaks and comments, which do not
  /// change what it means. The comments are returned as well.
  mutating func program(_ statements: [[String]]) -> (text: String, comments: [String]) {
    var text = ""
    var comments: [String] = []
    func comment(_ text: inout String) {
      let words = "# c\(comments.count)"
      comments.append(words)
      text += words
    }
    for statement in statements {
      while next(4) == 0 {
        if next(2) == 0 { comment(&text) }
        text += "\n"
      }
      for (index, token) in statement.enumerated() {
        if index > 0 {
          switch next(12) {
          case 0: text += "\n  "
          case 1:
            text += " "
            comment(&text)
            text += "\r\n\t"
          case 2:
            text += "\n "
            comment(&text)
            text += "\n    "
          case 3: text += "   "
          default: text += " "
          }
        }
        text += token
      }
      if next(4) == 0 {
        text += " "
        comment(&text)
      }
      text += "\n"
    }
    return (text, comments)
  }
}
