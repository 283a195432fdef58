import Corpora
import Execution
import Testing

import Retrieval

/// Random corpora with words of skewed frequency, so that lists of all shapes occur: single
/// postings, packed distances, bit blocks, several blocks.
struct RandomTexts {
  var stream: RandomStream

  init(seed: UInt64) { stream = RandomStream(seed: seed, purpose: "tests/bm25") }

  mutating func word(vocabulary: Int) -> String {
    let skew = stream.uniform()
    return "w\(Int(Double(vocabulary) * skew * skew * skew))"
  }

  mutating func text(words: Int, vocabulary: Int) -> String {
    (0..<words).map { _ in word(vocabulary: vocabulary) }.joined(separator: " ")
  }

  mutating func corpus(documents: Int, vocabulary: Int, longest: Int) throws -> Corpus {
    var all: [Document] = []
    for number in 0..<documents {
      let length = stream.below(longest + 1)
      all.append(
        Document(
          id: "d\(number)",
          title: stream.below(3) == 0 ? word(vocabulary: vocabulary) : "",
          text: text(words: length, vocabulary: vocabulary)))
    }
    return try Corpus(name: "random", documents: all)
  }
}

@Suite struct BM25PropertyTests {
  /// Corpora and depths over which the index must return what the plain reference does.
  static let cases: [(documents: Int, vocabulary: Int, longest: Int, k: Int)] = [
    (1, 5, 5, 10), (7, 3, 4, 3), (60, 12, 9, 5), (400, 30, 12, 10), (3000, 200, 20, 10),
    (3000, 200, 20, 1), (5000, 40, 6, 100), (5000, 2000, 40, 10), (9000, 20, 3, 7),
  ]

  @Test(arguments: cases.indices)
  func equalsThePlainReference(_ place: Int) throws {
    let shape = Self.cases[place]
    var texts = RandomTexts(seed: UInt64(place))
    let corpus = try texts.corpus(
      documents: shape.documents, vocabulary: shape.vocabulary, longest: shape.longest)
    for (k1, b) in [(0.9, 0.4), (1.5, 0.75), (0, 0), (2, 1)] {
      let options = try BM25Options(k1: k1, b: b, analyzer: .plain)
      let plain = PlainBM25(corpus, options: options)
      let index = try BM25Index.build(corpus, options: options, context: WorkContext())
      for _ in 0..<25 {
        let query = texts.text(words: 1 + texts.stream.below(7), vocabulary: shape.vocabulary)
        let expected = try plain.search(query, k: shape.k)
        let got = try index.search(query, k: shape.k)
        // Ids, order, positions, and scores to the bit.
        #expect(got == expected, "\(query)")
      }
    }
  }

  @Test func bytesDoNotDependOnThreads() throws {
    var texts = RandomTexts(seed: 99)
    let corpus = try texts.corpus(documents: 2000, vocabulary: 3000, longest: 30)
    let one = try BM25Index.build(corpus, context: WorkContext(threads: 1))
    for threads in [2, 3, 7] {
      let many = try BM25Index.build(corpus, context: WorkContext(threads: threads))
      #expect(many.segments[0].encodedBytes == one.segments[0].encodedBytes, "\(threads) threads")
    }
  }

  @Test func searchingAllDoesNotDependOnThreads() throws {
    var texts = RandomTexts(seed: 98)
    let corpus = try texts.corpus(documents: 500, vocabulary: 100, longest: 10)
    let index = try BM25Index.build(corpus, context: WorkContext())
    let queries = (0..<100).map {
      Query(id: "q\($0)", text: texts.text(words: 3, vocabulary: 100))
    }
    let one = try index.run(queries, k: 5, context: WorkContext(threads: 1))
    let three = try index.run(queries, k: 5, context: WorkContext(threads: 3))
    #expect(one == three)
    #expect(one.rankings.map(\.queryID) == queries.map(\.id))
    #expect(one.tag == "bm25")
    let first = try index.search(queries[0].text, k: 5)
    #expect(one.rankings[0].entries.map(\.documentID) == first.map(\.documentID))
    #expect(one.rankings[0].entries.map(\.score) == first.map(\.score))
  }

  @Test func whereOrderOfAdditionMattersItIsTheQuerys() throws {
    // With k1 a million a word that nearly all documents have adds some 1e-10, where one that
    // fills a document adds more than 1: too far apart for float64 to add exactly.
    var documents = (0..<2000).map { number in
      let words = (0..<6).filter { number >= $0 }.map { "c\($0)" }
      return Document(id: "d\(number)", text: words.joined(separator: " "))
    }
    for number in 1...8 {
      let rare = String(repeating: "rare ", count: 30_000 * number)
      documents.append(Document(id: "long\(number)", text: rare + "c0 c1 c2 c3 c4 c5"))
    }
    let corpus = try Corpus(name: "extreme", documents: documents)
    let options = try BM25Options(k1: 1e6, b: 0, analyzer: .plain)
    let index = try BM25Index.build(corpus, options: options, context: WorkContext())
    let plain = PlainBM25(corpus, options: options)
    for query in [
      "rare c0 c1 c2 c3 c4 c5", "c5 rare c4 c3 c2 c1 c0", "c2 c3 rare c1", "c0 c1 c5 c3 rare",
    ] {
      #expect(try index.search(query, k: 20) == plain.search(query, k: 20))
    }
  }
}
