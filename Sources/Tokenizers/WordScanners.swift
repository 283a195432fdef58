/// The whole text is one word.
enum WholeScanner: WordScanner {
  static func wordEnd(
    _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup
  ) -> Int { end }
}

/// Hugging Face's `Whitespace`: runs of `\w`, and runs of what is neither that nor white space.
/// White space comes out as words of its own, which the caller drops.
enum WhitespaceScanner: WordScanner {
  static func wordEnd(
    _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup
  ) -> Int {
    runEndByKind(bytes, at, end, classes) { entry in
      entry & ScalarClass.word != 0 ? 2 : entry & ScalarClass.mask >= ScalarClass.space ? 1 : 0
    }
  }
}

/// Hugging Face's `WhitespaceSplit`: runs of what is not white space.
/// White space comes out as words of its own, which the caller drops.
enum WhitespaceSplitScanner: WordScanner {
  static func wordEnd(
    _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup
  ) -> Int {
    runEndByKind(bytes, at, end, classes) { entry in
      entry & ScalarClass.mask >= ScalarClass.space ? 1 : 0
    }
  }
}

@inline(__always)
private func runEndByKind(
  _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ classes: ScalarClass.Lookup,
  _ kind: (UInt8) -> Int
) -> Int {
  let (first, length) = decodedScalar(bytes, at, end)
  let wanted = kind(classes.entry(first))
  var position = at &+ length
  while position < end {
    let (value, length) = decodedScalar(bytes, position, end)
    if kind(classes.entry(value)) != wanted { return position }
    position &+= length
  }
  return position
}
