/// The byte strings of a vocabulary, by id and by contents. An id without a token has no entry.
///
/// Layout: all byte strings back to back in the order of ids, their starts, and an
/// open-addressing table of ids with linear probing, at most half full.
final class TokenTable: Sendable {
  /// The byte strings, one after the other.
  let pool: FixedBuffer<UInt8>
  /// Where the bytes of each id begin; one more than there are ids.
  let starts: FixedBuffer<UInt32>
  /// Whether an id has a token.
  let present: FixedBuffer<Bool>
  /// One more than the largest id.
  let count: Int
  private let slots: FixedBuffer<Int32>

  /// A table from (id, byte string) pairs with distinct ids in 0..<count.
  ///
  /// - Parameters:
  ///   - entries: The tokens.
  ///   - count: One more than the largest id.
  ///   - isFound: Which ids ``id(of:_:)`` may give; others are only known by id.
  init(_ entries: [(id: Int, bytes: [UInt8])], count: Int, isFound: (Int) -> Bool = { _ in true }) {
    var lengths = [Int](repeating: 0, count: count)
    for entry in entries { lengths[entry.id] = entry.bytes.count }
    let starts = FixedBuffer<UInt32>(repeating: 0, count: count + 1)
    var total = 0
    for id in 0..<count {
      starts.base[id] = UInt32(truncatingIfNeeded: total)
      total += lengths[id]
    }
    starts.base[count] = UInt32(truncatingIfNeeded: total)
    let pool = FixedBuffer<UInt8>(repeating: 0, count: total)
    let present = FixedBuffer<Bool>(repeating: false, count: count)
    let size = tableSize(atLeast: entries.count * 2)
    let slots = FixedBuffer<Int32>(repeating: -1, count: size)
    for entry in entries {
      let place = pool.base + Int(starts.base[entry.id])
      entry.bytes.withUnsafeBufferPointer { bytes in
        if let base = bytes.baseAddress { place.update(from: base, count: bytes.count) }
      }
      present.base[entry.id] = true
      guard isFound(entry.id) else { continue }
      var slot = Int(truncatingIfNeeded: hashed(place, entry.bytes.count)) & (size - 1)
      while slots.base[slot] >= 0 { slot = (slot + 1) & (size - 1) }
      slots.base[slot] = Int32(truncatingIfNeeded: entry.id)
    }
    self.pool = pool
    self.starts = starts
    self.present = present
    self.count = count
    self.slots = slots
  }

  /// The bytes of an id in 0..<count, valid while the table lives.
  @inline(__always) func bytes(_ id: Int) -> UnsafeBufferPointer<UInt8> {
    let start = Int(starts.base[id])
    return UnsafeBufferPointer(
      start: pool.base + start, count: Int(starts.base[id &+ 1]) &- start)
  }

  /// The id of a byte string, or -1. One probe sequence.
  @inline(__always) func id(of bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hashed(bytes, count)) & mask
    while true {
      let id = slots.base[slot]
      if id < 0 { return -1 }
      let start = Int(starts.base[Int(id)])
      if Int(starts.base[Int(id) &+ 1]) &- start == count {
        var at = 0
        while at < count, pool.base[start &+ at] == bytes[at] { at &+= 1 }
        if at == count { return id }
      }
      slot = (slot &+ 1) & mask
    }
  }

  /// The id of a byte string, or -1.
  func id(of bytes: [UInt8]) -> Int32 {
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return id(of: pool.base, 0) }
      return id(of: base, bytes.count)
    }
  }
}
