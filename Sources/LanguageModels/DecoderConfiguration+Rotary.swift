import Glibc
import Tensors

extension DecoderConfiguration {
  /// The D/2 rotary angles of one step, in radians, stretched where the configuration says so.
  ///
  /// Llama 3.1's stretching, as `transformers` computes it: wavelengths longer than
  /// `originalContext / lowFrequencyFactor` are divided by the factor, shorter ones than
  /// `originalContext / highFrequencyFactor` kept, those between blended linearly.
  public var rotaryFrequencies: [Double] {
    let plain = RotaryTable.frequencies(base: ropeBase, dimension: headDimension)
    guard let scaling = ropeScaling else { return plain }
    let context = Double(scaling.originalContext)
    let low = scaling.lowFrequencyFactor
    let high = scaling.highFrequencyFactor
    return plain.map { frequency in
      let wavelength = 2 * Double.pi / frequency
      if wavelength > context / low { return frequency / scaling.factor }
      if wavelength < context / high { return frequency }
      let smooth = (context / wavelength - low) / (high - low)
      return (1 - smooth) * frequency / scaling.factor + smooth * frequency
    }
  }
}
