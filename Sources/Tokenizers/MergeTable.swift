/// The merges of a byte-pair vocabulary by the two tokens that they join.
///
/// An open-addressing table of 16-byte slots with linear probing, at most half full.
final class MergeTable: Sendable {
  struct Slot: BitwiseCopyable {
    /// The left id in the high half, the right one in the low half; all ones where it is empty.
    var key: UInt64
    /// The rank in the high half, the id of what comes out in the low half.
    var value: UInt64
  }

  /// What ``Lookup/value(_:_:)`` gives for two tokens that no merge joins; above every rank.
  static let none = UInt64.max

  private let slots: FixedBuffer<Slot>

  /// A table; where a pair stands twice, the later merge counts.
  init(_ merges: [Merge]) {
    let size = tableSize(atLeast: merges.count * 2)
    slots = FixedBuffer(repeating: Slot(key: .max, value: Self.none), count: size)
    for (rank, merge) in merges.enumerated() {
      let key = Lookup.key(UInt32(bitPattern: merge.left), UInt32(bitPattern: merge.right))
      var slot = Lookup.hash(key) & (size - 1)
      while slots.base[slot].key != .max, slots.base[slot].key != key {
        slot = (slot + 1) & (size - 1)
      }
      let value = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merge.result))
      slots.base[slot] = Slot(key: key, value: value)
    }
  }

  /// A view for inner loops, valid while the table lives.
  var lookup: Lookup { Lookup(slots: slots.base, mask: slots.count - 1) }

  struct Lookup {
    let slots: UnsafeMutablePointer<Slot>
    let mask: Int

    @inline(__always) static func key(_ left: UInt32, _ right: UInt32) -> UInt64 {
      UInt64(left) << 32 | UInt64(right)
    }

    @inline(__always) static func hash(_ key: UInt64) -> Int {
      let product = key &* 0x9E37_79B9_7F4A_7C15
      return Int(truncatingIfNeeded: product ^ (product >> 32))
    }

    /// Rank and result of the merge of two tokens, or ``MergeTable/none``.
    @inline(__always) func value(_ left: UInt32, _ right: UInt32) -> UInt64 {
      let key = Self.key(left, right)
      var slot = Self.hash(key) & mask
      while true {
        let found = slots[slot]
        if found.key == key { return found.value }
        if found.key == .max { return MergeTable.none }
        slot = (slot &+ 1) & mask
      }
    }
  }
}

/// Two tokens that become one. The rank is the place in the list: lower ones go first.
struct Merge: Hashable, Sendable {
  var left: Int32
  var right: Int32
  var result: Int32
}
