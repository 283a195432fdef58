/// Where each number of an adapter lies in one contiguous run of float32.
///
/// Matrices that one product of the decoder computes (queries, keys and values; gate and up) have
/// their A's one below the other, so that one product gives what goes into all of their B's.
public struct AdapterLayout: Hashable, Sendable {
  /// Additions to one matrix of ``DecoderLayout``.
  public struct LowRank: Hashable, Sendable {
    /// One part of the matrix.
    public struct Term: Hashable, Sendable {
      /// B: [rows, rank]
      public let up: Int
      /// The rows of the matrix that it adds to.
      public let rows: Range<Int>
      /// r
      public let rank: Int
      /// s
      public let scale: Float
    }

    /// A's of all terms: [Σ r, columns].
    public let down: Int
    /// Columns of the matrix.
    public let columns: Int
    /// Σ r
    public let rank: Int
    /// In the order of the rows.
    public let terms: [Term]
  }

  /// Two small layers.
  public struct Bottleneck: Hashable, Sendable {
    /// [width, C]
    public let down: Int
    /// [width]
    public let downBias: Int
    /// [C, width]
    public let up: Int
    /// [C]
    public let upBias: Int
    /// Hidden units.
    public let width: Int
  }

  /// What one layer has; offsets in floats.
  public struct Layer: Hashable, Sendable {
    /// Added to queries, keys and values.
    public internal(set) var projection: LowRank?
    /// Added to attention's output.
    public internal(set) var output: LowRank?
    /// Added to gate and up.
    public internal(set) var gateUp: LowRank?
    /// Added to what the feed-forward block writes.
    public internal(set) var down: LowRank?
    /// After attention.
    public internal(set) var afterAttention: Bottleneck?
    /// After the feed-forward block.
    public internal(set) var afterFeedForward: Bottleneck?
    /// [length, 2 G D]: keys, then values.
    public internal(set) var prefix: Int?

    /// Whether anything of this layer is trained.
    public var isEmpty: Bool { self == Layer() }
  }

  /// What it is the layout of.
  public let shape: AdapterShape
  /// The decoder that it goes with.
  public let configuration: DecoderConfiguration
  /// The offsets of each layer, the first in front.
  public let layers: [Layer]
  /// All tensors, in the order of the run and without gaps. Low-rank ones are named as PEFT does
  /// behind `base_model.model.`
  public let tensors: [NamedTensor]
  /// Floats in all.
  public let count: Int

  /// Positions that a prefix takes; 0 for other shapes.
  public var prefixLength: Int {
    if case .prefix(let length) = shape { length } else { 0 }
  }

  /// The first layer that something is added to.
  public var firstLayer: Int { layers.firstIndex { !$0.isEmpty } ?? layers.count }

  /// The most numbers that stand between a down and an up projection for one position.
  public var widestHidden: Int {
    layers.reduce(0) { most, layer in
      let ranks = [layer.projection, layer.output, layer.gateUp, layer.down].compactMap { $0?.rank }
      return max(most, ranks.max() ?? 0, layer.afterAttention?.width ?? 0)
    }
  }

  /// The layout of an adapter for a decoder.
  ///
  /// - Throws: ``AdapterError`` where the shape does not go with the decoder.
  public init(_ shape: AdapterShape, for configuration: DecoderConfiguration) throws(AdapterError) {
    var builder = AdapterLayoutBuilder(configuration)
    switch shape {
    case .lowRank(let sites): try builder.place(sites)
    case .bottleneck(let width): try builder.place(bottleneck: width)
    case .prefix(let length): try builder.place(prefix: length)
    }
    self.shape = shape
    self.configuration = configuration
    layers = builder.layers
    tensors = builder.tensors
    count = builder.next
  }
}

/// Gives each tensor its place.
private struct AdapterLayoutBuilder {
  let c: DecoderConfiguration
  var layers: [AdapterLayout.Layer]
  var tensors: [NamedTensor] = []
  var next = 0

  init(_ configuration: DecoderConfiguration) {
    c = configuration
    layers = Array(repeating: AdapterLayout.Layer(), count: configuration.layers)
  }

  private mutating func place(_ name: String, _ shape: Int...) -> Int {
    let tensor = NamedTensor(name: name, shape: shape, offset: next)
    tensors.append(tensor)
    next += tensor.count
    return tensor.offset
  }

  mutating func place(_ shape: LowRankShape) throws(AdapterError) {
    guard !shape.sites.isEmpty else { throw .empty }
    for (site, after) in zip(shape.sites, shape.sites.dropFirst())
    where site.layer == after.layer && site.part == after.part {
      throw .repeated(layer: site.layer, part: site.part)
    }
    for site in shape.sites {
      guard (0..<c.layers).contains(site.layer) else {
        throw .outOfRange(name: "a layer", got: site.layer, allowed: 0...c.layers - 1)
      }
      let matrix = site.part.shape(c)
      let most = min(matrix.rows, matrix.columns)
      guard (1...most).contains(site.rank) else {
        throw .outOfRange(
          name: "the rank of '\(site.part.rawValue)'", got: site.rank, allowed: 1...most)
      }
      guard site.alpha.isFinite, site.alpha != 0, shape.scale(site).isFinite else {
        throw .alpha(got: site.alpha)
      }
    }
    for layer in layers.indices {
      let sites = shape.sites.filter { $0.layer == layer }
      layers[layer].projection = group(sites, [.query, .key, .value], shape)
      layers[layer].output = group(sites, [.output], shape)
      layers[layer].gateUp = group(sites, [.gate, .up], shape)
      layers[layer].down = group(sites, [.down], shape)
    }
  }

  /// The additions to one matrix of the decoder; nil where there are none.
  private mutating func group(
    _ sites: [LowRankShape.Site], _ parts: [DecoderPart], _ shape: LowRankShape
  ) -> AdapterLayout.LowRank? {
    let members = sites.filter { parts.contains($0.part) }
    guard let first = members.first else { return nil }
    let columns = first.part.shape(c).columns
    let down = next
    for site in members {
      _ = place(Self.name(site, "lora_A"), site.rank, columns)
    }
    let terms = members.map { site in
      let rows = site.part.shape(c).rows
      let start = site.part.firstRow(c)
      return AdapterLayout.LowRank.Term(
        up: place(Self.name(site, "lora_B"), rows, site.rank), rows: start..<start + rows,
        rank: site.rank, scale: shape.scale(site))
    }
    return AdapterLayout.LowRank(
      down: down, columns: columns, rank: members.reduce(0) { $0 + $1.rank }, terms: terms)
  }

  private static func name(_ site: LowRankShape.Site, _ matrix: String) -> String {
    "model.layers.\(site.layer).\(site.part.path).\(matrix).weight"
  }

  mutating func place(bottleneck width: Int) throws(AdapterError) {
    guard (1...c.width).contains(width) else {
      throw .outOfRange(name: "the adapters' width", got: width, allowed: 1...c.width)
    }
    for layer in layers.indices {
      layers[layer].afterAttention = bottleneck("model.layers.\(layer).attention_adapter", width)
      layers[layer].afterFeedForward = bottleneck("model.layers.\(layer).output_adapter", width)
    }
  }

  private mutating func bottleneck(_ name: String, _ width: Int) -> AdapterLayout.Bottleneck {
    AdapterLayout.Bottleneck(
      down: place(name + ".down.weight", width, c.width),
      downBias: place(name + ".down.bias", width),
      up: place(name + ".up.weight", c.width, width), upBias: place(name + ".up.bias", c.width),
      width: width)
  }

  mutating func place(prefix length: Int) throws(AdapterError) {
    guard c.context > 1, (1...c.context - 1).contains(length) else {
      throw .outOfRange(
        name: "the prefix's length", got: length, allowed: 1...max(1, c.context - 1))
    }
    for layer in layers.indices {
      layers[layer].prefix = place(
        "model.layers.\(layer).prefix.weight", length, 2 * c.keyValueWidth)
    }
  }
}
