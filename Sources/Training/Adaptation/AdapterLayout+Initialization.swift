import Execution
public import LanguageModels

extension AdapterLayout {
  /// Fills a run with the numbers that training begins with; a model with a fresh LoRA or fresh
  /// bottleneck adapters computes what it computed without.
  ///
  /// A is uniform within ±1 / √columns and B is 0, as PEFT has them (Hu et al. 2021 draw A from a
  /// normal distribution). The down projection of a bottleneck is normal with deviation 0.01, its up
  /// projection 0 (Houlsby et al. 2019). A prefix is normal with deviation 0.5: near enough to what
  /// keys and values of texts are for the gradient to tell positions apart. Every tensor has a stream
  /// of its own, named by the tensor.
  public func initialize(_ numbers: UnsafeMutableBufferPointer<Float>, seed: UInt64) {
    for tensor in tensors {
      let run = UnsafeMutableBufferPointer(
        rebasing: numbers[tensor.offset..<tensor.offset + tensor.count])
      var stream = RandomStream(seed: seed, purpose: "initial adapter/\(tensor.name)")
      if tensor.name.hasSuffix(".lora_A.weight") {
        let bound = 1 / Double(tensor.shape.last ?? 1).squareRoot()
        for index in run.indices { run[index] = Float(bound * (2 * stream.uniform() - 1)) }
      } else if tensor.name.hasSuffix(".down.weight") {
        stream.fillNormal(run, deviation: 0.01)
      } else if tensor.name.hasSuffix(".prefix.weight") {
        stream.fillNormal(run, deviation: 0.5)
      } else {
        run.update(repeating: 0)
      }
    }
  }
}
