import Tensors
import Testing

@Suite("Losses")
struct LossTests {
  private func loss(
    _ logits: Matrix, _ labels: [Int], scale: Float, before: Float = 0
  ) throws -> (sum: Double, rows: Int, perRow: [Float], gradient: [Float]) {
    let tape = try Tape(recordsGradients: true)
    let variable = tape.input(rows: logits.rows, columns: logits.columns, needsGradient: true) {
      _ = $0.update(fromContentsOf: logits.floats)
    }
    if before != 0 {
      let seed = [Float](repeating: before, count: logits.values.count)
      try seed.withUnsafeBufferPointer { try tape.seed(variable, gradient: $0) }
    }
    var perRow = [Float](repeating: 9, count: logits.rows)
    let result = try labels.map(Int32.init).withUnsafeBufferPointer { labels in
      try perRow.withUnsafeMutableBufferPointer {
        try tape.softmaxCrossEntropy(variable, labels: labels, scale: scale, perRow: $0)
      }
    }
    #expect(bits(tape.values(of: variable)) == bits(logits.floats), "logits were written to")
    return (result.sum, result.rows, perRow, tape.gradient(of: variable).map { Array($0) } ?? [])
  }

  @Test(
    "cross-entropy of logits", arguments: [(1, 1), (5, 3), (4, 17), (3, 100), (2, 4113)],
    [Float(0), 3])
  func logits(_ shape: (Int, Int), before: Float) throws {
    let logits = sample(shape.0, shape.1, "logits", scale: 8)
    let labels = (0..<shape.0).map { $0 == 2 ? -1 : ($0 * 7 + 1) % shape.1 }
    let got = try loss(logits, labels, scale: 0.25, before: before)
    let expected = Reference.crossEntropy(logits, labels: labels)
    #expect(abs(got.sum - expected.reduce(0, +)) < 1e-5 * Double(shape.0))
    #expect(got.rows == labels.count { $0 >= 0 })
    #expect(distance(got.perRow.map(Double.init), expected) < 1e-6)
    let gradient = Reference.crossEntropyGradient(logits, labels: labels, scale: 0.25)
    #expect(
      distance(got.gradient.map(Double.init), gradient.values.map { $0 + Double(before) }) < 1e-6)
  }

  @Test("the reference's gradient is the slope of the reference")
  func reference() {
    var logits = sample(3, 5, "slope")
    let labels = [4, -1, 0]
    let gradient = Reference.crossEntropyGradient(logits, labels: labels, scale: 2)
    for i in logits.values.indices {
      let kept = logits.values[i]
      logits.values[i] = kept + 1e-5
      let above = Reference.crossEntropy(logits, labels: labels).reduce(0, +)
      logits.values[i] = kept - 1e-5
      let below = Reference.crossEntropy(logits, labels: labels).reduce(0, +)
      logits.values[i] = kept
      #expect(abs(gradient.values[i] - (above - below) / 1e-5) < 1e-8)
    }
  }

  @Test("logits of ten thousand in either direction")
  func extremes() throws {
    let logits = Matrix(rows: 3, columns: 19) { i, j in
      [1e4, -1e4, j == 3 ? 1e4 : -1e4][i] + Double(j % 4) * 0.5
    }
    let labels = [0, 18, 4]
    let got = try loss(logits, labels, scale: 1)
    let expected = Reference.crossEntropy(logits, labels: labels)
    for (row, loss) in got.perRow.enumerated() {
      #expect(abs(Double(loss) / expected[row] - 1) < 1e-5)
    }
    #expect(expected[2] > 19_000)
    let gradient = Reference.crossEntropyGradient(logits, labels: labels, scale: 1)
    #expect(distance(got.gradient.map(Double.init), gradient.values) < 1e-6)
  }

  @Test("nothing that is not a number passes unseen")
  func notNumbers() throws {
    for bad in [Double.nan, .infinity] {
      let logits = Matrix(rows: 1, columns: 20) { _, j in j == 17 ? bad : 0 }
      #expect(try loss(logits, [3], scale: 1).sum.isNaN)
    }
    let masked = Matrix(rows: 1, columns: 20) { _, j in j == 17 ? -.infinity : 0 }
    let got = try loss(masked, [3], scale: 1)
    #expect(abs(got.sum - Reference.crossEntropy(masked, labels: [3])[0]) < 1e-6)
    #expect(got.gradient[17] == 0)
  }

  /// Many rows of a wide head take several blocks; some are ignored, the first ones and the last.
  @Test("cross-entropy of a head", arguments: [(3, 5, 7), (9, 17, 33), (700, 8, 16400)])
  func head(_ rows: Int, _ width: Int, _ vocabulary: Int) throws {
    let x = sample(rows, width, "x")
    let head = sample(vocabulary, width, "head")
    let labels = (0..<rows).map { $0 % 4 == 0 || $0 == rows - 1 ? -1 : ($0 * 31) % vocabulary }
    let tape = try Tape(recordsGradients: true)
    let floats = head.floats
    var dHead = [Float](repeating: 0, count: floats.count)
    var perRow = [Float](repeating: 9, count: rows)
    let (sum, counted, dx) = try floats.withUnsafeBufferPointer { floats in
      try dHead.withUnsafeMutableBufferPointer { dHead in
        let input = tape.input(rows: rows, columns: width, needsGradient: true) {
          _ = $0.update(fromContentsOf: x.floats)
        }
        let values = try #require(floats.baseAddress)
        let matrix = tape.parameter(
          values, gradient: dHead.baseAddress, rows: vocabulary, columns: width)
        let result = try labels.map(Int32.init).withUnsafeBufferPointer { labels in
          try perRow.withUnsafeMutableBufferPointer {
            try tape.crossEntropy(input, head: matrix, labels: labels, scale: 0.5, perRow: $0)
          }
        }
        return (result.sum, result.rows, Array(try #require(tape.gradient(of: input))))
      }
    }
    // In the largest case a sample of the rows is enough for the reference.
    let checked = rows > 100 ? [0, 1, 130, 131, 255, 256, 257, 699] : Array(0..<rows)
    let some = Reference.embedding(x, tokens: checked)
    let someLabels = checked.map { labels[$0] }
    let logits = Reference.linear(some, weight: head)
    let expected = Reference.crossEntropy(logits, labels: someLabels)
    #expect(distance(checked.map { Double(perRow[$0]) }, expected) < 1e-5)
    #expect(counted == labels.count { $0 >= 0 })
    #expect(abs(sum - perRow.reduce(0) { $0 + Double($1) }) < 1e-4 * Double(rows))
    let d = Reference.crossEntropyGradient(logits, labels: someLabels, scale: 0.5)
    for (i, row) in checked.enumerated() {
      for column in 0..<width {
        let slope = (0..<vocabulary).reduce(0.0) { $0 + d[i, $1] * head[$1, column] }
        #expect(abs(Double(dx[row * width + column]) - slope) < 1e-5)
      }
    }
    guard rows <= 100 else { return }
    for token in 0..<vocabulary {
      for column in 0..<width {
        let slope = (0..<rows).reduce(0.0) { $0 + d[$1, token] * x[$1, column] }
        #expect(abs(Double(dHead[token * width + column]) - slope) < 1e-5)
      }
    }
  }

  @Test("a label past the last column is refused")
  func labels() throws {
    let error = TensorError.index(operation: "softmaxCrossEntropy", got: 5, count: 5)
    #expect(throws: error) { try loss(sample(2, 5, "l"), [0, 5], scale: 1) }
    #expect(throws: TensorError.self) { try loss(sample(2, 5, "l"), [0], scale: 1) }
  }
}
