import CKernels

extension Tape {
  /// The mean of each sequence's rows: x [R, C] → [S, C]. O(R C).
  ///
  /// - Parameters:
  ///   - x: [R, C], sequences one after the other.
  ///   - starts: The first row of each of the S sequences, ascending from 0.
  /// - Returns: [S, C]
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` where the starts do not
  ///   ascend from 0 within the rows.
  public func meanPooling(_ x: Variable, starts: [Int]) throws -> Variable {
    try check()
    let input = try slot(x, "meanPooling")
    try expect(
      starts.first == 0 && starts.last.map { $0 < input.rows } == true
        && zip(starts, starts.dropFirst()).allSatisfy(<), "meanPooling", "the starts",
      "ascending rows from 0 below \(input.rows)", "\(starts.prefix(8))")
    let bounds = UnsafeMutableRawPointer(arena.take(starts.count + 1))
      .bindMemory(to: Int32.self, capacity: starts.count + 1)
    for (index, start) in starts.enumerated() { bounds[index] = Int32(start) }
    bounds[starts.count] = Int32(input.rows)
    let result = make(starts.count, input.columns, needsGradient: input.needsGradient)
    let output = slots[result.index].value
    for sequence in 0..<starts.count {
      let target = output + sequence * input.columns
      let (start, end) = (Int(bounds[sequence]), Int(bounds[sequence + 1]))
      target.update(from: input.value + start * input.columns, count: input.columns)
      for row in start + 1..<end {
        ck_axpy(Int64(input.columns), 1, input.value + row * input.columns, target)
      }
      ck_scale(Int64(input.columns), 1 / Float(end - start), target, target)
    }
    record(.meanPooling(x: x, bounds: UnsafePointer(bounds), result: result), result)
    return result
  }

  func backMeanPooling(_ x: Variable, _ bounds: UnsafePointer<Int32>, _ result: Variable) {
    guard let dy = incoming(result) else { return finish(result) }
    let output = slots[result.index]
    let target = claimGradient(x)
    for sequence in 0..<output.rows {
      let (start, end) = (Int(bounds[sequence]), Int(bounds[sequence + 1]))
      let gradient = dy + sequence * output.columns
      let share = 1 / Float(end - start)
      for row in start..<end {
        let place = target.pointer + row * output.columns
        if target.accumulates {
          ck_axpy(Int64(output.columns), share, gradient, place)
        } else {
          ck_scale(Int64(output.columns), share, gradient, place)
        }
      }
    }
    finish(result)
  }

  /// The rows `start..<end`: x [R, C] → [end - start, C]. O((end - start) C).
  ///
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` where there are no such rows.
  public func rows(_ x: Variable, from start: Int, to end: Int) throws -> Variable {
    try check()
    let input = try slot(x, "rows")
    try expect(
      start >= 0 && start <= end && end <= input.rows, "rows", "the range",
      "within 0..<\(input.rows)", "\(start)..<\(end)")
    let result = make(end - start, input.columns, needsGradient: input.needsGradient)
    let output = slots[result.index]
    output.value.update(from: input.value + start * input.columns, count: output.count)
    record(.rows(x: x, start: start, result: result), result)
    return result
  }

  func backRows(_ x: Variable, _ start: Int, _ result: Variable) {
    guard let dy = incoming(result) else { return finish(result) }
    let output = slots[result.index]
    let target = claim(x)
    ck_axpy(Int64(output.count), 1, dy, target + start * output.columns)
    finish(result)
  }

  /// The rows at `indices`, in their order and as often as they are named: x [R, C] → [N, C].
  /// O(N C); the gradients of a row that is named twice add up.
  ///
  /// - Throws: ``TensorError/index(operation:got:count:)`` for a row that is not there.
  public func rows(_ x: Variable, at indices: UnsafeBufferPointer<Int32>) throws -> Variable {
    try embedding(x, tokens: indices)
  }
}
