import CKernels

extension Tape {
  /// Matrices side by side: [R, C₁], [R, C₂], … → [R, C₁ + C₂ + …]. O(R ΣC).
  ///
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` where the rows differ in
  ///   number, or nothing is given.
  public func concatenate(columns parts: [Variable]) throws -> Variable {
    try check()
    let sources = try parts.map { try slot($0, "concatenate") }
    let rows = sources.first?.rows ?? 0
    try expect(!parts.isEmpty, "concatenate", "the list", "at least one matrix", "empty")
    for source in sources {
      try expect(
        source.rows == rows, "concatenate", "a part", "a matrix of \(rows) rows", source.shape)
    }
    let width = sources.reduce(0) { $0 + $1.columns }
    let result = make(rows, width, needsGradient: sources.contains(where: \.needsGradient))
    var target = slots[result.index].value
    for source in sources {
      for row in 0..<rows {
        (target + row * width).update(
          from: source.value + row * source.columns, count: source.columns)
      }
      target += source.columns
    }
    record(.columns(parts: parts, result: result), result)
    return result
  }

  func backColumns(_ parts: [Variable], _ result: Variable) {
    guard var dy = incoming(result) else { return finish(result) }
    let output = slots[result.index]
    for part in parts {
      let columns = slots[part.index].columns
      if slots[part.index].needsGradient {
        let target = claimGradient(part)
        for row in 0..<output.rows {
          let (from, to) = (dy + row * output.columns, target.pointer + row * columns)
          if target.accumulates {
            ck_axpy(Int64(columns), 1, from, to)
          } else {
            to.update(from: from, count: columns)
          }
        }
      }
      dy += columns
    }
    finish(result)
  }

  /// Matrices one below the other: [R₁, C], [R₂, C], … → [R₁ + R₂ + …, C]. O(C ΣR).
  ///
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` where the columns differ in
  ///   number, or nothing is given.
  public func concatenate(rows parts: [Variable]) throws -> Variable {
    try check()
    let sources = try parts.map { try slot($0, "concatenate") }
    let columns = sources.first?.columns ?? 0
    try expect(!parts.isEmpty, "concatenate", "the list", "at least one matrix", "empty")
    for source in sources {
      try expect(
        source.columns == columns, "concatenate", "a part", "a matrix of \(columns) columns",
        source.shape)
    }
    let result = make(
      sources.reduce(0) { $0 + $1.rows }, columns,
      needsGradient: sources.contains(where: \.needsGradient))
    var target = slots[result.index].value
    for source in sources {
      target.update(from: source.value, count: source.count)
      target += source.count
    }
    record(.stack(parts: parts, result: result), result)
    return result
  }

  func backStack(_ parts: [Variable], _ result: Variable) {
    guard var dy = incoming(result) else { return finish(result) }
    for part in parts {
      if slots[part.index].needsGradient { addGradient(dy, to: part) }
      dy += slots[part.index].count
    }
    finish(result)
  }
}
