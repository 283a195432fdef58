import Corpora
import Execution
import FoundationEssentials
import Glibc

/// Public data sets that are not part of the project: `$POISE_DATA`, or `../shared/data` beside
/// the package.
enum SharedData {
  static func path(_ set: String) -> String? {
    var candidates: [String] = []
    if let given = ProcessInfo.processInfo.environment["POISE_DATA"] { candidates.append(given) }
    let parts = #filePath.split(separator: "/").dropLast(3)
    candidates.append("/" + parts.joined(separator: "/") + "/../shared/data")
    return candidates.map { $0 + "/" + set }.first { access($0, R_OK) == 0 }
  }

  static func has(_ set: String) -> Bool { path(set) != nil }

  static func load(_ set: String) throws -> LoadedCollection {
    let found = try CollectionReader.detect(path: path(set) ?? set)
    return try CollectionReader().read(found, context: WorkContext())
  }
}

/// Means over the judged queries of a set, computed here so that they stand apart from the
/// metrics that the project reports.
struct PlainMetrics {
  var ndcg10 = 0.0
  var averagePrecision = 0.0

  init(_ run: Run, _ set: JudgedSet) {
    var judged = 0
    for ranking in run.rankings {
      let grades = set.grades(ofQuery: ranking.queryID).filter { $0.value > 0 }
      guard !grades.isEmpty else { continue }
      judged += 1
      var gain = 0.0
      var found = 0
      var precisions = 0.0
      for (place, entry) in ranking.entries.enumerated() {
        guard let grade = grades[entry.documentID] else { continue }
        if place < 10 { gain += Double(grade) / log2(Double(place + 2)) }
        found += 1
        precisions += Double(found) / Double(place + 1)
      }
      var ideal = 0.0
      for (place, grade) in grades.values.sorted(by: >).prefix(10).enumerated() {
        ideal += Double(grade) / log2(Double(place + 2))
      }
      ndcg10 += gain / ideal
      averagePrecision += precisions / Double(grades.count)
    }
    ndcg10 /= Double(max(1, judged))
    averagePrecision /= Double(max(1, judged))
  }
}
