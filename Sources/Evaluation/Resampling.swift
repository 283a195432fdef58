import Execution
import Synchronization

/// How often each of `count` items is drawn in each replicate of a bootstrap with replacement.
///
/// The draws depend on the identity and the number of items alone, so two results on the same
/// questions are resampled alike, and their difference is a paired one.
final class ResamplingCounts: Sendable {
  /// The number of items.
  let count: Int
  /// Replicates x items, row by row: how often the item was drawn; each row sums to `count`.
  private let table: [UInt8]

  private init(identity: String, count: Int) {
    self.count = count
    var random = RandomStream(seed: 0, purpose: "bootstrap/\(identity)/\(count)")
    table = [UInt8](unsafeUninitializedCapacity: Measured.replicateCount * count) {
      buffer, filled in
      buffer.initialize(repeating: 0)
      for replicate in 0..<Measured.replicateCount {
        let row = UnsafeMutableBufferPointer(
          rebasing: buffer[(replicate * count)..<((replicate + 1) * count)])
        var left = count
        while left > 0 {
          let item = random.below(count)
          // One item drawn more than 255 times has a probability below 1e-500.
          guard row[item] < .max else { continue }
          row[item] += 1
          left -= 1
        }
      }
      filled = Measured.replicateCount * count
    }
  }

  /// The mean of `values` in each replicate. `values` has `count` entries.
  ///
  /// Four partial sums in a fixed order: quick, and the same everywhere.
  func means(of values: [Double]) -> [Double] {
    guard values.count == count, count > 0 else { return [] }
    let scale = 1 / Double(count)
    return table.withUnsafeBufferPointer { table in
      values.withUnsafeBufferPointer { values in
        (0..<Measured.replicateCount).map { replicate in
          let row = UnsafeBufferPointer(
            rebasing: table[(replicate * count)..<((replicate + 1) * count)])
          var sums = (0.0, 0.0, 0.0, 0.0)
          var index = 0
          while index + 4 <= count {
            sums.0 += Double(row[index]) * values[index]
            sums.1 += Double(row[index + 1]) * values[index + 1]
            sums.2 += Double(row[index + 2]) * values[index + 2]
            sums.3 += Double(row[index + 3]) * values[index + 3]
            index += 4
          }
          while index < count {
            sums.0 += Double(row[index]) * values[index]
            index += 1
          }
          return ((sums.0 + sums.1) + (sums.2 + sums.3)) * scale
        }
      }
    }
  }

  /// Writes the items drawn in one replicate, in ascending order, into `indices`.
  func expand(_ replicate: Int, into indices: inout [Int]) {
    indices.removeAll(keepingCapacity: true)
    let start = replicate * count
    for item in 0..<count {
      for _ in 0..<table[start + item] { indices.append(item) }
    }
  }

  // MARK: Cache

  private struct Key: Hashable {
    let identity: String
    let count: Int
  }

  private struct Cache {
    var entries: [Key: ResamplingCounts] = [:]
    /// Least recently used first.
    var order: [Key] = []
    var bytes = 0
  }

  /// Many metrics share a data set; at most this many bytes of draws are kept between them.
  private static let cacheLimit = 64 << 20
  private static let cache = Mutex(Cache())

  /// The draws for an identity, from the cache where they are still there.
  ///
  /// Cost of a miss: `replicateCount` x `count` random numbers, and as many bytes.
  static func shared(identity: String, count: Int) -> ResamplingCounts {
    let key = Key(identity: identity, count: count)
    let known: ResamplingCounts? = cache.withLock { cache in
      guard let entry = cache.entries[key] else { return nil }
      cache.order.removeAll { $0 == key }
      cache.order.append(key)
      return entry
    }
    if let known { return known }
    let made = ResamplingCounts(identity: identity, count: count)
    guard made.table.count <= cacheLimit else { return made }
    cache.withLock { cache in
      guard cache.entries[key] == nil else { return }
      cache.entries[key] = made
      cache.order.append(key)
      cache.bytes += made.table.count
      while cache.bytes > cacheLimit, let oldest = cache.order.first {
        cache.order.removeFirst()
        cache.bytes -= cache.entries.removeValue(forKey: oldest)?.table.count ?? 0
      }
    }
    return made
  }
}
