import CKernels

/// What layer normalisation keeps for the way back.
struct LayerNormNode {
  let x: Variable
  let weight: Variable
  let bias: Variable
  let result: Variable
  /// [R]
  let mean: UnsafeMutablePointer<Float>
  /// [R]: 1 / sqrt(variance + ε)
  let inverse: UnsafeMutablePointer<Float>
}

extension Tape {
  /// LayerNorm of each row (Ba et al. 2016): (x - mean) / sqrt(variance + ε) · w + b.
  /// x [R, C], weight and bias [1, C] → [R, C]. O(R C).
  ///
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` where a row has another size.
  public func layerNorm(
    _ x: Variable, weight: Variable, bias: Variable, epsilon: Double
  ) throws -> Variable {
    try check()
    let input = try slot(x, "layerNorm")
    let scale = try slot(weight, "layerNorm")
    let shift = try slot(bias, "layerNorm")
    try expect(
      scale.count == input.columns, "layerNorm", "the weight", "1 × \(input.columns)", scale.shape)
    try expect(
      shift.count == input.columns, "layerNorm", "the bias", "1 × \(input.columns)", shift.shape)
    let result = make(
      input.rows, input.columns,
      needsGradient: input.needsGradient || scale.needsGradient || shift.needsGradient)
    let node = LayerNormNode(
      x: x, weight: weight, bias: bias, result: result, mean: arena.take(input.rows),
      inverse: arena.take(input.rows))
    ck_layernorm(
      Int64(input.rows), Int64(input.columns), input.value, scale.value, shift.value,
      Float(epsilon), slots[result.index].value, node.mean, node.inverse)
    record(.layerNorm(node), result)
    return result
  }

  func backLayerNorm(_ node: LayerNormNode) {
    guard let dy = incoming(node.result) else { return finish(node.result) }
    let input = slots[node.x.index]
    let weight = slots[node.weight.index]
    let dw = weight.needsGradient ? claim(node.weight) : nil
    let db = slots[node.bias.index].needsGradient ? claim(node.bias) : nil
    let target = input.needsGradient ? claimGradient(node.x) : nil
    ck_layernorm_backward(
      Int64(input.rows), Int64(input.columns), input.value, weight.value, node.mean, node.inverse,
      dy, target?.pointer, target?.accumulates ?? false, dw, db)
    finish(node.result)
  }
}
