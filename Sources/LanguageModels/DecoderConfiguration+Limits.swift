extension DecoderConfiguration {
  /// Checks that a model of this shape can exist and that no size computed from it overflows.
  ///
  /// - Throws: The first thing that no model can have.
  public func validate() throws(ModelShapeError) {
    try ModelShapeError.check("the vocabulary", vocabularySize, 1...4_000_000)
    try ModelShapeError.check("the width", width, 1...65_536)
    try ModelShapeError.check("the number of layers", layers, 1...1_000)
    try ModelShapeError.check("the number of heads", heads, 1...1_024)
    try ModelShapeError.check("the number of key/value heads", keyValueHeads, 1...heads)
    try ModelShapeError.check("the head dimension", headDimension, 2...1_024)
    try ModelShapeError.check("the feed-forward width", feedForwardWidth, 1...1_048_576)
    try ModelShapeError.check("the context", context, 1...16_777_216)
    guard heads % keyValueHeads == 0 else {
      throw .notDivisible(
        name: "the number of heads", got: heads, by: "the number of key/value heads",
        of: keyValueHeads)
    }
    guard headDimension % 2 == 0 else {
      throw .notDivisible(name: "the head dimension", got: headDimension, by: "two", of: 2)
    }
    try ModelShapeError.checkPositive("the base of the rotary angles", ropeBase)
    try ModelShapeError.checkPositive("the norm's epsilon", normEpsilon)
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
      ] { try ModelShapeError.checkPositive(name, value) }
      try ModelShapeError.check(
        "the rotary original context", scaling.originalContext, 1...16_777_216)
    }
    for (name, token) in [("the first token", beginToken)].compactMap({ name, token in
      token.map { (name, $0) }
    }) + endTokens.map({ ("the last token", $0) })
    where token < 0 || Int(token) >= vocabularySize {
      throw .tokenOutOfRange(name: name, got: Int(token), vocabulary: vocabularySize)
    }
    // With the limits above no product overflows 64 bits.
    guard parameterCount <= 1 << 38 else { throw .tooLarge(most: "1 TB") }
  }

  /// How many weights a model of this shape has.
  public var parameterCount: Int {
    let attention = projectionWidth * width + (hasQueryKeyValueBias ? projectionWidth : 0)
    let layer = attention + queryWidth * width + 3 * feedForwardWidth * width + 2 * width
    return vocabularySize * width * (tiesEmbeddings ? 1 : 2) + layers * layer + width
  }
}
