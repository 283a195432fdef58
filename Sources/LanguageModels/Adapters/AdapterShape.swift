/// What is trained beside a decoder whose own weights stay as they are.
public enum AdapterShape: Hashable, Sendable {
  /// Low-rank additions to matrices (Hu et al. 2021, LoRA).
  case lowRank(LowRankShape)
  /// Two small layers after attention and after the feed-forward block of every layer, each before
  /// the residual is added (Houlsby et al. 2019): x + W₂ gelu(W₁ x + b₁) + b₂, with so many hidden
  /// units.
  case bottleneck(width: Int)
  /// Keys and values that every layer sees before those of the text (Li and Liang 2021), as many
  /// positions of them.
  case prefix(length: Int)

  /// The method's name in the language.
  public var name: String {
    switch self {
    case .lowRank: "lora"
    case .bottleneck: "adapters"
    case .prefix: "prefix"
    }
  }
}

/// Which matrices get a low-rank addition W + s B A, and of which rank.
public struct LowRankShape: Hashable, Sendable {
  /// One matrix.
  public struct Site: Hashable, Sendable {
    /// The layer, from 0.
    public var layer: Int
    /// The matrix.
    public var part: DecoderPart
    /// r: rows of A and columns of B.
    public var rank: Int
    /// What s is computed from.
    public var alpha: Double

    /// A site from its parts.
    public init(layer: Int, part: DecoderPart, rank: Int, alpha: Double) {
      self.layer = layer
      self.part = part
      self.rank = rank
      self.alpha = alpha
    }
  }

  /// In the order of layers and parts.
  public let sites: [Site]
  /// Whether s is α / √r (Kalajdzievski 2023) rather than α / r.
  public let isRankStabilized: Bool

  /// A shape of some sites, which are put in order.
  public init(_ sites: [Site], isRankStabilized: Bool = false) {
    let order = Dictionary(
      uniqueKeysWithValues: DecoderPart.allCases.enumerated().map { ($1, $0) })
    self.sites = sites.sorted {
      ($0.layer, order[$0.part] ?? 0) < ($1.layer, order[$1.part] ?? 0)
    }
    self.isRankStabilized = isRankStabilized
  }

  /// The same rank for some parts of some layers.
  ///
  /// - Parameters:
  ///   - rank: r
  ///   - alpha: α; s is α / r.
  ///   - layers: From 0.
  ///   - parts: Which matrices of each.
  public init(rank: Int, alpha: Double, layers: some Sequence<Int>, parts: [DecoderPart]) {
    self.init(
      layers.flatMap { layer in
        parts.map { Site(layer: layer, part: $0, rank: rank, alpha: alpha) }
      })
  }

  /// s: what the addition to a site counts.
  public func scale(_ site: Site) -> Float {
    let rank = Double(site.rank)
    return Float(site.alpha / (isRankStabilized ? rank.squareRoot() : rank))
  }
}

/// Why an adapter does not go with a model.
public enum AdapterError: Error, Hashable, Sendable {
  /// A number is outside what it may be.
  case outOfRange(name: String, got: Int, allowed: ClosedRange<Int>)
  /// α is no finite number, or 0.
  case alpha(got: Double)
  /// A matrix is named twice.
  case repeated(layer: Int, part: DecoderPart)
  /// Nothing is added to.
  case empty
  /// The numbers are not as many as the shape asks for.
  case count(expected: Int, got: Int)
  /// A number is infinite or NaN.
  case notFinite(tensor: String, index: Int)
  /// The model carries an adapter already.
  case occupied(by: String)
  /// What is no change of weights can't be folded into them.
  case unmergeable(kind: String)
}

extension AdapterError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .outOfRange(let name, let got, let allowed):
      "\(name) is \(got); this model takes \(allowed.lowerBound) to \(allowed.upperBound)"
    case .alpha(let got): "alpha is \(got); it has to be a finite number other than 0"
    case .repeated(let layer, let part): "layer \(layer) names '\(part.rawValue)' twice"
    case .empty: "no matrix is named, so nothing would be trained"
    case .count(let expected, let got):
      "the adapter has \(got) numbers; one of this shape has \(expected)"
    case .notFinite(let tensor, let index):
      "element \(index) of '\(tensor)' is not a finite number"
    case .occupied(let kind): "the model carries \(kind) already"
    case .unmergeable(let kind):
      "\(kind) can't be folded into weights: they change what is computed, not a matrix"
    }
  }
}
