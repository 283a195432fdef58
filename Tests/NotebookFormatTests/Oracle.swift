/// A second opinion on regions that shares no code with the module: lines, literal markers and a
/// SHA-256 of its own. It knows nothing of Markdown.
enum Oracle {
  /// A region found by its literal markers, with a checksum that holds.
  struct Region: Equatable {
    let id: String
    let out: [UInt8]
    let body: [UInt8]
  }

  struct Line: Equatable {
    var text: [UInt8]
    var ending: [UInt8]
  }

  static func lines(_ bytes: [UInt8]) -> [Line] {
    var result: [Line] = []
    var text: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == 13, index + 1 < bytes.count, bytes[index + 1] == 10 {
        result.append(Line(text: text, ending: [13, 10]))
        text = []
        index += 2
      } else if bytes[index] == 13 || bytes[index] == 10 {
        result.append(Line(text: text, ending: [bytes[index]]))
        text = []
        index += 1
      } else {
        text.append(bytes[index])
        index += 1
      }
    }
    if !text.isEmpty { result.append(Line(text: text, ending: [])) }
    return result
  }

  /// What is left of a text without the intact regions of some ids.
  static func strip(_ bytes: [UInt8], ids: Set<String>) -> (rest: [UInt8], regions: [Region]) {
    strip(bytes) { ids.contains($0.id) }
  }

  /// What is left of a text without some of the intact regions and the empty line before each,
  /// and those regions. Line endings at the end of the text don't count.
  static func strip(
    _ bytes: [UInt8], where isStripped: (Region) -> Bool
  ) -> (rest: [UInt8], regions: [Region]) {
    let lines = lines(bytes)
    var kept: [Line] = []
    var regions: [Region] = []
    var index = 0
    while index < lines.count {
      var text = lines[index].text
      let hasMark = index == 0 && text.starts(with: [0xEF, 0xBB, 0xBF])
      if hasMark { text.removeFirst(3) }
      if let (region, end) = region(at: index, opening: text, in: lines), isStripped(region) {
        if let last = kept.last, last.text.isEmpty { kept.removeLast() }
        if hasMark { kept.append(Line(text: [0xEF, 0xBB, 0xBF], ending: [])) }
        regions.append(region)
        index = end + 1
      } else {
        kept.append(lines[index])
        index += 1
      }
    }
    var rest = kept.flatMap { $0.text + $0.ending }
    while let last = rest.last, last == 10 || last == 13 { rest.removeLast() }
    return (rest, regions)
  }

  private static func region(
    at index: Int, opening: [UInt8], in lines: [Line]
  ) -> (Region, end: Int)? {
    let prefix = Array("<!-- poise:out ".utf8)
    guard opening.starts(with: prefix), opening.suffix(4).elementsEqual(" -->".utf8) else {
      return nil
    }
    let id = Array(opening[prefix.count...].prefix { $0 != 32 })
    guard opening[(prefix.count + id.count)...].starts(with: " key=".utf8) else { return nil }
    let endPrefix = Array("<!-- poise:end ".utf8) + id + Array(" sum=".utf8)
    for end in (index + 1)..<max(lines.count, index + 1) {
      let text = lines[end].text
      guard text.starts(with: endPrefix), text.count == endPrefix.count + 14,
        text.suffix(4).elementsEqual(" -->".utf8)
      else { continue }
      var body = lines[(index + 1)..<end].map(\.text)
      if body.first?.isEmpty == true { body.removeFirst() }
      if body.last?.isEmpty == true { body.removeLast() }
      let bytes = Array(body.joined(separator: [10]))
      if checksum(bytes).elementsEqual(text[endPrefix.count...].prefix(10)) {
        return (Region(id: String(decoding: id, as: UTF8.self), out: opening, body: bytes), end)
      }
    }
    return nil
  }

  /// The first ten characters of the base64url of the SHA-256.
  static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    let digest = sha256(bytes)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    return (0..<10).map { position in
      var value = 0
      for bit in position * 6..<position * 6 + 6 {
        value = value << 1 | Int(digest[bit / 8] >> (7 - bit % 8) & 1)
      }
      return alphabet[value]
    }
  }

  /// FIPS 180-4.
  static func sha256(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
      0x5be0_cd19,
    ]
    var data = message + [0x80]
    while data.count % 64 != 56 { data.append(0) }
    let length = UInt64(message.count) * 8
    data += (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * UInt64($0))) }
    var w = [UInt32](repeating: 0, count: 64)
    func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
    for block in stride(from: 0, to: data.count, by: 64) {
      for t in 0..<16 {
        w[t] = (0..<4).reduce(0) { $0 << 8 | UInt32(data[block + 4 * t + $1]) }
      }
      for t in 16..<64 {
        let a = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3
        let b = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10
        w[t] = w[t - 16] &+ a &+ w[t - 7] &+ b
      }
      var v = state
      for t in 0..<64 {
        let s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)
        let t1 = v[7] &+ s1 &+ (v[4] & v[5] ^ ~v[4] & v[6]) &+ constants[t] &+ w[t]
        let s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)
        let t2 = s0 &+ (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2])
        v = [t1 &+ t2, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
      }
      for i in 0..<8 { state[i] &+= v[i] }
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
    }
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = {
    var primes: [UInt64] = []
    var candidate: UInt64 = 2
    while primes.count < 64 {
      if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map { prime in
      // The integer cube root of prime x 2^96, by bisection; its low 32 bits are the fraction.
      var low: UInt64 = 0
      var high: UInt64 = 1 << 36
      while high - low > 1 {
        let middle = (low + high) / 2
        let cube = UInt128(middle) * UInt128(middle) * UInt128(middle)
        if cube <= UInt128(prime) << 96 { low = middle } else { high = middle }
      }
      return UInt32(truncatingIfNeeded: low)
    }
  }()
}
