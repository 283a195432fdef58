import Execution
import Tensors
import Testing

@Suite("The tape")
struct TapeTests {
  private func input(_ tape: Tape, _ rows: Int, _ columns: Int, learns: Bool = true) -> Variable {
    tape.input(rows: rows, columns: columns, needsGradient: learns) {
      _ = $0.update(fromContentsOf: sample(rows, columns, "input").floats)
    }
  }

  @Test("shapes that do not fit are refused with what came and what was expected")
  func shapes() throws {
    let tape = try Tape(recordsGradients: true)
    let x = input(tape, 3, 4)
    let other = input(tape, 2, 5)
    func refuses(
      _ operation: String, _ argument: String, _ expected: String, _ got: String,
      _ body: () throws -> Variable
    ) {
      let error = TensorError.shape(
        operation: operation, argument: argument, expected: expected, got: got)
      #expect(throws: error) { try body() }
    }
    refuses("linear", "the weight", "2 × 4", "2 × 5") { try tape.linear(x, weight: other) }
    refuses("linear", "the bias", "1 × 3", "2 × 5") {
      try tape.linear(x, weight: x, bias: other)
    }
    refuses("linear", "the residual", "3 × 3", "2 × 5") {
      try tape.linear(x, weight: x, adding: other)
    }
    refuses("add", "the second argument", "3 × 4", "2 × 5") { try tape.add(x, other) }
    refuses("cosine", "the second argument", "3 × 4", "2 × 5") { try tape.cosine(x, other) }
    refuses("rmsNorm", "the weight", "1 × 4", "2 × 5") {
      try tape.rmsNorm(x, weight: other, epsilon: 1e-5)
    }
    refuses("layerNorm", "the weight", "1 × 4", "2 × 5") {
      try tape.layerNorm(x, weight: other, bias: other, epsilon: 1e-5)
    }
    refuses("swiglu", "the argument", "an even number of columns", "2 × 5") {
      try tape.swiglu(other)
    }
    refuses("concatenate", "a part", "a matrix of 3 rows", "2 × 5") {
      try tape.concatenate(columns: [x, other])
    }
    refuses("concatenate", "a part", "a matrix of 4 columns", "2 × 5") {
      try tape.concatenate(rows: [x, other])
    }
    refuses("concatenate", "the list", "at least one matrix", "empty") {
      try tape.concatenate(rows: [])
    }
    refuses("rows", "the range", "within 0..<3", "2..<4") { try tape.rows(x, from: 2, to: 4) }
    refuses("rows", "the range", "within 0..<3", "2..<1") { try tape.rows(x, from: 2, to: 1) }
    for starts in [[], [1], [0, 0], [0, 3], [0, 2, 1]] {
      refuses("meanPooling", "the starts", "ascending rows from 0 below 3", "\(starts)") {
        try tape.meanPooling(x, starts: starts)
      }
    }
    refuses("lowRankLinear", "the down matrix", "2 × 4", "2 × 5") {
      try tape.lowRankLinear(x, weight: x, down: other, up: other, scale: 1)
    }
    refuses("lowRankLinear", "the up matrix", "3 × 3", "2 × 5") {
      try tape.lowRankLinear(x, weight: x, down: x, up: other, scale: 1)
    }
    #expect(throws: TensorError.index(operation: "embedding", got: 3, count: 3)) {
      try [Int32]([0, 3]).withUnsafeBufferPointer { try tape.rows(x, at: $0) }
    }
    #expect(throws: TensorError.index(operation: "embedding", got: -1, count: 3)) {
      try [Int32]([-1]).withUnsafeBufferPointer { try tape.embedding(x, tokens: $0) }
    }
  }

  @Test("attention refuses projections, starts and tables that do not fit")
  func attentionShapes() throws {
    let tape = try Tape(recordsGradients: true)
    let heads = AttentionHeads(queries: 2, keyValues: 1, dimension: 2)
    let table = RotaryTable(frequencies: [1], positions: 2)
    let x = input(tape, 3, 8)
    func attends(
      _ heads: AttentionHeads, _ starts: [Int] = [0], _ table: RotaryTable? = nil
    ) throws {
      _ = try tape.attention(x, heads: heads, starts: starts, rotary: table, isCausal: true)
    }
    try attends(heads)
    #expect(throws: TensorError.self) { try attends(heads, [0], table) }
    for starts in [[], [1], [0, 3], [0, 2, 2]] {
      #expect(throws: TensorError.self) { try attends(heads, starts) }
    }
    for (queries, shared, dimension) in [(3, 2, 1), (2, 1, 3), (0, 4, 1), (8, 0, 1), (-4, -2, -1)] {
      let wrong = AttentionHeads(queries: queries, keyValues: shared, dimension: dimension)
      #expect(throws: TensorError.self) { try attends(wrong) }
    }
    try attends(heads, [0, 2], table)
  }

  @Test("what rotary attention has turned is refused")
  func consumed() throws {
    let tape = try Tape(recordsGradients: true)
    let heads = AttentionHeads(queries: 1, keyValues: 1, dimension: 2)
    let table = RotaryTable(frequencies: [1], positions: 4)
    let x = try tape.linear(input(tape, 3, 5), weight: input(tape, 6, 5))
    _ = try tape.attention(x, heads: heads, starts: [0], rotary: table, isCausal: true)
    #expect(throws: TensorError.consumed(operation: "gelu")) { try tape.gelu(x) }
    #expect(throws: TensorError.consumed(operation: "attention")) {
      try tape.attention(x, heads: heads, starts: [0], rotary: table, isCausal: true)
    }
  }

  /// GELU needs its argument again on the way back, after attention has turned it.
  @Test("rotary attention leaves alone what was read before it")
  func readBefore() throws {
    let tape = try Tape(recordsGradients: true)
    let heads = AttentionHeads(queries: 1, keyValues: 1, dimension: 2)
    let table = RotaryTable(frequencies: [1], positions: 4)
    func gradient(withAttention: Bool) throws -> [Float] {
      tape.reset()
      let x = input(tape, 3, 6)
      let activated = try tape.gelu(x)
      if withAttention {
        _ = try tape.attention(x, heads: heads, starts: [0], rotary: table, isCausal: true)
      }
      let ones = [Float](repeating: 1, count: 18)
      try ones.withUnsafeBufferPointer { try tape.seed(activated, gradient: $0) }
      try tape.backward()
      return Array(try #require(tape.gradient(of: x)))
    }
    #expect(try gradient(withAttention: true) == gradient(withAttention: false))
  }

  @Test("a result that the way back has passed is refused")
  func finished() throws {
    let tape = try Tape(recordsGradients: true)
    let y = try tape.gelu(input(tape, 2, 3))
    try tape.backward()
    #expect(throws: TensorError.consumed(operation: "gelu")) { try tape.gelu(y) }
  }

  @Test("backward starts from one number only")
  func scalar() throws {
    let tape = try Tape(recordsGradients: true)
    let x = input(tape, 1, 1)
    let y = try tape.scaled(tape.add(x, x), by: 3)
    try tape.backward(from: y)
    #expect(try Array(#require(tape.gradient(of: x))) == [6])
    #expect(tape.gradient(of: y) == nil)
    #expect(throws: TensorError.self) { try tape.backward(from: input(tape, 1, 2)) }
  }

  @Test("only what leads to something that learns is remembered")
  func frozen() throws {
    let tape = try Tape(recordsGradients: true)
    let x = input(tape, 2, 3, learns: false)
    let y = try tape.gelu(tape.add(x, x))
    let ones = [Float](repeating: 1, count: 6)
    try ones.withUnsafeBufferPointer { try tape.seed(y, gradient: $0) }
    try tape.backward()
    #expect(tape.gradient(of: y) == nil && tape.gradient(of: x) == nil)
    // Nothing was recorded, so nothing was taken back.
    _ = try tape.gelu(y)
  }

  @Test("after the largest step, smaller ones ask for no memory")
  func memory() throws {
    let tape = try Tape(recordsGradients: true)
    let heads = AttentionHeads(queries: 4, keyValues: 2, dimension: 16)
    let table = RotaryTable(
      frequencies: RotaryTable.frequencies(base: 10, dimension: 16), positions: 200)
    func step(_ rows: Int) throws {
      tape.reset()
      let x = input(tape, rows, 64)
      let joint = input(tape, heads.projectionWidth, 64)
      let out = input(tape, 64, 64)
      let projection = try tape.linear(x, weight: joint)
      let mixed = try tape.attention(
        projection, heads: heads, starts: [0, rows / 3], rotary: table, isCausal: true)
      let y = try tape.linear(mixed, weight: out, adding: x)
      let z = try tape.normalize(tape.gelu(tape.concatenate(columns: [y, x])))
      let head = input(tape, 301, 128)
      let labels = (0..<rows).map { Int32($0 % 5 - 1) }
      _ = try labels.withUnsafeBufferPointer {
        try tape.crossEntropy(z, head: head, labels: $0, scale: 1)
      }
      try tape.backward()
    }
    try step(200)
    try step(200)
    let allocations = tape.systemAllocations
    let bytes = tape.bytes
    for rows in [3, 199, 17, 100, 64, 200, 150, 33, 200] { try step(rows) }
    #expect(tape.systemAllocations == allocations)
    #expect(tape.bytes == bytes)
  }

  @Test("a cancelled tape stops at the next operation")
  func cancellation() throws {
    let cancellation = Cancellation()
    let tape = try Tape(recordsGradients: true, cancellation: cancellation)
    let x = input(tape, 2, 2)
    let y = try tape.gelu(x)
    cancellation.cancel()
    #expect(throws: CancellationRequested.self) { try tape.gelu(y) }
    #expect(throws: CancellationRequested.self) { try tape.backward() }
  }
}
