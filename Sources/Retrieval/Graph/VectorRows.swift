/// Vectors in memory: `count` rows of `dimension` float32, row after row, which an owner keeps.
///
/// `@unchecked Sendable`: nothing writes to the numbers while their owner lives.
public struct VectorRows: @unchecked Sendable {
  /// count × dimension numbers, valid while ``owner`` lives.
  package let base: UnsafePointer<Float>
  /// The number of rows.
  public let count: Int
  /// The number of components of a row.
  public let dimension: Int
  private let owner: any AnyObject & Sendable

  /// Views numbers that `owner` keeps readable and unchanged for as long as it lives.
  package init(
    base: UnsafePointer<Float>, count: Int, dimension: Int, owner: any AnyObject & Sendable
  ) {
    self.base = base
    self.count = max(0, count)
    self.dimension = max(0, dimension)
    self.owner = owner
  }

  package func row(_ index: Int) -> UnsafePointer<Float> { base + index &* dimension }
}
