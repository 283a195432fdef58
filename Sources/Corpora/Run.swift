import Bytes

/// What a retriever returned for a set of queries, best first.
public struct Run: Sendable, Hashable {
  /// What made it; the last column of a TREC run file.
  public var tag: String
  /// One ranking a query, in the order of the queries.
  public var rankings: [Ranking]

  /// A run of its parts.
  public init(tag: String, rankings: [Ranking]) {
    self.tag = tag
    self.rankings = rankings
  }

  /// The ranking of a query, or nil. O(queries).
  public func ranking(ofQuery id: String) -> Ranking? {
    rankings.first { $0.queryID == id }
  }

  /// The documents returned for one query.
  public struct Ranking: Sendable, Hashable {
    /// The query.
    public var queryID: String
    /// The documents, best first.
    public var entries: [Entry]

    /// A ranking of its parts.
    public init(queryID: String, entries: [Entry]) {
      self.queryID = queryID
      self.entries = entries
    }
  }

  /// One returned document.
  public struct Entry: Sendable, Hashable {
    /// The document.
    public var documentID: String
    /// Its score; higher is better.
    public var score: Double

    /// An entry of its parts.
    public init(documentID: String, score: Double) {
      self.documentID = documentID
      self.score = score
    }
  }
}

extension Run {
  private static let magic: StaticString = "poiseRUN"
  private static let version: UInt32 = 1

  /// The stored form. Equal runs have equal bytes.
  public func encoded() -> [UInt8] {
    var writer = BinaryWriter(magic: Self.magic, version: Self.version)
    writer.put(tag)
    writer.put(UInt64(rankings.count))
    for ranking in rankings {
      writer.put(ranking.queryID)
      writer.put(UInt64(ranking.entries.count))
      for entry in ranking.entries {
        writer.put(entry.documentID)
        writer.put(entry.score)
      }
    }
    return writer.bytes
  }

  /// Reads a stored run.
  ///
  /// - Throws: ``BinaryCodingError`` for anything ``encoded()`` does not write.
  public init(decoding bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { bytes throws -> Run in
      var reader = try BinaryReader(
        bytes, magic: Self.magic, version: Self.version, format: "run")
      let tag = try reader.string()
      let count = try reader.count(each: 16)
      var rankings: [Ranking] = []
      rankings.reserveCapacity(count)
      for _ in 0..<count {
        let query = try reader.string()
        let entryCount = try reader.count(each: 16)
        var entries: [Entry] = []
        entries.reserveCapacity(entryCount)
        for _ in 0..<entryCount {
          entries.append(
            Entry(documentID: try reader.string(), score: try reader.double()))
        }
        rankings.append(Ranking(queryID: query, entries: entries))
      }
      try reader.end()
      return Run(tag: tag, rankings: rankings)
    }
  }
}
