package import Artifacts
import Evaluation

/// Reads what ``ValueEncoder`` wrote. The bytes may be hostile: every count is checked against
/// what is left before anything is allocated, and nesting is bounded.
package struct ValueDecoder {
  package struct Malformed: Error {
    package let offset: Int
    package let what: String
  }

  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  private var depth = 0
  /// Makes the handle of an artifact met in the bytes.
  private let handle: (ArtifactKind, Digest, Bool) -> ArtifactHandle

  package init(
    _ bytes: UnsafeRawBufferPointer,
    handle: @escaping (ArtifactKind, Digest, Bool) -> ArtifactHandle
  ) {
    self.bytes = bytes
    self.handle = handle
  }

  /// What has not been read yet.
  package var remaining: Slice<UnsafeRawBufferPointer> { bytes[offset...] }

  /// The one value in the bytes; anything behind it is an error.
  package mutating func decodeAll() throws -> Value {
    let value = try value()
    guard offset == bytes.count else { throw malformed("bytes behind the value") }
    return value
  }

  package mutating func value() throws -> Value {
    depth += 1
    defer { depth -= 1 }
    guard depth < 200 else { throw malformed("nesting") }
    guard let tag = ValueTag(rawValue: try byte()) else { throw malformed("tag") }
    switch tag {
    case .none: return .none
    case .false: return .boolean(false)
    case .true: return .boolean(true)
    case .number: return .number(try double())
    case .measured: return .measured(try measured())
    case .string: return .string(try string())
    case .marked: return .marked(try marked())
    case .list:
      let count = try count(unit: 1)
      var items: [Value] = []
      // Counts nest, so what each claims is not reserved on its word alone.
      items.reserveCapacity(min(count, 4096))
      for _ in 0..<count { items.append(try value()) }
      return .list(items)
    case .record: return .record(try record())
    case .artifact:
      guard let kind = ArtifactKind(rawValue: try string()) else { throw malformed("kind") }
      guard let digest = Digest(bytes: try take(32)) else { throw malformed("digest") }
      return .artifact(handle(kind, digest, try byte() != 0))
    case .option:
      let verb = try string()
      let version = try count(unit: 0)
      return .option(OptionValue(verb: verb, version: version, arguments: try record()))
    case .function:
      return .function(FunctionValue(name: try string(), identity: try string()))
    case .across:
      let count = try count(unit: 9)
      var seeds: [Double] = []
      var parts: [Value] = []
      for _ in 0..<count {
        seeds.append(try double())
        parts.append(try value())
      }
      return .across(AcrossSeeds(seeds: seeds, parts: parts))
    }
  }

  package mutating func record() throws -> Record {
    let headline = try string()
    let count = try count(unit: 9)
    // Fields are looked up one by one, and no notebook has records of more.
    guard count <= 10_000 else { throw malformed("count") }
    var fields: [(String, Value)] = []
    fields.reserveCapacity(min(count, 64))
    for _ in 0..<count { fields.append((try string(), try value())) }
    return Record(fields, headline: headline.isEmpty ? nil : headline)
  }

  package mutating func string() throws -> String {
    let length = try count(unit: 1)
    guard let text = String(validating: try take(length), as: UTF8.self) else {
      throw malformed("UTF-8")
    }
    return text
  }

  package mutating func object() throws -> [UInt8] { try take(count(unit: 1)) }

  package mutating func doubles(_ count: Int) throws -> [Double] {
    guard count <= (bytes.count - offset) / 8 else { throw malformed("count") }
    var numbers: [Double] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count { numbers.append(try double()) }
    return numbers
  }

  package mutating func double() throws -> Double { Double(bitPattern: try word()) }

  /// A count of things of which each takes at least `unit` bytes of what is left.
  package mutating func count(unit: Int) throws -> Int {
    let raw = Int64(bitPattern: try word())
    guard raw >= 0, raw <= Int64(Int32.max) else { throw malformed("count") }
    if unit > 0, Int(raw) > (bytes.count - offset) / unit { throw malformed("count") }
    return Int(raw)
  }

  private mutating func measured() throws -> Measured {
    let point = try double()
    let seeds = try count(unit: 0)
    let questions = try count(unit: 0)
    var range: ClosedRange<Double>?
    if try count(unit: 0) == 1 {
      let lower = try double()
      let upper = try double()
      guard lower <= upper else { throw malformed("range") }
      range = lower...upper
    }
    var spreads: [Measured.SeedSpread] = []
    for _ in 0..<(try count(unit: 16)) {
      spreads.append(
        Measured.SeedSpread(list: try string(), deviations: try doubles(count(unit: 8))))
    }
    return try Measured(
      point: point, replicates: try doubles(count(unit: 8)), seeds: seeds, questions: questions,
      spreads: spreads, range: range)
  }

  private mutating func marked() throws -> MarkedText {
    let text = try string()
    var marks: [Range<Int>] = []
    var last = 0
    for _ in 0..<(try count(unit: 16)) {
      let lower = try count(unit: 0)
      let upper = try count(unit: 0)
      guard lower >= last, upper >= lower, upper <= text.utf8.count else {
        throw malformed("marks")
      }
      marks.append(lower..<upper)
      last = upper
    }
    return MarkedText(text: text, marks: marks)
  }

  private mutating func byte() throws -> UInt8 {
    guard offset < bytes.count else { throw malformed("length") }
    defer { offset += 1 }
    return bytes[offset]
  }

  private mutating func word() throws -> UInt64 {
    guard bytes.count - offset >= 8 else { throw malformed("length") }
    defer { offset += 8 }
    return UInt64(
      littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  private mutating func take(_ count: Int) throws -> [UInt8] {
    guard count >= 0, count <= bytes.count - offset else { throw malformed("length") }
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  private func malformed(_ what: String) -> Malformed { Malformed(offset: offset, what: what) }
}
