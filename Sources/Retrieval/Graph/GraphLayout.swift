import Bytes

/// Where the sections of a stored graph lie. All numbers are little-endian; sections begin at
/// multiples of 64 bytes, and what lies between them is zero.
///
/// 1. Header: magic, version, m, count, dimension, number of levels, ef_construction, seed, total
///    bytes, products of codes that building took; then from byte 64 on the number of nodes of each level, lowest first, 8 bytes each.
/// 2. Mean of the rows, float32.
/// 3. The row of each node, 4 bytes.
/// 4. Terms: the scale of a node's code, and its row's product with the mean; two float32.
/// 5. Links of the lowest level: 2m node numbers of 4 bytes a node, unused ones all ones, last.
/// 6. Links of the higher levels, one level after the other: m node numbers a node.
/// 7. Codes: a byte a component, padded with 128 to a multiple of 64.
///
/// Nodes are numbered so that each level's nodes are the first ones; node 0 is the entry.
struct GraphLayout: Sendable, Hashable {
  static let magic: StaticString = "POISEGRF"
  static let version: UInt32 = 1
  static let format = "graph index"
  static let headerBytes = 64
  static let mostRows = Int(Int32.max) - 1
  static let dimensions = 1...65_536
  static let mostLevels = 32
  static let none = UInt32.max

  let count: Int
  let dimension: Int
  let m: Int
  /// Nodes of each level, lowest first; empty for a graph without nodes.
  let levelCounts: [Int]

  let meanOffset: Int
  let rowsOffset: Int
  let termsOffset: Int
  let linksOffset: Int
  /// The first byte of each level's links, level 1 first.
  let upperOffsets: [Int]
  let codesOffset: Int
  let totalBytes: Int

  var stride: Int { Self.stride(dimension: dimension) }
  var degree: Int { 2 * m }

  static func stride(dimension: Int) -> Int { (dimension + 63) / 64 * 64 }

  /// Lays out a graph; counts are within bounds that keep the sums far from overflow.
  init(dimension: Int, m: Int, levelCounts: [Int]) {
    self.dimension = dimension
    self.m = m
    self.levelCounts = levelCounts
    count = levelCounts.first ?? 0
    var end = Self.headerBytes
    func section(_ bytes: Int) -> Int {
      let start = (end + 63) / 64 * 64
      end = start + bytes
      return start
    }
    _ = section(8 * levelCounts.count)
    meanOffset = section(4 * dimension)
    rowsOffset = section(4 * count)
    termsOffset = section(8 * count)
    linksOffset = section(4 * 2 * m * count)
    upperOffsets = levelCounts.dropFirst().map { section(4 * m * $0) }
    codesOffset = section(Self.stride(dimension: dimension) * count)
    totalBytes = end
  }

  func writeHeader(to memory: GraphMemory, options: HNSWOptions, productCount: Int) {
    var writer = BinaryWriter(magic: Self.magic, version: Self.version)
    writer.put(UInt32(m))
    writer.put(UInt64(count))
    writer.put(UInt64(dimension))
    writer.put(UInt32(levelCounts.count))
    writer.put(UInt32(options.efConstruction))
    writer.put(options.seed)
    writer.put(UInt64(totalBytes))
    writer.put(UInt64(max(0, productCount)))
    for nodes in levelCounts { writer.put(UInt64(nodes)) }
    UnsafeMutableRawBufferPointer(start: memory.base, count: memory.count)
      .copyBytes(from: writer.bytes)
  }

  /// Reads the header, and checks that the bytes are as many as it says.
  static func read(
    _ bytes: UnsafeRawBufferPointer
  ) throws(BinaryCodingError) -> (layout: GraphLayout, options: HNSWOptions, productCount: Int) {
    var reader = try BinaryReader(bytes, magic: magic, version: version, format: format)
    let m = try reader.number(UInt32.self)
    let count = try reader.number(UInt64.self)
    let dimension = try reader.number(UInt64.self)
    let levels = try reader.number(UInt32.self)
    let efConstruction = try reader.number(UInt32.self)
    let seed = try reader.number(UInt64.self)
    let total = try reader.number(UInt64.self)
    let products = try reader.number(UInt64.self)
    guard count <= UInt64(mostRows), dimension <= UInt64(dimensions.upperBound), dimension > 0,
      levels <= UInt32(mostLevels), products <= UInt64(1) << 62, (levels == 0) == (count == 0)
    else { throw .invalid(format: format, what: "a size in its header is out of range") }
    let options: HNSWOptions
    do {
      options = try HNSWOptions(m: Int(m), efConstruction: Int(efConstruction), seed: seed)
    } catch {
      throw .invalid(format: format, what: "\(error)")
    }
    var levelCounts: [Int] = []
    for level in 0..<Int(levels) {
      let nodes = try reader.number(UInt64.self)
      guard nodes > 0, nodes <= UInt64(levelCounts.last ?? mostRows), level > 0 || nodes == count
      else { throw .invalid(format: format, what: "level \(level) has \(nodes) nodes") }
      levelCounts.append(Int(nodes))
    }
    let layout = GraphLayout(dimension: Int(dimension), m: Int(m), levelCounts: levelCounts)
    guard total == UInt64(layout.totalBytes), bytes.count == layout.totalBytes else {
      throw .truncated(
        format: format, expectedBytes: UInt64(layout.totalBytes), gotBytes: UInt64(bytes.count))
    }
    return (layout, options, Int(products))
  }
}
