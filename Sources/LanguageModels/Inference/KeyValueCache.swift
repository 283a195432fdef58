import Synchronization

/// Keys and values of many sequences in one allocation, in blocks of positions that sequences with
/// the same beginning share.
///
/// A block holds [L, 2, G, S, D] floats of S positions: of each layer the keys, then the values,
/// head by head. A page of it that no position has reached was never touched, so the system has
/// given no memory for it.
final class KeyValueCache {
  /// S: positions of a block.
  static let blockPositions = 32

  let floats: UnsafeMutablePointer<Float>
  /// Floats of one block.
  let blockStride: Int
  let blockCount: Int
  private let configuration: DecoderConfiguration
  private var free: [Int]
  /// How many sequences use a block.
  private var uses: [Int]
  private var sequences: [Int: Entry] = [:]
  /// Positions that every sequence begins with.
  private(set) var prefixLength = 0
  /// Blocks of the prefix; all sequences share the whole ones, the last is copied where it is not
  /// full.
  private var prefixBlocks: [Int64] = []
  /// Sequences of all caches are numbered together, so that none is taken for another session's.
  private static let lastSequence = Atomic<Int>(0)

  struct Entry {
    var length = 0
    /// Where each block begins, in floats.
    var blocks: [Int64] = []
  }

  /// Floats of one block, for the estimate before it is made.
  static func blockStride(_ c: DecoderConfiguration) -> Int {
    c.layers * 2 * c.keyValueHeads * blockPositions * c.headDimension
  }

  init(_ configuration: DecoderConfiguration, blocks: Int) {
    self.configuration = configuration
    blockCount = blocks
    blockStride = Self.blockStride(configuration)
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: blocks * blockStride * MemoryLayout<Float>.stride, alignment: 64)
    floats = raw.bindMemory(to: Float.self, capacity: blocks * blockStride)
    free = Array((0..<blocks).reversed())
    uses = [Int](repeating: 0, count: blocks)
  }

  deinit { floats.deallocate() }

  var sequenceCount: Int { sequences.count }
  /// Blocks that no sequence uses.
  var freeBlocks: Int { free.count }

  /// The floats from a block's begin to the keys of one head of one layer.
  func keyOffset(layer: Int, head: Int) -> Int {
    (layer * 2 * configuration.keyValueHeads + head) * Self.blockPositions
      * configuration.headDimension
  }

  /// From a head's keys to its values.
  var valueDistance: Int {
    configuration.keyValueHeads * Self.blockPositions * configuration.headDimension
  }

  func begin() -> Int {
    // A part of a block is copied when the sequence first grows, so that beginning never fails.
    let whole = prefixBlocks.prefix(prefixLength / Self.blockPositions)
    for offset in whole { uses[Int(offset) / blockStride] += 1 }
    return add(Entry(length: prefixLength, blocks: Array(whole)))
  }

  /// Makes positions that every later sequence begins with; they are the cache's for good.
  ///
  /// - Parameters:
  ///   - length: P
  ///   - fill: Writes the position with the second number into the block with the first offset.
  /// - Throws: ``InferenceError/cacheFull(positions:)``.
  func setPrefix(_ length: Int, fill: (Int64, Int) -> Void) throws(InferenceError) {
    for _ in 0..<Self.blocks(length) { prefixBlocks.append(try takeBlock()) }
    for position in 0..<length { fill(prefixBlocks[position / Self.blockPositions], position) }
    prefixLength = length
  }

  private func add(_ entry: Entry) -> Int {
    let id = Self.lastSequence.wrappingAdd(1, ordering: .relaxed).newValue
    sequences[id] = entry
    return id
  }

  func entry(_ id: Int) throws(InferenceError) -> Entry {
    guard let entry = sequences[id] else { throw .unknownSequence }
    return entry
  }

  /// Another sequence with the same positions: whole blocks are shared, the last one is copied
  /// where it is not full.
  func fork(_ id: Int) throws(InferenceError) -> Int {
    var copy = try entry(id)
    let shared = copy.length / Self.blockPositions
    if copy.length % Self.blockPositions > 0, shared < copy.blocks.count {
      let block = try takeBlock()
      (floats + Int(block)).update(from: floats + Int(copy.blocks[shared]), count: blockStride)
      copy.blocks[shared] = block
    }
    for offset in copy.blocks[..<shared] { uses[Int(offset) / blockStride] += 1 }
    return add(copy)
  }

  func drop(_ id: Int) throws(InferenceError) {
    guard let entry = sequences.removeValue(forKey: id) else { throw .unknownSequence }
    release(entry.blocks[...])
  }

  /// Blocks that growing a sequence by `count` positions would take.
  func blocksNeeded(_ id: Int, by count: Int) throws(InferenceError) -> Int {
    let entry = try entry(id)
    return Self.blocks(entry.length + count) - entry.blocks.count
  }

  static func blocks(_ positions: Int) -> Int {
    (positions + blockPositions - 1) / blockPositions
  }

  /// Room for `count` more positions. Only the last block is ever written, and it is never shared.
  func reserve(_ id: Int, by count: Int) throws(InferenceError) {
    var entry = try entry(id)
    while entry.blocks.count < Self.blocks(entry.length + count) {
      let block = try takeBlock()
      if entry.blocks.count < prefixBlocks.count {
        let source = floats + Int(prefixBlocks[entry.blocks.count])
        (floats + Int(block)).update(from: source, count: blockStride)
      }
      entry.blocks.append(block)
    }
    sequences[id] = entry
  }

  /// The positions just written count from now on.
  func advance(_ id: Int, by count: Int) { sequences[id]?.length += count }

  /// Gives blocks past the sequence's length back, after work that was broken off.
  func trim(_ id: Int) {
    guard var entry = sequences[id] else { return }
    let kept = Self.blocks(entry.length)
    guard kept < entry.blocks.count else { return }
    release(entry.blocks[kept...])
    entry.blocks.removeSubrange(kept...)
    sequences[id] = entry
  }

  private func takeBlock() throws(InferenceError) -> Int64 {
    guard let block = free.popLast() else {
      throw .cacheFull(positions: blockCount * Self.blockPositions)
    }
    uses[block] = 1
    return Int64(block * blockStride)
  }

  private func release(_ blocks: ArraySlice<Int64>) {
    for offset in blocks {
      let block = Int(offset) / blockStride
      uses[block] -= 1
      if uses[block] == 0 { free.append(block) }
    }
  }
}
