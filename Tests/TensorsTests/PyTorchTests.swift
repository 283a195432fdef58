import FoundationEssentials
import Tensors
import Testing

/// One entry of Fixtures/tensors/operations.json, which make.py writes beside it.
struct PyTorchCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Numbers: Decodable, Sendable {
    let rows: Int
    let columns: Int
    let values: [Float]
  }

  let name: String
  let numbers: [String: Double]
  let lists: [String: [Int]]
  let arguments: [Numbers]
  let result: Numbers
  let outgoing: Numbers
  let gradients: [Numbers]

  var testDescription: String {
    "\(name) \(numbers.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })"
  }

  static func all() throws -> [PyTorchCase] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/tensors/operations.json")
    return try JSONDecoder().decode([PyTorchCase].self, from: Data(contentsOf: file))
  }

  func run(_ tape: Tape, _ v: [Variable]) throws -> Variable? {
    let epsilon = numbers["epsilon"] ?? .nan
    switch name {
    case "linear": return try tape.linear(v[0], weight: v[1], bias: v[2], adding: v[3])
    case "low_rank":
      return try tape.lowRankLinear(
        v[0], weight: v[1], bias: v[4], down: v[2], up: v[3], scale: Float(numbers["scale"] ?? .nan)
      )
    case "rms_norm": return try tape.rmsNorm(v[0], weight: v[1], epsilon: epsilon)
    case "layer_norm":
      return try tape.layerNorm(v[0], weight: v[1], bias: v[2], epsilon: epsilon)
    case "swiglu": return try tape.swiglu(v[0])
    case "gelu": return try tape.gelu(v[0])
    case "gelu_tanh": return try tape.gelu(v[0], form: .tanh)
    case "embedding":
      return try (lists["tokens"] ?? []).map(Int32.init).withUnsafeBufferPointer {
        try tape.embedding(v[0], tokens: $0)
      }
    case "log_softmax": return try tape.logSoftmax(v[0])
    case "normalize": return try tape.normalize(v[0])
    case "cosine": return try tape.cosine(v[0], v[1])
    case "mean_pooling": return try tape.meanPooling(v[0], starts: lists["starts"] ?? [])
    case "product":
      return try tape.product(tape.normalize(v[0]), transposed: tape.normalize(v[1]))
    case "attention": return try attention(tape, v[0])
    default: return nil
    }
  }

  private func attention(_ tape: Tape, _ projection: Variable) throws -> Variable {
    func whole(_ key: String) -> Int { Int(exactly: numbers[key] ?? -1) ?? -1 }
    let heads = AttentionHeads(
      queries: whole("heads"), keyValues: whole("shared"), dimension: whole("dimension"))
    let base = numbers["base"] ?? 0
    let table =
      base == 0
      ? nil
      : RotaryTable(
        frequencies: RotaryTable.frequencies(base: base, dimension: heads.dimension),
        positions: 40)
    return try tape.attention(
      projection, heads: heads, starts: lists["starts"] ?? [], rotary: table,
      isCausal: whole("causal") == 1)
  }
}

@Suite("The same numbers as PyTorch")
struct PyTorchTests {
  /// Differences are shares of the largest number of the matrix, or of 1.
  private static let tolerance = 1e-5

  private func distance(_ got: some Sequence<Float>, _ expected: PyTorchCase.Numbers) -> Double {
    TensorsTests.distance(got.map(Double.init), expected.values.map(Double.init))
  }

  private func input(_ tape: Tape, _ numbers: PyTorchCase.Numbers) -> Variable {
    tape.input(rows: numbers.rows, columns: numbers.columns, needsGradient: true) {
      _ = $0.update(fromContentsOf: numbers.values)
    }
  }

  @Test("operations and their gradients")
  func operations() throws {
    var compared = 0
    for fixture in try PyTorchCase.all() {
      let tape = try Tape(recordsGradients: true)
      let arguments = fixture.arguments.map { input(tape, $0) }
      guard let result = try fixture.run(tape, arguments) else { continue }
      #expect(distance(tape.values(of: result), fixture.result) < Self.tolerance, "\(fixture.name)")
      try fixture.outgoing.values.withUnsafeBufferPointer { try tape.seed(result, gradient: $0) }
      try tape.backward()
      for (place, gradient) in fixture.gradients.enumerated() {
        let got = try #require(tape.gradient(of: arguments[place]))
        let off = distance(got, gradient)
        #expect(off < Self.tolerance, "\(fixture.testDescription), argument \(place)")
      }
      compared += 1
    }
    #expect(compared == 18)
  }

  /// PyTorch's gradient is weighted row by row, so each row goes by itself.
  @Test("cross-entropy with an ignored label")
  func crossEntropy() throws {
    let fixture = try #require(PyTorchCase.all().first { $0.name == "cross_entropy" })
    let labels = (fixture.lists["labels"] ?? []).map(Int32.init)
    let logits = fixture.arguments[0]
    for (row, label) in labels.enumerated() {
      let tape = try Tape(recordsGradients: true)
      let span = row * logits.columns..<(row + 1) * logits.columns
      let variable = tape.input(rows: 1, columns: logits.columns, needsGradient: true) {
        _ = $0.update(fromContentsOf: logits.values[span])
      }
      let loss = try [label].withUnsafeBufferPointer {
        try tape.softmaxCrossEntropy(
          variable, labels: $0, scale: fixture.outgoing.values[row])
      }
      #expect(abs(loss.sum - Double(fixture.result.values[row])) < Self.tolerance)
      let expected = fixture.gradients[0].values[span].map(Double.init)
      let got = try #require(tape.gradient(of: variable)).map(Double.init)
      #expect(TensorsTests.distance(got, expected) < Self.tolerance)
    }
  }

  @Test("ten steps of AdamW")
  func adamW() throws {
    let fixture = try #require(PyTorchCase.all().first { $0.name == "adamw" })
    func number(_ key: String) -> Double { fixture.numbers[key] ?? .nan }
    let optimizer = AdamW(
      beta1: Float(number("beta1")), beta2: Float(number("beta2")),
      weightDecay: Float(number("decay")))
    let count = fixture.arguments[0].columns
    // Weights, first and second moments, gradient.
    var memory =
      fixture.arguments[0].values + [Float](repeating: 0, count: 3 * count)
    for step in 1...fixture.result.rows {
      let span = (step - 1) * count..<step * count
      memory.replaceSubrange(3 * count..<4 * count, with: fixture.arguments[1].values[span])
      memory.withUnsafeMutableBufferPointer {
        guard let start = $0.baseAddress else { return }
        optimizer.update(
          start, gradient: start + 3 * count, first: start + count, second: start + 2 * count,
          count: count, clip: 1, learningRate: number("rate"), step: step, decays: true)
      }
      let off = TensorsTests.distance(
        memory[..<count].map(Double.init), fixture.result.values[span].map(Double.init))
      #expect(off < Self.tolerance, "step \(step)")
    }
  }
}
