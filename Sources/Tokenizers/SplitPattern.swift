/// How a text falls into words before tokens are looked for; a token never spans two words.
///
/// The three named patterns are known by the regular expression that files write for them and
/// are matched by hand-written scanners.
public enum SplitPattern: String, Hashable, Sendable, CaseIterable {
  /// GPT-2 (Radford et al. 2019): contractions, letters, digits and other characters with one
  /// space before them, white space.
  case gpt2
  /// Llama 3: contractions in any case, one character before letters, up to three digits,
  /// line breaks with what is before them.
  case llama3
  /// Qwen2: as Llama 3 with single digits.
  case qwen2

  /// The regular expression, as `tokenizer.json` files spell it.
  package var expression: String {
    switch self {
    case .gpt2: #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    case .llama3: Self.llamaHead + #"\p{N}{1,3}"# + Self.llamaTail
    case .qwen2: Self.llamaHead + #"\p{N}"# + Self.llamaTail
    }
  }

  private static let llamaHead = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"#
  private static let llamaTail = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
}

/// Finds where words end.
protocol WordScanner {
  /// The end of the word that begins at `at`, which is below `end`; the text ends at `end`.
  /// Always past `at`.
  static func wordEnd(
    _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup
  ) -> Int
}

/// ``SplitPattern/gpt2``.
enum GPT2Scanner: WordScanner {
  @inline(__always)
  static func wordEnd(
    _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup
  ) -> Int {
    let first = bytes[at]
    if first == UInt8(ascii: "'") {
      let length = contraction(bytes, at, end)
      if length > 0 { return at &+ length }
    }
    let start = first == 0x20 ? at &+ 1 : at
    if start < end {
      let (kind, length) = classified(bytes, start, end, classes)
      if kind < ScalarClass.space {
        return runEnd(bytes, start &+ length, end, classes, kind)
      }
    }
    return spaceEnd(bytes, at, end, classes).end
  }

  /// The length of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at `at`, or 0.
  @inline(__always)
  private static func contraction(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> Int {
    guard at &+ 1 < end else { return 0 }
    switch bytes[at &+ 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return at &+ 2 < end && bytes[at &+ 2] == UInt8(ascii: "e") ? 3 : 0
    case UInt8(ascii: "l"): return at &+ 2 < end && bytes[at &+ 2] == UInt8(ascii: "l") ? 3 : 0
    default: return 0
    }
  }
}

/// ``SplitPattern/llama3``.
enum Llama3Scanner: WordScanner {
  @inline(__always)
  static func wordEnd(
    _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup
  ) -> Int {
    llamaWordEnd(bytes, at, end, classes, digits: 3)
  }
}

/// ``SplitPattern/qwen2``.
enum Qwen2Scanner: WordScanner {
  @inline(__always)
  static func wordEnd(
    _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup
  ) -> Int {
    llamaWordEnd(bytes, at, end, classes, digits: 1)
  }
}

@inline(__always)
private func llamaWordEnd(
  _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup, digits: Int
) -> Int {
  if bytes[at] == UInt8(ascii: "'") {
    let length = anyCaseContraction(bytes, at, end)
    if length > 0 { return at &+ length }
  }
  let (first, firstLength) = classified(bytes, at, end, classes)
  let next = at &+ firstLength
  switch first {
  case ScalarClass.letter: return runEnd(bytes, next, end, classes, ScalarClass.letter)
  case ScalarClass.number:
    var position = next
    var count = 1
    while count < digits, position < end {
      let (kind, length) = classified(bytes, position, end, classes)
      if kind != ScalarClass.number { break }
      position &+= length
      count &+= 1
    }
    return position
  case ScalarClass.newline: return llamaSpaceEnd(bytes, at, end, classes)
  default: break
  }
  if next < end {
    let (second, length) = classified(bytes, next, end, classes)
    if second == ScalarClass.letter {
      return runEnd(bytes, next &+ length, end, classes, ScalarClass.letter)
    }
    if first == ScalarClass.space {
      guard bytes[at] == 0x20, second == ScalarClass.other else {
        return llamaSpaceEnd(bytes, at, end, classes)
      }
    }
  } else if first == ScalarClass.space {
    return next
  }
  var position = runEnd(bytes, next, end, classes, ScalarClass.other)
  while position < end, bytes[position] == 0x0A || bytes[position] == 0x0D { position &+= 1 }
  return position
}

/// `\s*[\r\n]+|\s+(?!\S)|\s+`.
private func llamaSpaceEnd(
  _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup
) -> Int {
  let run = spaceEnd(bytes, at, end, classes)
  return run.afterNewline > at ? run.afterNewline : run.end
}

/// The length of a contraction in any case at `at`, or 0. The long s (U+017F) folds to `s`.
@inline(__always)
private func anyCaseContraction(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> Int {
  guard at &+ 1 < end else { return 0 }
  let first = bytes[at &+ 1]
  if first == 0xC5 { return at &+ 2 < end && bytes[at &+ 2] == 0xBF ? 3 : 0 }
  let second = at &+ 2 < end ? bytes[at &+ 2] | 0x20 : 0
  switch first | 0x20 {
  case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
  case UInt8(ascii: "r"), UInt8(ascii: "v"): return second == UInt8(ascii: "e") ? 3 : 0
  case UInt8(ascii: "l"): return second == UInt8(ascii: "l") ? 3 : 0
  default: return 0
  }
}

/// The class of the scalar at `at` and its length in bytes.
@inline(__always)
func classified(
  _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup
) -> (kind: UInt8, length: Int) {
  let kind = classes.ascii(bytes[at])
  if kind != ScalarClass.several { return (kind, 1) }
  let (value, length) = decodedScalar(bytes, at, end)
  return (classes.entry(value) & ScalarClass.mask, length)
}

/// The end of the run of scalars of one class that goes on at `at`.
@inline(__always)
func runEnd(
  _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup,
  _ kind: UInt8
) -> Int {
  var position = at
  while position < end {
    let found = classes.ascii(bytes[position])
    if found == kind {
      position &+= 1
    } else if found == ScalarClass.several {
      let (value, length) = decodedScalar(bytes, position, end)
      if classes.entry(value) & ScalarClass.mask != kind { return position }
      position &+= length
    } else {
      return position
    }
  }
  return position
}

/// `\s+(?!\S)|\s+`: the whole run where the text ends with it, else the run without its last
/// scalar, unless that is the only one. `afterNewline` is where the last line break of the run
/// ends, or `at`.
///
/// The run is not empty.
private func spaceEnd(
  _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup
) -> (end: Int, afterNewline: Int) {
  var position = at
  var last = at
  var afterNewline = at
  while position < end {
    let (kind, length) = classified(bytes, position, end, classes)
    guard kind >= ScalarClass.space else {
      return (last > at ? last : position, afterNewline)
    }
    last = position
    position &+= length
    if kind == ScalarClass.newline { afterNewline = position }
  }
  return (position, afterNewline)
}
