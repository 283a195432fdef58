import Tensors

extension OperationCase {
  static let all: [OperationCase] =
    linear + lowRank + norms + activations + rowOperations + shapes + attention
    + prefixAttention

  private static let linear: [OperationCase] =
    [(1, 1, 1), (5, 17, 3), (2, 33, 16)].flatMap {
      rows, inner, outer in
      let x = sample(rows, inner, "x")
      let w = sample(outer, inner, "w")
      let b = sample(1, outer, "b")
      let r = sample(rows, outer, "r")
      return [
        OperationCase(
          "linear", [x, w], run: { try $0.linear($1[0], weight: $1[1]) },
          reference: { Reference.linear($0[0], weight: $0[1]) }),
        OperationCase(
          "linear with bias", [x, w, b],
          run: { try $0.linear($1[0], weight: $1[1], bias: $1[2]) },
          reference: { Reference.linear($0[0], weight: $0[1], bias: $0[2]) }),
        OperationCase(
          "linear with residual", [x, w, r],
          run: { try $0.linear($1[0], weight: $1[1], adding: $1[2]) },
          reference: { Reference.linear($0[0], weight: $0[1], adding: $0[2]) }),
        OperationCase(
          "linear with both", [x, w, b, r],
          run: { try $0.linear($1[0], weight: $1[1], bias: $1[2], adding: $1[3]) },
          reference: { Reference.linear($0[0], weight: $0[1], bias: $0[2], adding: $0[3]) }),
        OperationCase(
          "product of computed matrices", [x, w],
          run: { tape, v in
            try tape.product(tape.normalize(v[0]), transposed: tape.normalize(v[1]))
          },
          reference: {
            Reference.linear(Reference.normalize($0[0]), weight: Reference.normalize($0[1]))
          }),
      ]
    } + [
      OperationCase(
        "linear of itself, added to itself", [sample(5, 5, "x")],
        run: { try $0.linear($1[0], weight: $1[0], adding: $1[0]) },
        reference: { Reference.linear($0[0], weight: $0[0], adding: $0[0]) }),
      OperationCase(
        "two layers with a shared matrix", [sample(3, 7, "x"), sample(7, 7, "w")],
        run: { tape, v in
          let once = try tape.linear(v[0], weight: v[1], adding: v[0])
          return try tape.linear(once, weight: v[1], adding: once)
        },
        reference: {
          let once = Reference.linear($0[0], weight: $0[1], adding: $0[0])
          return Reference.linear(once, weight: $0[1], adding: once)
        }),
    ]

  private static let lowRank: [OperationCase] =
    [(1, 1, 1, 1), (5, 17, 6, 3)].flatMap {
      rows, inner, outer, rank in
      let arguments = [
        sample(rows, inner, "x"), sample(outer, inner, "w"), sample(rank, inner, "a"),
        sample(outer, rank, "b"), sample(1, outer, "bias"), sample(rows, outer, "r"),
      ]
      return [
        OperationCase(
          "low rank", Array(arguments[..<4]),
          run: { try $0.lowRankLinear($1[0], weight: $1[1], down: $1[2], up: $1[3], scale: 0.75) },
          reference: {
            Reference.lowRankLinear($0[0], weight: $0[1], down: $0[2], up: $0[3], scale: 0.75)
          }),
        OperationCase(
          "low rank with bias and residual", arguments,
          run: {
            try $0.lowRankLinear(
              $1[0], weight: $1[1], bias: $1[4], down: $1[2], up: $1[3], scale: 2, adding: $1[5])
          },
          reference: {
            Reference.lowRankLinear(
              $0[0], weight: $0[1], bias: $0[4], down: $0[2], up: $0[3], scale: 2, adding: $0[5])
          }),
        OperationCase(
          "low rank twice", Array(arguments[..<4]),
          run: { tape, v in
            func once(_ scale: Float) throws -> Variable {
              try tape.lowRankLinear(
                v[0], weight: v[1], down: v[2], up: v[3], scale: scale)
            }
            return try tape.add(try once(1), try once(-3))
          },
          reference: { v in
            func once(_ scale: Double) -> Matrix {
              Reference.lowRankLinear(v[0], weight: v[1], down: v[2], up: v[3], scale: scale)
            }
            return Reference.add(once(1), once(-3))
          }),
      ]
    }
    + [(4, 17), (3, 32)].map { rows, inner in
      // Parts of 5, 6 and 3 columns; the one in the middle has no addition.
      let arguments = [
        sample(rows, inner, "x"), sample(14, inner, "w"), sample(5, inner, "a"), sample(5, 2, "b"),
        sample(3, 3, "c"), sample(1, 14, "bias"),
      ]
      return OperationCase(
        "low rank in parts", arguments,
        run: { tape, v in
          try tape.lowRankLinear(
            v[0], weight: v[1], bias: v[5], down: v[2],
            terms: [
              LowRankTerm(up: v[3], firstColumn: 0, scale: 0.5),
              LowRankTerm(up: v[4], firstColumn: 11, scale: -2),
            ])
        },
        reference: { v in
          Reference.lowRankLinear(
            v[0], weight: v[1], bias: v[5], down: v[2], up: joined(v[3], v[4]), scale: 1)
        })
    }

  /// One B for all fourteen columns, with zeros where neither term adds anything.
  private static func joined(_ first: Matrix, _ second: Matrix) -> Matrix {
    var up = Matrix(rows: 14, columns: 5)
    for row in 0..<5 {
      for rank in 0..<2 { up[row, rank] = 0.5 * first[row, rank] }
    }
    for row in 0..<3 {
      for rank in 0..<3 { up[11 + row, 2 + rank] = -2 * second[row, rank] }
    }
    return up
  }

  private static let norms: [OperationCase] = [(1, 1), (3, 17), (4, 33), (2, 80)].flatMap {
    rows, columns in
    let x = sample(rows, columns, "x")
    let w = sample(1, columns, "w")
    let b = sample(1, columns, "b")
    return [
      OperationCase(
        "RMS norm", [x, w], run: { try $0.rmsNorm($1[0], weight: $1[1], epsilon: 1e-5) },
        reference: { Reference.rmsNorm($0[0], weight: $0[1], epsilon: 1e-5) }),
      OperationCase(
        "layer norm", [x, w, b],
        run: { try $0.layerNorm($1[0], weight: $1[1], bias: $1[2], epsilon: 1e-3) },
        reference: { Reference.layerNorm($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-3) }),
    ]
  }

  private static let activations: [OperationCase] = [(1, 2), (3, 34), (2, 66), (5, 16)].flatMap {
    rows, columns in
    let x = sample(rows, columns, "x", scale: 4)
    return [
      OperationCase(
        "SwiGLU", [x], run: { try $0.swiglu($1[0]) }, reference: { Reference.swiglu($0[0]) }),
      OperationCase(
        "GELU", [x], run: { try $0.gelu($1[0]) }, reference: { Reference.gelu($0[0]) }),
      OperationCase(
        "GELU by tanh", [x], run: { try $0.gelu($1[0], form: .tanh) },
        reference: { Reference.gelu($0[0], form: .tanh) }),
      OperationCase(
        "an argument used three times", [x],
        run: { tape, v in try tape.add(tape.gelu(v[0]), tape.add(v[0], tape.scaled(v[0], by: 3))) },
        reference: { x in
          Reference.add(Reference.gelu(x[0]), Reference.scaled(x[0], by: 4))
        }),
    ]
  }

  private static let rowOperations: [OperationCase] = [(1, 1), (3, 17), (2, 100), (4, 16)]
    .flatMap { rows, columns in
      let x = sample(rows, columns, "x")
      let y = sample(rows, columns, "y")
      return [
        OperationCase(
          "log-softmax", [x], run: { try $0.logSoftmax($1[0]) },
          reference: { Reference.logSoftmax($0[0]) }),
        OperationCase(
          "unit length", [x], run: { try $0.normalize($1[0]) },
          reference: { Reference.normalize($0[0]) }),
        OperationCase(
          "cosine", [x, y], run: { try $0.cosine($1[0], $1[1]) },
          reference: { Reference.cosine($0[0], $0[1]) }),
        OperationCase(
          "cosine with a multiple of itself", [x],
          run: { tape, v in try tape.cosine(v[0], tape.scaled(v[0], by: -2)) },
          reference: { Reference.cosine($0[0], Reference.scaled($0[0], by: -2)) }),
        OperationCase(
          "sum", [x, y], run: { try $0.add($1[0], $1[1]) },
          reference: { Reference.add($0[0], $0[1]) }),
        OperationCase(
          "sum with itself", [x], run: { try $0.add($1[0], $1[0]) },
          reference: { Reference.add($0[0], $0[0]) }),
      ]
    }

  private static let shapes: [OperationCase] = [
    OperationCase(
      "mean of sequences", [sample(9, 17, "x")],
      run: { try $0.meanPooling($1[0], starts: [0, 1, 6]) },
      reference: { Reference.meanPooling($0[0], starts: [0, 1, 6]) }),
    OperationCase(
      "rows of a range", [sample(6, 5, "x")], run: { try $0.rows($1[0], from: 2, to: 5) },
      reference: { Reference.rows($0[0], from: 2, to: 5) }),
    OperationCase(
      "overlapping ranges", [sample(6, 5, "x")],
      run: { tape, v in
        try tape.add(tape.rows(v[0], from: 0, to: 4), tape.rows(v[0], from: 2, to: 6))
      },
      reference: {
        Reference.add(
          Reference.rows($0[0], from: 0, to: 4), Reference.rows($0[0], from: 2, to: 6))
      }),
    OperationCase(
      "rows by index, one twice", [sample(4, 19, "x")],
      run: { tape, v in
        try [Int32]([3, 0, 3]).withUnsafeBufferPointer { try tape.rows(v[0], at: $0) }
      },
      reference: { Reference.embedding($0[0], tokens: [3, 0, 3]) }),
    OperationCase(
      "side by side, one twice", [sample(3, 5, "x"), sample(3, 1, "y"), sample(3, 17, "z")],
      run: { try $0.concatenate(columns: [$1[0], $1[1], $1[2], $1[0]]) },
      reference: { Reference.concatenate(columns: [$0[0], $0[1], $0[2], $0[0]]) }),
    OperationCase(
      "one below the other, one twice", [sample(3, 5, "x"), sample(1, 5, "y")],
      run: { try $0.concatenate(rows: [$1[0], $1[1], $1[0]]) },
      reference: { Reference.concatenate(rows: [$0[0], $0[1], $0[0]]) }),
  ]

  private static let prefixAttention: [OperationCase] = [
    (1, [0], 3, 1, 1, 4), (1, [0, 2, 3], 7, 4, 2, 6), (18, [0, 16], 33, 3, 1, 16),
  ].flatMap { (length: Int, starts: [Int], rows: Int, queries: Int, keys: Int, d: Int) in
    let heads = AttentionHeads(queries: queries, keyValues: keys, dimension: d)
    let arguments = [
      sample(rows, heads.projectionWidth, "projection"), sample(length, 2 * keys * d, "prefix"),
    ]
    let frequencies = RotaryTable.frequencies(base: 100, dimension: d)
    let table = RotaryTable(frequencies: frequencies, positions: length + rows)
    return [
      OperationCase(
        "attention behind a prefix", arguments,
        run: {
          try $0.attention(
            $1[0], prefix: $1[1], heads: heads, starts: starts, rotary: table)
        },
        reference: {
          Reference.attention(
            $0[0], prefix: $0[1], heads: heads, starts: starts, frequencies: frequencies)
        }),
      OperationCase(
        "attention behind a prefix without rotation", arguments,
        run: {
          try $0.attention($1[0], prefix: $1[1], heads: heads, starts: starts, rotary: nil)
        },
        reference: {
          Reference.attention(
            $0[0], prefix: $0[1], heads: heads, starts: starts, frequencies: nil)
        }),
    ]
  }
}
