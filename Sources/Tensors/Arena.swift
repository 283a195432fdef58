/// Memory for the values of one step: given out in order, taken back all at once, and kept.
///
/// The first step finds out how much a step takes; from the second on nothing is allocated.
/// Owned by one thread at a time.
final class Arena {
  /// A run of floats; the arena never gives less than asked.
  typealias Run = UnsafeMutablePointer<Float>

  private struct Chunk {
    let base: Run
    let capacity: Int
  }

  private static let alignment = 64
  private static let smallestChunk = 1 << 18

  private var chunks: [Chunk] = []
  private var chunkIndex = 0
  private var used = 0
  /// Runs that were given back within the step, by size.
  private var free: [Int: [Run]] = [:]
  private var inUse = 0

  /// How often memory was asked from the system; tests hold it still after the first step.
  private(set) var systemAllocations = 0
  /// Floats held, used or not.
  var capacity: Int { chunks.reduce(0) { $0 + $1.capacity } }

  deinit { for chunk in chunks { chunk.base.deallocate() } }

  /// Room for `count` floats, aligned to 64 bytes, with any contents.
  func take(_ count: Int) -> Run {
    let size = Self.rounded(count)
    inUse += size
    if let run = free[size]?.popLast() { return run }
    while chunkIndex < chunks.count {
      let chunk = chunks[chunkIndex]
      if chunk.capacity - used >= size {
        defer { used += size }
        return chunk.base + used
      }
      chunkIndex += 1
      used = 0
    }
    addChunk(max(size, max(Self.smallestChunk, capacity / 2)))
    used = size
    return chunks[chunkIndex].base
  }

  /// Gives a run of `count` floats back before the step ends.
  func giveBack(_ run: Run, _ count: Int) {
    let size = Self.rounded(count)
    inUse -= size
    free[size, default: []].append(run)
  }

  /// Takes everything back. What was spread over several chunks becomes one.
  func reset() {
    for key in free.keys { free[key]?.removeAll(keepingCapacity: true) }
    inUse = 0
    if chunks.count > 1 {
      let total = chunks[..<min(chunkIndex + 1, chunks.count)].reduce(0) { $0 + $1.capacity }
      for chunk in chunks { chunk.base.deallocate() }
      chunks.removeAll()
      addChunk(total)
    }
    chunkIndex = 0
    used = 0
  }

  private func addChunk(_ capacity: Int) {
    systemAllocations += 1
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: capacity * MemoryLayout<Float>.stride, alignment: Self.alignment)
    chunks.append(
      Chunk(base: raw.bindMemory(to: Float.self, capacity: capacity), capacity: capacity))
    chunkIndex = chunks.count - 1
    used = 0
  }

  private static func rounded(_ count: Int) -> Int { (max(count, 1) + 15) & ~15 }
}
