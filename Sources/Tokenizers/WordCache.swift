/// The tokens of words that were met before; words of up to 15 bytes.
///
/// A word is its own key: 16 bytes, the last one its length. An open-addressing table that grows
/// to ``WordCache/largest`` slots and is emptied when that is full, so that memory is bounded
/// whatever the text. Used by one call at a time.
final class WordCache: @unchecked Sendable {
  // Sendable because `TokenizerStorage.caches` hands each to one call at a time.
  static let largest = 1 << 17
  static let longestWord = 15
  private static let largestPool = 1 << 20

  struct Slot: BitwiseCopyable {
    var low: UInt64
    var high: UInt64
    /// The only token, or where the tokens begin in the pool.
    var start: Int32
    /// How many tokens; -1 where the slot is empty.
    var count: Int32
  }

  struct Key {
    var low: UInt64
    var high: UInt64
  }

  private var slots: UnsafeMutablePointer<Slot>
  private var mask: Int
  private var used = 0
  private var pool: [Int32] = []

  init() {
    slots = .allocate(capacity: 1024)
    mask = 1023
    slots.initialize(repeating: Slot(low: 0, high: 0, start: 0, count: -1), count: 1024)
  }

  deinit { slots.deallocate() }

  /// The slots for inner loops, valid until the next ``insert(_:_:)``.
  var view: View { View(slots: slots, mask: mask) }

  struct View {
    let slots: UnsafeMutablePointer<Slot>
    let mask: Int

    /// The slot of a word, or nil.
    @inline(__always) func slot(_ key: Key) -> Slot? {
      var place = WordCache.hash(key) & mask
      while true {
        let slot = slots[place]
        if slot.low == key.low, slot.high == key.high, slot.count >= 0 { return slot }
        if slot.count < 0 { return nil }
        place = (place &+ 1) & mask
      }
    }
  }

  @inline(__always) private static func hash(_ key: Key) -> Int {
    Int(
      truncatingIfNeeded: mixed(key.low ^ 0xA076_1D64_78BD_642F, key.high ^ 0xE703_7ED1_A0B4_28DB))
  }

  /// The tokens of a slot that has more or fewer than one.
  func tokens(_ slot: Slot) -> ArraySlice<Int32> {
    pool[Int(slot.start)..<Int(slot.start) + Int(slot.count)]
  }

  /// Adds a word that is not there.
  func insert(_ key: Key, _ ids: ArraySlice<Int32>) {
    if used * 2 >= mask { grow() }
    if pool.count + ids.count > Self.largestPool { removeAll() }
    var start = Int32(truncatingIfNeeded: pool.count)
    if ids.count == 1, let id = ids.first { start = id } else { pool.append(contentsOf: ids) }
    place(
      Slot(
        low: key.low, high: key.high, start: start, count: Int32(truncatingIfNeeded: ids.count)))
    used += 1
  }

  private func place(_ slot: Slot) {
    var place = Self.hash(Key(low: slot.low, high: slot.high)) & mask
    while slots[place].count >= 0 { place = (place + 1) & mask }
    slots[place] = slot
  }

  private func removeAll() {
    slots.update(repeating: Slot(low: 0, high: 0, start: 0, count: -1), count: mask + 1)
    pool.removeAll(keepingCapacity: true)
    used = 0
  }

  private func grow() {
    let size = mask + 1
    guard size < Self.largest else { return removeAll() }
    let old = slots
    slots = .allocate(capacity: size * 4)
    slots.initialize(repeating: Slot(low: 0, high: 0, start: 0, count: -1), count: size * 4)
    mask = size * 4 - 1
    for index in 0..<size where old[index].count >= 0 { place(old[index]) }
    old.deallocate()
  }

  /// The key of the word at `at`, of up to ``longestWord`` bytes; `end` is where reading must stop.
  @inline(__always)
  static func key(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ count: Int, _ end: Int) -> Key {
    var low: UInt64
    var high: UInt64
    if at &+ 16 <= end {
      let raw = UnsafeRawPointer(bytes)
      low = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      high = raw.loadUnaligned(fromByteOffset: at &+ 8, as: UInt64.self)
      let bits = UInt64(truncatingIfNeeded: count &* 8)
      // Smart shifts: by 64 or more they give zero.
      if bits < 64 {
        low &= (1 << bits) &- 1
        high = 0
      } else {
        high &= (1 << (bits &- 64)) &- 1
      }
    } else {
      low = 0
      high = 0
      var place = 0
      while place < count {
        let byte = UInt64(bytes[at &+ place])
        if place < 8 {
          low |= byte << UInt64(place &* 8)
        } else {
          high |= byte << UInt64((place &- 8) &* 8)
        }
        place &+= 1
      }
    }
    return Key(low: low, high: high | UInt64(truncatingIfNeeded: count) << 56)
  }
}
