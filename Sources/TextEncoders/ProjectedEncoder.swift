import Bytes
public import Corpora
public import Execution

/// An encoder whose vectors are brought to fewer dimensions, and to length 1 again.
public struct ProjectedEncoder: TextEncoder {
  /// What encodes.
  public let base: any TextEncoder
  /// What projects.
  public let projection: Projection
  /// A short name.
  public let name: String

  /// - Parameters:
  ///   - base: What encodes.
  ///   - projection: What projects.
  ///   - name: What tables and tags call it; the encoder's name and the dimension where nil.
  /// - Throws: ``ProjectionError/mismatch(encoder:projection:)``.
  public init(_ base: any TextEncoder, _ projection: Projection, name: String? = nil)
    throws(ProjectionError)
  {
    guard base.dimension == projection.input else {
      throw .mismatch(encoder: base.dimension, projection: projection.input)
    }
    self.base = base
    self.projection = projection
    self.name = name ?? "\(base.name)-\(projection.output)"
  }

  /// An encoder projected by a method; directions of ``Projection/Method/pca`` are those of a
  /// sample of texts.
  ///
  /// - Parameters:
  ///   - base: What encodes.
  ///   - dimension: The number of dimensions to keep.
  ///   - method: How they are found.
  ///   - sample: Texts that are encoded as documents where the method is `pca`.
  ///   - seed: For `random`.
  ///   - context: Threads, progress, cancellation.
  /// - Throws: ``ProjectionError``; what the encoder throws.
  public init(
    _ base: any TextEncoder, to dimension: Int, by method: Projection.Method,
    sample: [String] = [], seed: UInt64 = 0, context: WorkContext
  ) throws {
    let projection =
      switch method {
      case .truncate: try Projection.truncation(from: base.dimension, to: dimension)
      case .random: try Projection.random(from: base.dimension, to: dimension, seed: seed)
      case .pca:
        try Projection.pca(
          of: base.encode(sample, as: .document, context: context), to: dimension,
          context: context)
      }
    try self.init(base, projection)
  }

  /// The dimensions that are kept.
  public var dimension: Int { projection.output }

  /// As the encoder's.
  public var maximumLength: Int { base.maximumLength }

  /// The encoder's vectors, projected; those of zeros stay so.
  ///
  /// - Throws: What the encoder throws.
  public func encode(_ texts: [String], as role: TextRole, context: WorkContext) throws
    -> EncodedTexts
  {
    let whole = try base.encode(texts, as: role, context: context)
    let vectors = FloatBuffer(count: whole.count * dimension)
    let block = 256
    _ = try parallelMap((whole.count + block - 1) / block, context: context) { part in
      let start = part * block
      projection.apply(
        whole.vectors.base + start * whole.dimension, rows: min(block, whole.count - start),
        into: vectors.base + start * dimension)
    }
    return EncodedTexts(
      vectors: vectors, dimension: dimension, count: whole.count, tokenCount: whole.tokenCount,
      truncatedCount: whole.truncatedCount, emptyCount: whole.emptyCount)
  }
}
