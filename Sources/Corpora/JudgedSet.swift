import Bytes

/// A data set for evaluation: queries, and which documents are relevant to each.
public struct JudgedSet: Sendable, Hashable {
  /// What it is called within its collection, such as `test`.
  public var name: String
  /// What results are paired by: two evaluations on sets of the same identity are on the same
  /// queries. Readers set it to the collection's and the set's name; whoever knows the content's
  /// digest sets that.
  public var identity: String
  /// The queries, in file order.
  public var queries: [Query]
  /// For each query's id, the grade of each judged document's id. Grades above zero are
  /// relevant, more so the higher; the rest are judged not relevant. Documents need not exist.
  public var judgements: [String: [String: Int]]

  /// A set of its parts.
  public init(
    name: String, identity: String, queries: [Query], judgements: [String: [String: Int]]
  ) {
    self.name = name
    self.identity = identity
    self.queries = queries
    self.judgements = judgements
  }

  /// The number of judgements of all queries.
  public var judgementCount: Int { judgements.values.reduce(0) { $0 + $1.count } }

  /// The grades of a query's documents; empty where nothing was judged.
  public func grades(ofQuery id: String) -> [String: Int] { judgements[id] ?? [:] }
}

extension JudgedSet {
  private static let magic: StaticString = "poiseJDG"
  private static let version: UInt32 = 2

  /// The stored form: name, identity, queries in order, then judgements in ascending order of
  /// query id and document id. Equal sets have equal bytes.
  public func encoded() -> [UInt8] {
    var writer = BinaryWriter(magic: Self.magic, version: Self.version)
    writer.put(name)
    writer.put(identity)
    writer.put(UInt64(queries.count))
    for query in queries {
      writer.put(query.id)
      writer.put(query.text)
      writer.put(query.answers)
      writer.put(query.evidence)
      writer.put(String(decoding: query.fields.json, as: UTF8.self))
    }
    writer.put(UInt64(judgements.count))
    for (query, grades) in judgements.sorted(by: { idPrecedes($0.key, $1.key) }) {
      writer.put(query)
      writer.put(UInt64(grades.count))
      for (document, grade) in grades.sorted(by: { idPrecedes($0.key, $1.key) }) {
        writer.put(document)
        writer.put(Int64(grade))
      }
    }
    return writer.bytes
  }

  /// Reads a stored set.
  ///
  /// - Throws: ``BinaryCodingError`` for anything ``encoded()`` does not write.
  public init(decoding bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { bytes throws -> JudgedSet in
      var reader = try BinaryReader(
        bytes, magic: Self.magic, version: Self.version, format: "judged set")
      let name = try reader.string()
      let identity = try reader.string()
      var queries: [Query] = []
      let count = try reader.count(each: 40)
      queries.reserveCapacity(count)
      for _ in 0..<count {
        queries.append(
          Query(
            id: try reader.string(), text: try reader.string(), answers: try reader.strings(),
            evidence: try reader.strings(),
            fields: DocumentFields(json: Array(try reader.string().utf8))))
      }
      var judgements: [String: [String: Int]] = [:]
      for _ in 0..<(try reader.count(each: 16)) {
        let query = try reader.string()
        guard judgements[query] == nil else {
          throw BinaryCodingError.invalid(
            format: reader.format, what: "query \"\(query)\" is judged twice")
        }
        var grades: [String: Int] = [:]
        for _ in 0..<(try reader.count(each: 16)) {
          let document = try reader.string()
          let grade = Int(try reader.number(Int64.self))
          guard grades.updateValue(grade, forKey: document) == nil else {
            throw BinaryCodingError.invalid(
              format: reader.format, what: "document \"\(document)\" is judged twice")
          }
        }
        judgements[query] = grades
      }
      try reader.end()
      return JudgedSet(
        name: name, identity: identity, queries: queries, judgements: judgements)
    }
  }
}
