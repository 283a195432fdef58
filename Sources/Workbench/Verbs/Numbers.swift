import Artifacts
import Evaluation
import Glibc
import Language

/// What the statistics verbs share: numbers, measured or not, in lists and columns.
enum Numbers {
  /// The items, each of which has to be a number.
  static func checked(_ items: [Value]) throws -> [Value] {
    for (index, item) in items.enumerated() where item.point == nil {
      throw VerbError(
        "expected numbers, but item \(index) is \(item.typeName)", parameter: "values")
    }
    guard !items.isEmpty else { throw VerbError("the list is empty", parameter: "values") }
    return items
  }

  static func mean(_ items: [Value]) throws -> Value {
    let total = try sum(items)
    let scale = 1 / Double(items.count)
    switch total {
    case .measured(let measured): return .measured(measured * scale)
    default: return .number((total.point ?? .nan) / Double(items.count))
    }
  }

  static func sum(_ items: [Value]) throws -> Value {
    if items.contains(where: { if case .measured = $0 { true } else { false } }) {
      guard let first = items.first else { return .number(0) }
      return .measured(items.dropFirst().reduce(Measured(first)) { $0 + Measured($1) })
    }
    // Neumaier's compensated sum: the order of a list does not show in its mean.
    var sum = 0.0
    var lost = 0.0
    for item in items {
      let value = item.point ?? .nan
      let next = sum + value
      lost += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
      sum = next
    }
    return .number(sum + lost)
  }

  /// The first item that no other one beats, measured numbers by their points.
  static func extreme(
    _ items: [Value], _ beats: (Double, Double) -> Bool
  ) throws -> Value {
    var best = items[0]
    for item in items.dropFirst() where beats(item.point ?? .nan, best.point ?? .nan) {
      best = item
    }
    return best
  }

  static func median(_ items: [Value]) throws -> Value {
    let sorted = items.sorted { ($0.point ?? .nan) < ($1.point ?? .nan) }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1
      ? sorted[middle] : try mean([sorted[middle - 1], sorted[middle]])
  }

  /// A verb applied to every column that holds numbers only.
  static func columns(
    _ rows: [Record], _ apply: ([Value]) throws -> Value
  ) throws -> [(String, Value)] {
    let layout = TableLayout(rows: rows.map { .record($0) })
    var result: [(String, Value)] = []
    for (name, isNumeric) in zip(layout.headers, layout.isNumeric) where isNumeric {
      let values = rows.compactMap { $0[name] }.filter { $0.point != nil }
      if !values.isEmpty { result.append((name, try apply(values))) }
    }
    return result
  }

  /// A function of one number, over a number, its replicates, or the numbers of a list.
  static func each(
    _ value: Value, parameter: String, _ transform: (Double) throws -> Double
  ) throws -> Value {
    switch value {
    case .number(let number): return .number(try transform(number))
    case .measured(let measured):
      _ = try transform(measured.point)
      return .measured(measured.map { (try? transform($0)) ?? .nan })
    case .list(let items):
      return .list(try items.map { try each($0, parameter: parameter, transform) })
    default: throw VerbError("expected a number, got \(value.typeName)", parameter: parameter)
    }
  }

  static func logarithm(_ value: Double) -> Double { Glibc.log(value) }

  /// Two lists of numbers of equal length, given as such or as columns of a table.
  static func pairs(_ arguments: Arguments) throws -> ([Value], [Value]) {
    func numbers(_ values: [Value], _ parameter: String) throws -> [Value] {
      for value in values where value.point == nil {
        throw VerbError("expected numbers, got \(value.typeName)", parameter: parameter)
      }
      return values
    }
    if let x = try arguments.optionalString("x"), let y = try arguments.optionalString("y") {
      let rows = try arguments.table("first")
      return (
        try numbers(rows.map { try TableOperations.field(x, of: $0, parameter: "x") }, "x"),
        try numbers(rows.map { try TableOperations.field(y, of: $0, parameter: "y") }, "y")
      )
    }
    guard !arguments.isNone("second") else {
      throw VerbError(
        "expected a second list", help: "or a table with x: and y: naming its columns")
    }
    let first = try numbers(try arguments.list("first"), "first")
    let second = try numbers(try arguments.list("second"), "second")
    guard first.count == second.count else {
      throw VerbError(
        "the lists differ in length: \(first.count) and \(second.count)", parameter: "second")
    }
    return (first, second)
  }

  /// What pairs are known by, so that statistics of the same pairs are resampled alike.
  static func identity(_ x: [Double], _ y: [Double]) -> String {
    var hasher = KeyHasher(domain: "poise-pairs")
    for number in x + y { hasher.add(double: number) }
    return hasher.finish().hex
  }

  /// Positions of the keys in each bin between neighbouring edges.
  static func assign(_ keys: [Double], to edges: [Double]) -> [[Int]] {
    var bins = [[Int]](repeating: [], count: max(0, edges.count - 1))
    for (position, key) in keys.enumerated() {
      if let bin = Statistics.bin(of: key, edges: edges) { bins[bin].append(position) }
    }
    return bins
  }
}
