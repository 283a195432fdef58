import Tensors

extension DecoderConfiguration {
  /// The D / 2 angles, in radians, by which one position turns the pairs of a head.
  ///
  /// base^(-2 i / D) of the paper (Su et al. 2021); with ``ropeScaling`` stretched as
  /// transformers' `llama3` does it: wavelengths above context / low are divided by the factor,
  /// those below context / high are kept, and between them the two are blended linearly in
  /// context / wavelength.
  public var rotaryFrequencies: [Double] {
    let plain = RotaryTable.frequencies(base: ropeBase, dimension: headDimension)
    guard let scaling = ropeScaling else { return plain }
    let original = Double(scaling.originalContext)
    return plain.map { frequency in
      // How often the pair turns within the original context.
      let turns = original * frequency / (2 * .pi)
      if turns < scaling.lowFrequencyFactor { return frequency / scaling.factor }
      if turns > scaling.highFrequencyFactor { return frequency }
      let span = scaling.highFrequencyFactor - scaling.lowFrequencyFactor
      guard span > 0 else { return frequency }
      let kept = (turns - scaling.lowFrequencyFactor) / span
      return (1 - kept) * frequency / scaling.factor + kept * frequency
    }
  }
}
