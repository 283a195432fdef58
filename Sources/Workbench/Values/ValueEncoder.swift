package import Artifacts
import Evaluation
import Plotting

/// Writes values as bytes: tag, then fields, every count and length before its content.
///
/// The same value gives the same bytes on every machine, so they serve both as stored objects and
/// as what node keys hash. Artifacts stand as kind and digest; their contents are objects of their
/// own.
package struct ValueEncoder {
  package private(set) var bytes: [UInt8] = []
  /// Digests of the artifacts met, in order, without doubles.
  package private(set) var artifacts: [Digest] = []
  /// Whether anything met depends on a seed.
  package private(set) var isSeeded = false

  package init() {}

  package mutating func append(_ value: Value) throws {
    switch value {
    case .none: tag(.none)
    case .boolean(let value): tag(value ? .true : .false)
    case .number(let value):
      tag(.number)
      append(value)
    case .measured(let value):
      tag(.measured)
      append(value)
    case .string(let text):
      tag(.string)
      append(text)
    case .marked(let marked):
      tag(.marked)
      append(marked.text)
      append(marked.marks.count)
      for mark in marked.marks {
        append(mark.lowerBound)
        append(mark.upperBound)
      }
    case .list(let items):
      tag(.list)
      append(items.count)
      for item in items { try append(item) }
    case .record(let record):
      tag(.record)
      try append(record)
    case .artifact(let handle):
      tag(.artifact)
      append(handle.kind.rawValue)
      bytes += handle.digest.bytes
      bytes.append(handle.isSeeded ? 1 : 0)
      if !artifacts.contains(handle.digest) { artifacts.append(handle.digest) }
      if handle.isSeeded { isSeeded = true }
    case .option(let option):
      tag(.option)
      append(option.verb)
      append(option.version)
      try append(option.arguments)
    case .plot: throw VerbError("a plot can't be an argument or a stored result")
    case .function(let function):
      tag(.function)
      append(function.name)
      append(function.identity)
    case .across(let across):
      tag(.across)
      append(across.seeds.count)
      for (seed, part) in zip(across.seeds, across.parts) {
        append(seed)
        try append(part)
      }
    }
  }

  private mutating func append(_ measured: Measured) {
    append(measured.point)
    append(measured.seeds)
    append(measured.questions)
    append(measured.range == nil ? 0 : 1)
    if let range = measured.range {
      append(range.lowerBound)
      append(range.upperBound)
    }
    append(measured.spreads.count)
    for spread in measured.spreads {
      append(spread.list)
      append(spread.deviations.count)
      for deviation in spread.deviations { append(deviation) }
    }
    append(measured.replicates.count)
    for replicate in measured.replicates { append(replicate) }
    if measured.seeds > 0 { isSeeded = true }
  }

  package mutating func append(_ record: Record) throws {
    append(record.headline ?? "")
    append(record.names.count)
    for (name, value) in record.fields {
      append(name)
      try append(value)
    }
  }

  package mutating func append(_ text: String) {
    append(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  /// Bytes of an object's own coding.
  package mutating func append(_ object: [UInt8]) {
    append(object.count)
    bytes += object
  }

  package mutating func append(_ count: Int) {
    withUnsafeBytes(of: UInt64(bitPattern: Int64(count)).littleEndian) {
      bytes.append(contentsOf: $0)
    }
  }

  package mutating func append(_ number: Double) {
    // -0 equals 0 and every NaN is one NaN, so that equal values have equal keys.
    let canonical = number == 0 ? 0 : number.isNaN ? Double.nan : number
    withUnsafeBytes(of: canonical.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private mutating func tag(_ tag: ValueTag) { bytes.append(tag.rawValue) }
}

/// The first byte of an encoded value.
package enum ValueTag: UInt8 {
  case none = 0
  case `false`, `true`, number, measured, string, marked, list, record, artifact, option, function
  case across
}
