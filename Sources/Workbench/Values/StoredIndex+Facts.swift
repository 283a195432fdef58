import Bytes
import Corpora
import Retrieval

extension StoredIndex {
  /// Such as `an hnsw index of 5,183 documents`.
  func summaryLine() throws -> String {
    let documents = counted(try documentCount(), "document")
    switch kind {
    case .bm25: return "a BM25 index of \(documents)"
    case .flat: return "a flat index of \(documents)"
    case .hnsw: return "an HNSW index of \(documents)"
    case .lateInteraction: return "a late-interaction index of \(documents)"
    case .fuse: return "a fusion of \(children.count) indexes of \(documents)"
    case .rerank: return "a reranked index of \(documents)"
    }
  }

  /// The value of a member; nil where there is none of that name.
  func member(_ name: String) throws -> Value? {
    switch name {
    case "count": return .number(Double(try documentCount()))
    case "terms", "postings":
      guard let index = try retriever() as? BM25Index else {
        throw VerbError(
          "this index has no \(name)", help: "indexes from bm25(…) have")
      }
      return .number(Double(name == "terms" ? index.termCount : index.postingCount))
    case "kind": return .string(kind.rawValue)
    case "bytes": return .number(Double(try byteCount()))
    case "documents":
      let rows = try retriever().documents.parts.flatMap { part in
        part.live.ranks.map(part.position(ofRank:)).sorted().map { position in
          let document = part.corpus[position]
          return [Value.string(document.id), .string(document.title), .string(document.text)]
        }
      }
      return .table(columns: ["id", "title", "text"], rows: rows)
    default: return nil
    }
  }

  /// How many documents count, without opening what searches read.
  private func documentCount() throws -> Int {
    guard children.isEmpty else { return try retriever().documentCount }
    return parts.reduce(0) { $0 + $1.count - Set($1.deleted).count }
  }

  /// Bytes of what searches read; the texts are not counted, nor is the encoder.
  func byteCount() throws -> Int {
    let own = try parts.flatMap(\.structures).reduce(0) { try $0 + bytes(of: $1) }
    return try children.reduce(own) { try $0 + $1.object(as: StoredIndex.self).byteCount() }
  }

  private func bytes(of handle: ArtifactHandle) throws -> Int {
    Int(try handle.member("bytes")?.point ?? 0)
  }

  /// What `describe` tells.
  package func facts() throws -> [(String, Value)] {
    let retriever = try retriever()
    var facts: [(String, Value)] = [
      ("kind", .string(kind.rawValue)), ("documents", .number(Double(retriever.documentCount))),
    ]
    for setting in settings.members ?? [] {
      facts.append((setting.name.replacing("_", with: " "), value(of: setting.value)))
    }
    if let index = retriever as? BM25Index {
      facts += [
        ("terms", .number(Double(index.termCount))),
        ("postings", .number(Double(index.postingCount))),
        ("mean length, terms", .number(index.averageLength)),
      ]
    }
    facts += try structureFacts()
    if let reader {
      facts.append((reader.kind.rawValue, .string(try reader.summaryLine())))
    }
    if parts.count > 1 || parts.contains(where: { !$0.deleted.isEmpty }) {
      facts += [
        ("parts", .number(Double(parts.count))),
        ("dead documents", .number(Double(parts.reduce(0) { $0 + $1.deleted.count }))),
      ]
    }
    for (place, child) in children.enumerated() {
      facts.append(("index \(place + 1)", .string(try child.summaryLine())))
    }
    facts.append(("bytes", .number(Double(try byteCount()))))
    return facts
  }

  /// Counts of what searches read and what making it took, which are the same on every machine;
  /// times are not, and belong to the ledger.
  private func structureFacts() throws -> [(String, Value)] {
    func counts(_ counts: [(String, Int)]) -> [(String, Value)] {
      counts.map { ($0.0, .number(Double($0.1))) }
    }
    let handles = parts.flatMap(\.structures)
    switch kind {
    case .bm25, .fuse, .rerank: return []
    case .flat, .hnsw:
      let matrices = try handles.filter { $0.kind == .vectors }.map {
        try $0.object(as: VectorMatrix.self)
      }
      let graphs = try handles.filter { $0.kind == .graph }.map {
        try $0.object(as: StoredGraph.self).graph
      }
      return counts([
        ("vectors", matrices.reduce(0) { $0 + $1.count }),
        ("dimension", matrices.first?.dimension ?? 0),
        ("tokens read", matrices.reduce(0) { $0 + $1.tokenCount }),
        ("texts cut", matrices.reduce(0) { $0 + $1.truncatedCount }),
        ("empty texts", matrices.reduce(0) { $0 + $1.emptyCount }),
      ]) + (kind == .hnsw ? StoredGraph.facts(graphs) : [])
    case .lateInteraction:
      let matrices = try handles.map { try $0.object(as: TokenMatrix.self) }
      return counts([
        ("vectors", matrices.reduce(0) { $0 + $1.tokenCount }),
        ("dimension", matrices.first?.dimension ?? 0),
        ("texts cut", matrices.reduce(0) { $0 + $1.truncatedCount }),
      ])
    }
  }

  private func value(of setting: JSONValue) -> Value {
    switch setting {
    case .null: .none
    case .boolean(let flag): .boolean(flag)
    case .number: .number(setting.double ?? .nan)
    case .string(let text): .string(text)
    case .list(let items): .list(items.map(value))
    case .object: .none
    }
  }
}
