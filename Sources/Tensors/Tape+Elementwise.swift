import CKernels

/// Which curve GELU follows.
public enum GELUForm: Hashable, Sendable {
  /// x Φ(x), as in BERT; within 1e-7 |x|.
  case exact
  /// The approximation by tanh, as in GPT-2.
  case tanh
}

extension Tape {
  /// x times the normal distribution's chance of less than x (Hendrycks and Gimpel 2016).
  /// Any shape. O(R C).
  ///
  /// - Throws: ``TensorError/consumed(operation:)`` where another operation took the memory of `x`.
  public func gelu(_ x: Variable, form: GELUForm = .exact) throws -> Variable {
    try check()
    let input = try slot(x, "gelu")
    let result = make(input.rows, input.columns, needsGradient: input.needsGradient)
    ck_gelu(Int64(input.count), form == .tanh, input.value, slots[result.index].value)
    record(.gelu(x: x, form: form, result: result), result)
    return result
  }

  func backGELU(_ x: Variable, _ form: GELUForm, _ result: Variable) {
    guard let dy = incoming(result) else { return finish(result) }
    let input = slots[x.index]
    let target = claimGradient(x)
    ck_gelu_backward(
      Int64(input.count), form == .tanh, input.value, dy, target.pointer, target.accumulates)
    finish(result)
  }

  /// a + b of the same shape. O(R C); the gradient passes to both.
  ///
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` where shapes differ.
  public func add(_ a: Variable, _ b: Variable) throws -> Variable {
    try check()
    let left = try slot(a, "add")
    let right = try slot(b, "add")
    try expect(
      left.rows == right.rows && left.columns == right.columns, "add", "the second argument",
      left.shape, right.shape)
    let result = make(
      left.rows, left.columns, needsGradient: left.needsGradient || right.needsGradient)
    ck_add(Int64(left.count), left.value, right.value, slots[result.index].value)
    record(.add(a: a, b: b, result: result), result)
    return result
  }

  func backAdd(_ a: Variable, _ b: Variable, _ result: Variable) {
    guard let dy = incoming(result) else { return finish(result) }
    guard slots[a.index].needsGradient else { return finish(result, passingGradientTo: b) }
    if slots[b.index].needsGradient { addGradient(dy, to: b) }
    finish(result, passingGradientTo: a)
  }

  /// factor · x. Any shape. O(R C).
  ///
  /// - Throws: ``TensorError/consumed(operation:)`` where another operation took the memory of `x`.
  public func scaled(_ x: Variable, by factor: Float) throws -> Variable {
    try check()
    let input = try slot(x, "scaled")
    let result = make(input.rows, input.columns, needsGradient: input.needsGradient)
    ck_scale(Int64(input.count), factor, input.value, slots[result.index].value)
    record(.scaled(x: x, factor: factor, result: result), result)
    return result
  }

  func backScaled(_ x: Variable, _ factor: Float, _ result: Variable) {
    guard let dy = incoming(result) else { return finish(result) }
    ck_scale(Int64(slots[result.index].count), factor, dy, dy)
    finish(result, passingGradientTo: x)
  }

  /// Adds `gradient`, of the variable's shape, to what has flowed to it.
  func addGradient(_ gradient: UnsafePointer<Float>, to variable: Variable) {
    let target = claimGradient(variable)
    let count = slots[variable.index].count
    if target.accumulates {
      ck_axpy(Int64(count), 1, gradient, target.pointer)
    } else {
      target.pointer.update(from: gradient, count: count)
    }
  }
}
