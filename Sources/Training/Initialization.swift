import Execution
import Glibc
public import LanguageModels

extension DecoderLayout {
  /// Fills a run with the weights that training begins with: norms 1, biases 0, matrices normal
  /// with deviation 0.02, those that write to the residual stream narrower by 1 / sqrt(2 L)
  /// (Radford et al. 2019).
  ///
  /// Every tensor has a random stream of its own, named by the tensor: the number of layers, say,
  /// does not change what an earlier tensor gets.
  public func initialize(_ weights: UnsafeMutableBufferPointer<Float>, seed: UInt64) {
    let residual = 0.02 / (2 * Double(configuration.layers)).squareRoot()
    for tensor in tensors {
      let run = UnsafeMutableBufferPointer(
        rebasing: weights[tensor.offset..<tensor.offset + tensor.count])
      if tensor.name.hasSuffix("norm.weight") {
        run.update(repeating: 1)
      } else if tensor.name.hasSuffix(".bias") {
        run.update(repeating: 0)
      } else {
        let writesResidual =
          tensor.name.hasSuffix("o_proj.weight") || tensor.name.hasSuffix("down_proj.weight")
        var stream = RandomStream(seed: seed, purpose: "initial weights/\(tensor.name)")
        stream.fillNormal(run, deviation: writesResidual ? residual : 0.02)
      }
    }
  }
}

extension RandomStream {
  /// Normal numbers in pairs (Box and Muller 1958).
  mutating func fillNormal(_ run: UnsafeMutableBufferPointer<Float>, deviation: Double) {
    for index in stride(from: 0, to: run.count, by: 2) {
      // 1 - u lies in (0, 1], so the logarithm is finite.
      let radius = deviation * (-2 * log(1 - uniform())).squareRoot()
      let angle = 2 * Double.pi * uniform()
      run[index] = Float(radius * cos(angle))
      if index + 1 < run.count { run[index + 1] = Float(radius * sin(angle)) }
    }
  }
}
