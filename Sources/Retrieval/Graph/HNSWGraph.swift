public import Bytes
import CKernels

/// A navigable graph over vectors that finds the nearest rows without looking at most of them
/// (Malkov and Yashunin 2018, https://arxiv.org/abs/1603.09320).
///
/// The graph walks over codes of a byte a component and scores the best of what it finds by the
/// exact float32 inner product, so scores are those of an exact search; only which rows are found
/// is approximate. Ties are broken by ascending row.
///
/// `@unchecked Sendable`: nothing writes to the bytes or the rows, and the pool locks.
public struct HNSWGraph: @unchecked Sendable {
  /// The graph in its stored form, codes included, without the vectors.
  public let bytes: SharedBytes
  /// The vectors.
  public let rows: VectorRows
  /// How it was built.
  public let options: HNSWOptions
  /// How many products of codes making it took: its cost, the same on every machine and with any
  /// number of threads.
  public let productCount: Int
  /// Rows that were put in by a search for their neighbours when it was made, while the others kept
  /// their links; 0 where it was read.
  public let insertedRows: Int
  /// Products of one byte with another that making it took, as ``GraphPlan/operations`` estimates
  /// them.
  public var operations: Double { Double(productCount) * Double(layout.stride) }
  let layout: GraphLayout
  let view: GraphView
  let pool: GraphScratchPool
  /// The square of the mean row's length.
  let meanSquare: Float
  /// The node of each row, made for the first search that needs it.
  let places = LazyPlaces()

  /// The number of rows.
  public var count: Int { layout.count }
  /// The number of components of a row.
  public var dimension: Int { layout.dimension }
  /// The size of the stored form.
  public var byteCount: Int { bytes.count }
  /// How many nodes each level has, lowest first.
  public var levelCounts: [Int] { layout.levelCounts }

  /// Opens a stored graph in place.
  ///
  /// - Parameters:
  ///   - bytes: What ``bytes`` of a built graph were.
  ///   - rows: The vectors that it was built of; their contents are not compared.
  /// - Throws: `BinaryCodingError` for bytes that are not a whole graph,
  ///   ``GraphError/otherRows(expectedCount:expectedDimension:gotCount:gotDimension:)``.
  /// - Complexity: One pass over the links.
  public init(decoding bytes: SharedBytes, rows: VectorRows) throws {
    let (layout, options, productCount) = try GraphLayout.read(bytes.bytes)
    guard layout.count == rows.count, layout.dimension == rows.dimension else {
      throw GraphError.otherRows(
        expectedCount: layout.count, expectedDimension: layout.dimension, gotCount: rows.count,
        gotDimension: rows.dimension)
    }
    self.init(
      bytes: bytes, layout: layout, options: options, productCount: productCount, rows: rows)
    try checkLinks()
    try checkRows()
  }

  /// A graph whose bytes are known to be whole.
  init(
    bytes: SharedBytes, layout: GraphLayout, options: HNSWOptions, productCount: Int,
    insertedRows: Int = 0, rows: VectorRows
  ) {
    self.productCount = productCount
    self.insertedRows = insertedRows
    self.bytes = bytes
    self.layout = layout
    self.options = options
    self.rows = rows
    let base = UnsafeRawPointer(bytes.base)
    view = GraphView(
      count: layout.count, m: layout.m, stride: layout.stride,
      codes: (base + layout.codesOffset).assumingMemoryBound(to: UInt8.self),
      terms: (base + layout.termsOffset).assumingMemoryBound(to: Float.self),
      links: (base + layout.linksOffset).assumingMemoryBound(to: UInt32.self),
      upper: layout.upperOffsets.map { (base + $0).assumingMemoryBound(to: UInt32.self) })
    pool = GraphScratchPool(count: layout.count, degree: layout.degree, stride: layout.stride)
    meanSquare = Float(
      ck_sum_of_squares(
        Int64(layout.dimension),
        (base + layout.meanOffset).assumingMemoryBound(to: Float.self)))
  }

  /// The row of each node.
  var rowOfNode: UnsafePointer<UInt32> {
    UnsafeRawPointer(bytes.base + layout.rowsOffset).assumingMemoryBound(to: UInt32.self)
  }

  var mean: UnsafePointer<Float> {
    UnsafeRawPointer(bytes.base + layout.meanOffset).assumingMemoryBound(to: Float.self)
  }

  /// Every link leads to a node of its level, and none follows an unused one.
  private func checkLinks() throws(BinaryCodingError) {
    for (level, nodes) in layout.levelCounts.enumerated() {
      for node in 0..<nodes {
        let (base, capacity) = view.links(of: node, level: level)
        var ended = false
        for at in 0..<capacity {
          if base[at] == GraphLayout.none {
            ended = true
          } else if ended || Int(base[at]) >= nodes {
            throw .invalid(
              format: GraphLayout.format,
              what: "a link of node \(node) on level \(level) leads "
                + "nowhere")
          }
        }
      }
    }
  }

  /// Every row has one node.
  private func checkRows() throws(BinaryCodingError) {
    var seen = [Bool](repeating: false, count: count)
    for node in 0..<count {
      let row = Int(rowOfNode[node])
      guard row < count, !seen[row] else {
        throw .invalid(format: GraphLayout.format, what: "node \(node) has no row of its own")
      }
      seen[row] = true
    }
  }
}
