import Bytes
import Corpora
import Execution
import FoundationEssentials
import Retrieval

extension BenchCommand {
  /// Late interaction over token vectors that were made elsewhere: `base.fvecs` and
  /// `queries.fvecs` with the tokens of all texts, `base.starts` and `queries.starts` with a count
  /// and as many int32, where each text begins and the end.
  static let late = BenchCommand(
    name: "late", arguments: "DIR [--threads N] [--rescored N,N] [--centroids N]",
    summary: "late interaction: centroids, exact and pruned search, recall of the pruned one"
  ) { arguments in
    let threads = try arguments.integer("--threads", default: 1, in: 1...1024)
    let depths = (try arguments.text("--rescored") ?? "256").split(separator: ",").compactMap {
      Int($0)
    }
    let centroids = try arguments.integer("--centroids", default: -1, in: -1...65_536)
    let folder = try arguments.only("a folder with base.fvecs and queries.fvecs")
    let base = try TokenFile(folder + "/base")
    let queries = try TokenFile(folder + "/queries")
    let corpus = try Corpus(
      name: "bench",
      documents: (0..<base.count).map { Document(id: numbered($0), text: "\($0)") })
    let encoder = FileEncoder(documents: base, queries: queries)
    let context = WorkContext(threads: threads)
    let clock = ContinuousClock()
    var made: TokenMatrix?
    let reading = try clock.measure {
      made = try TokenMatrix.embed(corpus, encoder: encoder, centroids: 0, context: context)
    }
    let building = try clock.measure {
      made = try TokenMatrix.embed(
        corpus, encoder: encoder, centroids: centroids < 0 ? nil : centroids, context: context)
    }
    guard let tokens = made else { return }
    let asked = (0..<queries.count).map { "\($0)" }
    func search(_ pruning: LateInteractionIndex.Pruning) throws -> ([[Hit]], Double) {
      let index = try LateInteractionIndex(
        documents: IndexedDocuments(corpus), parts: [tokens], encoder: encoder, pruning: pruning)
      var hits: [[Hit]] = []
      let time = try clock.measure {
        hits = try index.searchAll(asked, k: 10, filter: nil, context: context)
      }
      return (hits, Double(asked.count) / seconds(time))
    }
    let (exact, exactRate) = try search(.off)
    for rescored in depths {
      let (pruned, prunedRate) = try search(.centroids(rescored: rescored))
      let single = try LateInteractionIndex(
        documents: IndexedDocuments(corpus), parts: [tokens], encoder: encoder,
        pruning: .centroids(rescored: rescored))
      let times = try asked.map { query in
        seconds(try clock.measure { _ = try single.search(query, k: 10) }) * 1000
      }.sorted()
      let shares = zip(exact, pruned).map { exact, pruned in
        let ids = Set(pruned.map(\.documentID))
        return Double(exact.count { ids.contains($0.documentID) }) / Double(max(1, exact.count))
      }
      print(
        """
        {"peer":"poise-late","docs":\(base.count),"tokens":\(tokens.tokenCount),\
        "centroids":\(tokens.centroidCount),"build_s":\(rounded(seconds(building), 2)),\
        "without_centroids_s":\(rounded(seconds(reading), 2)),\
        "bytes":\(tokens.byteCount),"exact_qps":\(rounded(exactRate, 1)),"rescored":\(rescored),\
        "pruned_qps":\(rounded(prunedRate, 1)),\
        "median_ms":\(rounded(times[times.count / 2], 2)),\
        "recall":\(rounded(shares.reduce(0, +) / Double(max(1, shares.count)), 4)),\
        "threads":\(threads)}
        """)
    }
  }

  /// A number as an id that sorts as the number does.
  private static func numbered(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 9 - "\(number)".count)) + "\(number)"
  }
}

/// Token vectors of texts in a file.
private struct TokenFile {
  let rows: VectorFile
  let starts: [Int]
  var count: Int { starts.count - 1 }

  init(_ path: String) throws {
    rows = try VectorFile(path + ".fvecs")
    let bytes = try Data(contentsOf: URL(filePath: path + ".starts"))
    let numbers = bytes.withUnsafeBytes { bytes in
      stride(from: 4, to: bytes.count / 4 * 4, by: 4).map {
        Int(bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self))
      }
    }
    guard numbers.first == 0, numbers.last == rows.count,
      zip(numbers, numbers.dropFirst()).allSatisfy(<=)
    else { throw BadVectorFile(path: path + ".starts") }
    starts = numbers
  }
}

/// Gives the vectors of a file for texts that are numbers.
private struct FileEncoder: TokenEncoder {
  let documents: TokenFile
  let queries: TokenFile
  var name: String { "file" }
  var dimension: Int { documents.rows.dimension }
  var maximumLength: Int { .max }

  func encode(_ texts: [String], as role: TextRole, context: WorkContext) throws -> EncodedTexts {
    EncodedTexts(
      vectors: FloatBuffer(count: texts.count * dimension), dimension: dimension,
      count: texts.count, tokenCount: 0, truncatedCount: 0, emptyCount: 0)
  }

  func encodeTokens(
    _ texts: [String], as role: TextRole, context: WorkContext
  ) throws -> EncodedTokens {
    let file = role == .query ? queries : documents
    let numbers = texts.compactMap { Int($0) }.filter { $0 < file.count }
    var starts = [0]
    for text in numbers {
      starts.append((starts.last ?? 0) + file.starts[text + 1] - file.starts[text])
    }
    let buffer = FloatBuffer(count: (starts.last ?? 0) * dimension)
    for (place, text) in numbers.enumerated() {
      for token in 0..<starts[place + 1] - starts[place] {
        file.rows.copy(
          file.starts[text] + token, into: buffer.base + (starts[place] + token) * dimension)
      }
    }
    return EncodedTokens(
      vectors: buffer, dimension: dimension, starts: starts, tokenIDs: [], truncatedCount: 0)
  }
}
