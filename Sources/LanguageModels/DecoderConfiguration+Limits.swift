/// Why no model has this shape.
public enum DecoderConfigurationError: Error, Hashable, Sendable {
  /// A number is outside what a model can have.
  case outOfRange(name: String, got: Int, allowed: ClosedRange<Int>)
  /// A number has to divide another.
  case notDivisible(name: String, got: Int, by: String, of: Int)
  /// A real number that has to be finite and positive is not.
  case notPositive(name: String, got: Double)
  /// A token id that the vocabulary does not have.
  case tokenOutOfRange(name: String, got: Int, vocabulary: Int)
  /// All weights together are more than can be addressed.
  case tooLarge
}

extension DecoderConfigurationError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .outOfRange(let name, let got, let allowed):
      "\(name) is \(got); it has to be between \(allowed.lowerBound) and \(allowed.upperBound)"
    case .notDivisible(let name, let got, let by, let divisor):
      "\(name) is \(got), which is no multiple of \(by) (\(divisor))"
    case .notPositive(let name, let got):
      "\(name) is \(got); it has to be a positive number"
    case .tokenOutOfRange(let name, let got, let vocabulary):
      "\(name) is \(got), but the vocabulary has tokens 0 to \(vocabulary - 1)"
    case .tooLarge: "the weights would be more than 1 TB"
    }
  }
}

extension DecoderConfiguration {
  /// Checks that a model of this shape can exist and that no size computed from it overflows.
  ///
  /// - Throws: The first thing that no model can have.
  public func validate() throws(DecoderConfigurationError) {
    func check(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>)
      throws(DecoderConfigurationError)
    {
      guard allowed.contains(value) else {
        throw .outOfRange(name: name, got: value, allowed: allowed)
      }
    }
    try check("the vocabulary", vocabularySize, 1...4_000_000)
    try check("the width", width, 1...65_536)
    try check("the number of layers", layers, 1...1_000)
    try check("the number of heads", heads, 1...1_024)
    try check("the number of key/value heads", keyValueHeads, 1...heads)
    try check("the head dimension", headDimension, 2...1_024)
    try check("the feed-forward width", feedForwardWidth, 1...1_048_576)
    try check("the context", context, 1...16_777_216)
    guard heads % keyValueHeads == 0 else {
      throw .notDivisible(
        name: "the number of heads", got: heads, by: "the number of key/value heads",
        of: keyValueHeads)
    }
    guard headDimension % 2 == 0 else {
      throw .notDivisible(name: "the head dimension", got: headDimension, by: "two", of: 2)
    }
    for (name, value) in [
      ("the base of the rotary angles", ropeBase), ("the norm's epsilon", normEpsilon),
    ] where !(value.isFinite && value > 0) {
      throw .notPositive(name: name, got: value)
    }
    if let scaling = ropeScaling {
      for (name, value) in [
        ("the rotary factor", scaling.factor),
        ("the rotary low frequency factor", scaling.lowFrequencyFactor),
        ("the rotary high frequency factor", scaling.highFrequencyFactor),
        // The blend between the two is divided by their difference.
        (
          "the rotary high frequency factor less the low one",
          scaling.highFrequencyFactor - scaling.lowFrequencyFactor
        ),
      ] where !(value.isFinite && value > 0) {
        throw .notPositive(name: name, got: value)
      }
      try check("the rotary original context", scaling.originalContext, 1...16_777_216)
    }
    for (name, token) in [("the first token", beginToken)].compactMap({ name, token in
      token.map { (name, $0) }
    }) + endTokens.map({ ("the last token", $0) })
    where token < 0 || Int(token) >= vocabularySize {
      throw .tokenOutOfRange(name: name, got: Int(token), vocabulary: vocabularySize)
    }
    // With the limits above no product overflows 64 bits.
    guard parameterCount <= 1 << 38 else { throw .tooLarge }
  }

  /// How many weights a model of this shape has.
  public var parameterCount: Int {
    let attention = projectionWidth * width + (hasQueryKeyValueBias ? projectionWidth : 0)
    let layer = attention + queryWidth * width + 3 * feedForwardWidth * width + 2 * width
    return vocabularySize * width * (tiesEmbeddings ? 1 : 2) + layers * layer + width
  }
}
