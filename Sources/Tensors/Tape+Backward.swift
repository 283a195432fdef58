import CKernels

/// One operation that gradients flow back through.
enum Node {
  case linear(x: Variable, weight: Variable, bias: Variable?, residual: Variable?, result: Variable)
  case rmsNorm(
    x: Variable, weight: Variable, inverse: UnsafeMutablePointer<Float>, result: Variable)
  case swiglu(gateUp: Variable, result: Variable)
  case embedding(table: Variable, tokens: UnsafePointer<Int32>, result: Variable)
  case attention(AttentionNode)
  case layerNorm(LayerNormNode)
  case gelu(x: Variable, form: GELUForm, result: Variable)
  case add(a: Variable, b: Variable, result: Variable)
  case scaled(x: Variable, factor: Float, result: Variable)
  case logSoftmax(x: Variable, result: Variable)
  case normalize(x: Variable, inverse: UnsafeMutablePointer<Float>, result: Variable)
  case cosine(CosineNode)
  case meanPooling(x: Variable, bounds: UnsafePointer<Int32>, result: Variable)
  case rows(x: Variable, start: Int, result: Variable)
  case columns(parts: [Variable], result: Variable)
  case stack(parts: [Variable], result: Variable)
  case lowRank(LowRankNode)
  case prefixAttention(PrefixAttentionNode)
}

extension Tape {
  /// Lets gradients flow from a scalar (1 × 1) to everything that it was computed from.
  ///
  /// Gradients of parameters are added to where they were declared.
  public func backward(from loss: Variable) throws {
    let slot = try slot(loss, "backward")
    try expect(slot.count == 1, "backward", "the loss", "1 × 1", slot.shape)
    if slot.needsGradient, !slot.isParameter {
      let gradient = claimGradient(loss)
      gradient.pointer[0] = gradient.accumulates ? gradient.pointer[0] + 1 : 1
    }
    try backward()
  }

  /// Lets the gradients that losses have left (see ``crossEntropy(_:head:labels:scale:)``) flow on.
  public func backward() throws {
    for node in nodes.reversed() {
      try check()
      switch node {
      case .linear(let x, let weight, let bias, let residual, let result):
        backLinear(x, weight, bias, residual, result)
      case .rmsNorm(let x, let weight, let inverse, let result):
        backRMSNorm(x, weight, inverse, result)
      case .swiglu(let gateUp, let result): backSwiGLU(gateUp, result)
      case .embedding(let table, let tokens, let result): backEmbedding(table, tokens, result)
      case .attention(let node): try backAttention(node)
      case .layerNorm(let node): backLayerNorm(node)
      case .gelu(let x, let form, let result): backGELU(x, form, result)
      case .add(let a, let b, let result): backAdd(a, b, result)
      case .scaled(let x, let factor, let result): backScaled(x, factor, result)
      case .logSoftmax(let x, let result): backLogSoftmax(x, result)
      case .normalize(let x, let inverse, let result): backNormalize(x, inverse, result)
      case .cosine(let node): backCosine(node)
      case .meanPooling(let x, let bounds, let result): backMeanPooling(x, bounds, result)
      case .rows(let x, let start, let result): backRows(x, start, result)
      case .columns(let parts, let result): backColumns(parts, result)
      case .stack(let parts, let result): backStack(parts, result)
      case .lowRank(let node): backLowRank(node)
      case .prefixAttention(let node): try backPrefixAttention(node)
      }
    }
    nodes.removeAll(keepingCapacity: true)
  }

  /// Where a gradient goes, and whether something is there that has to be added to.
  func claimGradient(
    _ variable: Variable
  ) -> (pointer: UnsafeMutablePointer<Float>, accumulates: Bool) {
    let slot = slots[variable.index]
    if let gradient = slot.gradient { return (gradient, true) }
    let gradient = arena.take(slot.count)
    slots[variable.index].gradient = gradient
    return (gradient, false)
  }

  /// The gradient of a result, nil where nothing flowed to it.
  func incoming(_ result: Variable) -> UnsafeMutablePointer<Float>? {
    slots[result.index].gradient
  }

  /// Ends a result's part: its gradient and its value are of no more use.
  func finish(_ result: Variable) {
    let slot = slots[result.index]
    slots[result.index].isConsumed = true
    if let gradient = slot.gradient { arena.giveBack(gradient, slot.count) }
    slots[result.index].gradient = nil
    arena.giveBack(slot.value, slot.count)
  }

  /// Ends a result whose gradient is also that of `target`: it is handed over where none is there
  /// yet, else added.
  func finish(_ result: Variable, passingGradientTo target: Variable) {
    let slot = slots[result.index]
    guard let gradient = slot.gradient, slots[target.index].needsGradient else {
      return finish(result)
    }
    if let present = slots[target.index].gradient {
      ck_axpy(Int64(slot.count), 1, gradient, present)
      return finish(result)
    }
    slots[target.index].gradient = gradient
    slots[result.index].gradient = nil
    slots[result.index].isConsumed = true
    arena.giveBack(slot.value, slot.count)
  }
}
