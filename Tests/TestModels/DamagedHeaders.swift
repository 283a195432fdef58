import Execution

/// Stored bytes that begin with a header of JSON and its length, damaged in turn: cut short; with
/// another bit in the header; with another digit in it, which keeps the JSON whole and changes what
/// it says.
package func damagedHeaders(of bytes: [UInt8], count: Int, seed: UInt64) -> [[UInt8]] {
  let header = 8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
  var stream = RandomStream(seed: seed, purpose: "test/damaged-headers")
  return (0..<count).compactMap { round in
    var damaged = bytes
    switch round % 4 {
    case 0: return Array(damaged.prefix(stream.below(damaged.count)))
    case 1: damaged[stream.below(header)] ^= UInt8(1 << stream.below(8))
    default:
      let place = stream.below(header)
      guard (0x30...0x39).contains(damaged[place]) else { return nil }
      damaged[place] = UInt8(0x30 + stream.below(10))
    }
    return damaged
  }
}
