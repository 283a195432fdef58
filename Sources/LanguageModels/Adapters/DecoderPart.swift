/// A matrix of each layer that something can be added to.
public enum DecoderPart: String, Hashable, Sendable, CaseIterable {
  /// Queries.
  case query = "q"
  /// Keys.
  case key = "k"
  /// Values.
  case value = "v"
  /// What attention writes to the residual stream.
  case output = "o"
  /// The gate of the feed-forward block.
  case gate
  /// What the gate lets through.
  case up
  /// What the feed-forward block writes to the residual stream.
  case down

  /// The names, in the order in which a layer has the matrices.
  public static let names = allCases.map(\.rawValue)

  /// The module's name in transformers, such as `q_proj`.
  public var module: String { "\(rawValue)_proj" }

  /// The part that has a module name.
  public init?(module: String) {
    guard module.hasSuffix("_proj") else { return nil }
    self.init(rawValue: String(module.dropLast("_proj".count)))
  }

  /// Where in a layer the module is: `self_attn.q_proj`.
  public var path: String {
    switch self {
    case .query, .key, .value, .output: "self_attn.\(module)"
    case .gate, .up, .down: "mlp.\(module)"
    }
  }

  /// Outputs and inputs of the matrix.
  public func shape(_ c: DecoderConfiguration) -> (rows: Int, columns: Int) {
    switch self {
    case .query: (c.queryWidth, c.width)
    case .key, .value: (c.keyValueWidth, c.width)
    case .output: (c.width, c.queryWidth)
    case .gate, .up: (c.feedForwardWidth, c.width)
    case .down: (c.width, c.feedForwardWidth)
    }
  }

  /// Its first row in the matrix that ``DecoderLayout`` keeps it in.
  func firstRow(_ c: DecoderConfiguration) -> Int {
    switch self {
    case .key: c.queryWidth
    case .value: c.queryWidth + c.keyValueWidth
    case .up: c.feedForwardWidth
    case .query, .output, .gate, .down: 0
    }
  }
}
