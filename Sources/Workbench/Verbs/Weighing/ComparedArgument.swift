import Artifacts
import Evaluation
import Language

/// A comparison given to a verb: one, or one a seed.
struct ComparedArgument {
  let reports: [ComparisonReport]
  /// The values that the reports are, for their lineage.
  let values: [Value]
  /// What each report's seed is known by; none for one report.
  let seeds: [String]

  /// - Throws: `VerbError` for what is no comparison, or where seeds have different answerers.
  init(_ value: Value, parameter: String) throws {
    let values: [Value]
    if case .across(let across) = value {
      values = across.parts
      seeds = across.seeds.map { formatNumber($0) }
    } else {
      values = [value]
      seeds = []
    }
    self.values = values
    reports = try values.map { value in
      guard case .artifact(let handle) = value, handle.kind == .comparison else {
        throw VerbError(
          "expected a comparison, got \(value.typeName)", parameter: parameter,
          help: "make one with compare({…}, on: …)")
      }
      return try handle.object(as: ComparisonReport.self)
    }
    let names = reports.first?.arms.map(\.name) ?? []
    guard !names.isEmpty else {
      throw VerbError("the comparison has no answerers", parameter: parameter)
    }
    if let other = reports.first(where: { $0.arms.map(\.name) != names }) {
      throw VerbError(
        "the seeds compare different answerers: \(names.joined(separator: ", ")) and "
          + other.arms.map(\.name).joined(separator: ", "), parameter: parameter)
    }
  }

  /// Whether a value is a comparison, or one a seed.
  static func holds(_ value: Value) -> Bool {
    switch value {
    case .artifact(let handle): handle.kind == .comparison
    case .across(let across): across.parts.allSatisfy(holds)
    default: false
    }
  }

  /// The mean over seeds of what each report gives for an arm.
  func measured(_ arm: Int, _ number: (ComparisonReport, Int) throws -> Measured?) throws
    -> Measured?
  {
    let parts = try reports.compactMap { try number($0, arm) }
    guard parts.count == reports.count, let first = parts.first else { return nil }
    return seeds.isEmpty ? first : try Measured.overSeeds(parts, seeds: seeds)
  }
}
