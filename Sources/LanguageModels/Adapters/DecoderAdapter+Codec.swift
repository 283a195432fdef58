public import Bytes
public import Safetensors

/// The stored form of an adapter: a safetensors file of its tensors in the order of
/// ``AdapterLayout``, and its shape as JSON in the metadata. The base is not in it.
public struct DecoderAdapterCodec: Sendable {
  /// What tells a stored adapter from a stored model, in the metadata.
  public static let mark = "poise.adapter"

  private let adapter: DecoderAdapter
  private let writer: SafetensorsWriter

  /// The size of the stored adapter.
  public var encodedSize: Int { writer.byteCount }

  /// Plans a stored adapter. O(tensors).
  ///
  /// - Parameters:
  ///   - adapter: The adapter.
  ///   - notes: Further texts for the metadata, by name.
  /// - Throws: `SafetensorsError` where they are too long for the header of the format.
  public init(
    _ adapter: DecoderAdapter, notes: [(name: String, text: String)] = []
  ) throws(SafetensorsError) {
    self.adapter = adapter
    let shape = String(decoding: adapter.shape.json.serialized(), as: UTF8.self)
    writer = try WeightFile.writer(
      adapter.layout.tensors, metadata: [("format", "pt"), (Self.mark, shape)] + notes)
  }

  /// Hands the bytes to a sink, in pieces of at most 16 MB apart from the header.
  public func encode(into sink: SafetensorsWriter.Sink) throws {
    try WeightFile.write(adapter.weights, adapter.layout.tensors, writer, to: sink)
  }
}

extension DecoderAdapter {
  /// The adapter in bytes that ``DecoderAdapterCodec`` wrote, whose numbers stay where they are when
  /// the bytes are aligned to 16. O(numbers): they are checked to be finite.
  ///
  /// - Parameters:
  ///   - bytes: The stored adapter, mapped or in memory.
  ///   - base: The shape of the model that it goes with.
  /// - Throws: ``AdapterFolderError/notStored(expected:got:)``, ``HuggingFaceError``,
  ///   ``AdapterError``, `SafetensorsError`.
  public init(decoding bytes: SharedBytes, for base: DecoderConfiguration) throws {
    let file = try SafetensorsFile(bytes: bytes, name: "the stored adapter")
    guard let text = file.metadata[DecoderAdapterCodec.mark] else {
      throw AdapterFolderError.notStored(
        expected: "'\(DecoderAdapterCodec.mark)' in its metadata", got: "none")
    }
    guard let shape = AdapterShape(json: try JSONValue(parsing: text)) else {
      throw AdapterFolderError.notStored(expected: "the shape of an adapter", got: "another text")
    }
    // What the layout takes is bounded by the file before it is made.
    var least = base.layers
    if case .lowRank(let sites) = shape { least = sites.sites.count }
    guard least <= file.tensors.count else {
      throw AdapterFolderError.notStored(
        expected: "at least \(least) tensors", got: "\(file.tensors.count)")
    }
    let layout = try AdapterLayout(shape, for: base)
    try self.init(
      layout,
      weights: try WeightFile.weights(in: file, layers: least) { layout.tensors })
  }
}

extension AdapterShape {
  /// The shape as JSON.
  package var json: JSONValue {
    switch self {
    case .lowRank(let shape):
      .object([
        .init("kind", .string(name)), .init("rslora", .boolean(shape.isRankStabilized)),
        .init(
          "sites",
          .list(
            shape.sites.map {
              .list([
                .number($0.layer), .string($0.part.rawValue), .number($0.rank), .number($0.alpha),
              ])
            })),
      ])
    case .bottleneck(let width):
      .object([.init("kind", .string(name)), .init("width", .number(width))])
    case .prefix(let length):
      .object([.init("kind", .string(name)), .init("length", .number(length))])
    }
  }

  /// Reads ``json`` back; nil for anything else.
  package init?(json: JSONValue) {
    switch json["kind"]?.string {
    case "lora":
      guard let isStabilized = json["rslora"]?.boolean, let rows = json["sites"]?.list else {
        return nil
      }
      var sites: [LowRankShape.Site] = []
      for row in rows {
        guard let row = row.list, row.count == 4, let layer = row[0].integer,
          let part = row[1].string.flatMap(DecoderPart.init(rawValue:)), let rank = row[2].integer,
          let alpha = row[3].double
        else { return nil }
        sites.append(.init(layer: layer, part: part, rank: rank, alpha: alpha))
      }
      self = .lowRank(LowRankShape(sites, isRankStabilized: isStabilized))
    case "adapters":
      guard let width = json["width"]?.integer else { return nil }
      self = .bottleneck(width: width)
    case "prefix":
      guard let length = json["length"]?.integer else { return nil }
      self = .prefix(length: length)
    default: return nil
    }
  }
}
