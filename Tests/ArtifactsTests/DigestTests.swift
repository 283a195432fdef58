import Artifacts
import Testing

@Suite struct DigestTests {
  /// The examples of FIPS 180-4, and one of more than one block.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func knownDigests(text: String, hex: String) {
    #expect(Digest(hashing: Array(text.utf8)).hex == hex)
    #expect(Digest(hex: hex)?.hex == hex)
  }

  @Test func piecesMakeNoDifference() {
    var random = TestRandom(state: 1)
    let bytes = random.bytes(5000)
    for _ in 0..<50 {
      var stream = DigestStream()
      var start = 0
      while start < bytes.count {
        let end = min(bytes.count, start + Int.random(in: 1...700, using: &random))
        stream.add(Array(bytes[start..<end]))
        start = end
      }
      #expect(stream.finish() == Digest(hashing: bytes))
    }
  }

  @Test func aCopyOfAStreamGoesItsOwnWay() {
    var stream = DigestStream()
    stream.add(Array("ab".utf8))
    var copy = stream
    copy.add(Array("x".utf8))
    stream.add(Array("c".utf8))
    #expect(stream.finish() == Digest(hashing: Array("abc".utf8)))
    #expect(stream.finish() == Digest(hashing: Array("abc".utf8)))
    #expect(copy.finish() == Digest(hashing: Array("abx".utf8)))
  }

  @Test(arguments: [
    "", "ab", String(repeating: "a", count: 63), String(repeating: "a", count: 65),
    String(repeating: "A", count: 64), String(repeating: "a", count: 63) + "g",
    "../" + String(repeating: "a", count: 61), String(repeating: "a", count: 62) + "é",
    String(repeating: "a", count: 63) + "\0",
  ])
  func onlySixtyFourLowercaseDigitsAreADigest(text: String) {
    #expect(Digest(hex: text) == nil)
  }

  @Test func bytesHexAndOrderAgree() throws {
    var random = TestRandom(state: 2)
    var digests: [Digest] = []
    for _ in 0..<200 {
      let bytes = random.bytes(32)
      let digest = try #require(Digest(bytes: bytes))
      #expect(digest.bytes == bytes)
      #expect(Digest(hex: digest.hex) == digest)
      #expect(digest.short == String(digest.hex.prefix(12)))
      digests.append(digest)
    }
    #expect(digests.sorted().map(\.hex) == digests.map(\.hex).sorted())
    #expect(Digest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
  }
}

@Suite struct KeyHasherTests {
  /// What can be added to a key.
  enum Item: Hashable {
    case string(String)
    case bytes([UInt8])
    case int(Int)
    case double(UInt64)
    case bool(Bool)
    case none
    case digest(Int)
    case list([Item])
    case record([String: Item])

    func add(to hasher: inout KeyHasher) {
      switch self {
      case .string(let text): hasher.add(string: text)
      case .bytes(let bytes): hasher.add(bytes: bytes)
      case .int(let value): hasher.add(int: value)
      case .double(let bits): hasher.add(double: Double(bitPattern: bits))
      case .bool(let value): hasher.add(bool: value)
      case .none: hasher.addNone()
      case .digest(let number): hasher.add(digest: testKey("\(number)"))
      case .list(let items):
        hasher.begin(list: items.count)
        for item in items { item.add(to: &hasher) }
      case .record(let fields):
        hasher.begin(record: fields.count)
        for (name, item) in fields.sorted(by: { $0.key < $1.key }) {
          hasher.add(string: name)
          item.add(to: &hasher)
        }
      }
    }

    /// Small and alike on purpose, so that a weak encoding would collide.
    static func random(_ random: inout TestRandom, depth: Int) -> Item {
      switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
      case 0: return .string(["", "a", "b", "ab", "1", "\0"].randomElement(using: &random) ?? "")
      case 1:
        return .bytes([[], [0], [97], [0, 0], [97, 98]].randomElement(using: &random) ?? [])
      case 2: return .int(Int.random(in: -1...2, using: &random))
      case 3: return .double(Double(Int.random(in: -1...2, using: &random)).bitPattern)
      case 4: return .bool(Bool.random(using: &random))
      case 5: return .none
      case 6: return .digest(Int.random(in: 0...1, using: &random))
      case 7: return .list(list(&random, depth: depth - 1))
      default:
        let names = ["a", "b", ""].filter { _ in Bool.random(using: &random) }
        var fields: [String: Item] = [:]
        for name in names { fields[name] = .random(&random, depth: depth - 1) }
        return .record(fields)
      }
    }

    static func list(_ random: inout TestRandom, depth: Int) -> [Item] {
      (0..<Int.random(in: 0...3, using: &random)).map { _ in .random(&random, depth: depth) }
    }
  }

  private func key(_ items: [Item], domain: String = "test") -> Digest {
    var hasher = KeyHasher(domain: domain)
    for item in items { item.add(to: &hasher) }
    return hasher.finish()
  }

  @Test func differentSequencesNeverCollide() {
    var random = TestRandom(state: 3)
    var seen: [Digest: [Item]] = [:]
    for _ in 0..<20_000 {
      let items = Item.list(&random, depth: 3)
      let key = key(items)
      if let other = seen[key] { #expect(other == items) }
      seen[key] = items
    }
    #expect(Set(seen.values).count == seen.count)
    #expect(seen.count > 5000)
  }

  @Test func lookAlikesDiffer() {
    let groups: [[Item]] = [
      [.string("ab"), .string("c")], [.string("a"), .string("bc")], [.string("abc")],
      [.bytes([97, 98, 99])], [.int(1)], [.double((1.0).bitPattern)], [.bool(true)],
      [.string("1")], [.none], [], [.string("")], [.bytes([])], [.list([])], [.record([:])],
      [.list([.int(1), .int(2)])], [.list([.int(1)]), .int(2)], [.list([.list([.int(1)])])],
      [.list([.string("a"), .int(1)])], [.record(["a": .int(1)])], [.int(0)], [.bool(false)],
      // A string that looks like two, had they no lengths.
      [.string("a\u{1}\0\0\0\0\0\0\0\0b")], [.string("a"), .string("b")],
      [.string("a\u{1}\u{1}\0\0\0\0\0\0\0b")], [.double(0)], [.string("e\u{301}")], [.string("é")],
    ]
    #expect(Set(groups.map { key($0) }).count == groups.count)
    #expect(key([.int(1)], domain: "a") != key([.int(1)], domain: "b"))
    #expect(key([.string("b")], domain: "a") != key([], domain: "ab"))
  }

  @Test func equalNumbersAreEqual() {
    func key(_ value: Double) -> Digest {
      var hasher = KeyHasher(domain: "test")
      hasher.add(double: value)
      return hasher.finish()
    }
    #expect(key(-0.0) == key(0.0))
    #expect(key(.nan) == key(-Double.nan))
    #expect(key(.nan) == key(Double(nan: 5, signaling: false)))
    #expect(key(.infinity) != key(-.infinity))
    #expect(key(0.1 + 0.2) != key(0.3))
  }

  /// Stored keys outlive this program: the written form must never change unnoticed. The bytes
  /// behind the digests were put together by hand from the type's description.
  @Test func pinnedKeys() {
    func word(_ value: UInt64) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var bytes: [UInt8] = [0] + word(4) + Array("test".utf8)
    bytes += [1] + word(2) + Array("ab".utf8)
    bytes += [2] + word(1) + [7]
    bytes += [3] + word(8) + word(UInt64(bitPattern: -2))
    bytes += [4] + word(8) + word((1.5).bitPattern)
    bytes += [5] + word(8) + word(1)
    bytes += [6] + word(0)
    bytes += [7] + word(32) + testKey("1").bytes
    bytes += [8] + word(8) + word(1) + [6] + word(0)
    bytes += [9] + word(8) + word(1) + [1] + word(1) + Array("n".utf8) + [6] + word(0)
    let key = key([
      .string("ab"), .bytes([7]), .int(-2), .double((1.5).bitPattern), .bool(true), .none,
      .digest(1), .list([.none]), .record(["n": .none]),
    ])
    #expect(key == Digest(hashing: bytes))
    #expect(key.hex == "f06eaa48e7ee7d2af1b85afee78667985e578eb2144489c9233af28de8bc20de")
  }
}

@Suite struct ByteSizeTests {
  @Test(arguments: [
    ("0", 0), ("4096", 4096), ("5GB", 5_000_000_000), ("500 MB", 500_000_000),
    ("1GiB", 1 << 30), ("1.5 kib", 1536), ("2g", 2_000_000_000), ("1_000B", 1000),
    ("0.5TB", 500_000_000_000), ("9223372036854775807", Int.max),
  ])
  func sizesThatAre(text: String, bytes: Int) {
    #expect(ByteSize.parse(text) == bytes)
  }

  @Test(arguments: [
    "", "GB", "-1", "1e9", "5 XB", "1.2.3", ".5GB", "1.", "nan", "inf", "0x10", "٣",
    "9223372036854775808", "9999999999TB", "9999999999.5TB", "5GBB",
  ])
  func sizesThatAreNone(text: String) {
    #expect(ByteSize.parse(text) == nil)
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (1550, "1.6 KB"), (999_960, "1.0 MB"),
    (5_000_000_000, "5.0 GB"), (Int.max, "9223372.0 TB"), (-5, "-5 B"),
  ])
  func sizesForPeople(bytes: Int, text: String) {
    #expect(ByteSize.format(bytes) == text)
  }
}
