/// How a replayed output compares with the saved one.
package enum ReplayOutcome: Int, Sendable, Comparable {
  /// Byte for byte.
  case same
  /// Numbers differ within print precision, or within the replayed interval.
  case within
  case drifted

  package static func < (a: ReplayOutcome, b: ReplayOutcome) -> Bool { a.rawValue < b.rawValue }

  package var word: String {
    switch self {
    case .same: "same"
    case .within: "within"
    case .drifted: "drifted"
    }
  }
}

/// Compares two bodies: text and counts exactly, scores within print precision, scores that
/// depend on a seed within the replayed interval, verdicts by word.
package enum ReplayComparison {
  package static func compare(saved: String, replayed: String, isSeeded: Bool) -> ReplayOutcome {
    if saved == replayed { return .same }
    let before = tokens(of: withoutAssetDigests(saved))
    let after = tokens(of: withoutAssetDigests(replayed))
    guard before.count == after.count else { return .drifted }
    var index = 0
    while index < before.count {
      switch (before[index], after[index]) {
      case (.text(let a), .text(let b)):
        if a != b { return .drifted }
      case (.number(let a), .number(let b)):
        if a.text != b.text {
          let interval = isSeeded ? interval(in: after, at: index) : nil
          let fits = interval.map { $0.contains(a.value) } ?? false
          if !fits, !a.isWithinPrecision(of: b) { return .drifted }
          // The ends of an interval move with its middle.
          if fits { index += 4 }
        }
      default: return .drifted
      }
      index += 1
    }
    return .within
  }

  package struct Number: Hashable {
    let text: String
    let value: Double
    /// Digits behind the point; none for a count.
    let decimals: Int

    /// A count has to be equal; a score may be off by one in its last digit.
    func isWithinPrecision(of other: Number) -> Bool {
      let places = min(decimals, other.decimals)
      guard places > 0 else { return value == other.value }
      var unit = 1.0
      for _ in 0..<places { unit /= 10 }
      return abs(value - other.value) <= unit * 1.000001
    }
  }

  package enum Token: Hashable {
    case text(String)
    case number(Number)
  }

  /// A body in numbers and what stands between them.
  package static func tokens(of body: String) -> [Token] {
    var tokens: [Token] = []
    var text = ""
    var word = ""
    func isWord(_ character: Character) -> Bool {
      character.isLetter || character.isNumber || "._-+/".contains(character)
    }
    func flush() {
      guard !word.isEmpty else { return }
      // A point or comma at the end belongs to the sentence.
      var tail = ""
      while let last = word.last, last == "." || last == "-" {
        tail = String(last) + tail
        word.removeLast()
      }
      if let value = Double(word), value.isFinite, word.first?.isLetter == false {
        if !text.isEmpty { tokens.append(.text(text)) }
        text = tail
        let decimals =
          word.split(separator: ".", maxSplits: 1).dropFirst().first
          .map { $0.prefix { $0.isNumber }.count } ?? 0
        tokens.append(.number(Number(text: word, value: value, decimals: decimals)))
      } else {
        text += word + tail
      }
      word = ""
    }
    for character in body {
      if isWord(character) {
        word.append(character)
      } else {
        flush()
        text.append(character)
      }
    }
    flush()
    if !text.isEmpty { tokens.append(.text(text)) }
    return tokens
  }

  /// The interval `[low, high]` that follows a number.
  private static func interval(in tokens: [Token], at index: Int) -> ClosedRange<Double>? {
    guard index + 4 < tokens.count, case .text(let open) = tokens[index + 1],
      open.hasSuffix("["), open.allSatisfy({ $0 == " " || $0 == "\\" || $0 == "[" }),
      case .number(let low) = tokens[index + 2],
      case .text(let comma) = tokens[index + 3], comma == ", ",
      case .number(let high) = tokens[index + 4], low.value <= high.value
    else { return nil }
    return low.value...high.value
  }

  /// What a plot draws is compared through the numbers beside it, so the digest of its content
  /// leaves the name of its file: `nb.assets/curve-0123456789ab.svg` is `nb.assets/curve.svg`.
  private static func withoutAssetDigests(_ body: String) -> String {
    let pieces = TableOperations.split(body, at: ".assets/")
    return pieces.dropFirst().reduce(pieces[0]) { text, piece in
      let name = piece.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
      guard let dash = name.lastIndex(of: "-") else { return text + ".assets/" + piece }
      let ending = name[dash...].dropFirst().drop(while: \.isHexDigit)
      return text + ".assets/" + name[..<dash] + ending + piece[name.endIndex...]
    }
  }
}
