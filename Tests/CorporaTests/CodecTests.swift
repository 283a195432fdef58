import Bytes
import Corpora
import Execution
import Testing

/// Bytes that no writer made must be refused or read as some value, and never trap.
struct Mutations {
  var stream: RandomStream

  init(_ purpose: String) { stream = RandomStream(seed: 1, purpose: "tests/" + purpose) }

  /// A copy with a few bytes changed, cut or inserted; now and then whole numbers set high.
  mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    switch stream.below(4) {
    case 0: bytes = Array(bytes.prefix(stream.below(bytes.count + 1)))
    case 1:
      let at = stream.below(bytes.count + 1)
      bytes.insert(UInt8(stream.below(256)), at: at)
    case 2:
      // Lengths are 8 bytes; high values are those that overflow.
      let at = stream.below(max(1, bytes.count - 8))
      for k in at..<min(at + 8, bytes.count) { bytes[k] = stream.below(3) == 0 ? 0x7F : 0xFF }
    default:
      for _ in 0...stream.below(4) where !bytes.isEmpty {
        bytes[stream.below(bytes.count)] = UInt8(stream.below(256))
      }
    }
    return bytes
  }
}

@Suite struct CodecTests {
  static let documents = [
    Document(id: "b", title: "Títle", text: "some text 😀"), Document(id: "a", text: ""),
    Document(id: "", title: "x", text: "no id"), Document(id: "aa", text: "y"),
  ]
  static let judged = JudgedSet(
    name: "test", identity: "id",
    queries: [Query(id: "q", text: "t", answers: ["x", ""], evidence: ["a"])],
    judgements: ["q": ["b": 2, "a": -1], "r": [:]])
  static let run = Run(
    tag: "t", rankings: [.init(queryID: "q", entries: [.init(documentID: "a", score: 0.1)])])

  @Test func corporaSurvive() throws {
    for documents in [Self.documents, []] {
      let corpus = try Corpus(name: "nämé", documents: documents)
      let bytes = corpus.encoded()
      let again = try Corpus(decoding: bytes)
      #expect(again == corpus)
      #expect(again.name == "nämé")
      #expect(Array(again.documents) == documents)
      #expect(again.encoded() == bytes)
      // Equal values made apart have equal bytes.
      #expect(try Corpus(name: "nämé", documents: documents).encoded() == bytes)
    }
    let corpus = try Corpus(name: "n", documents: Self.documents)
    for (index, document) in Self.documents.enumerated() {
      #expect(corpus.index(ofID: document.id) == index)
    }
    #expect(corpus.index(ofID: "ab") == nil)
  }

  @Test func aPositionOutOfRangeIsAnEmptyDocument() throws {
    let corpus = try Corpus(name: "n", documents: Self.documents)
    #expect(corpus[-1] == Document(id: "", text: ""))
    #expect(corpus[4] == Document(id: "", text: ""))
    #expect(corpus[.max] == Document(id: "", text: ""))
  }

  @Test func judgedSetsAndRunsSurvive() throws {
    #expect(try JudgedSet(decoding: Self.judged.encoded()) == Self.judged)
    #expect(try Run(decoding: Self.run.encoded()) == Self.run)
    var shuffled = Self.judged
    shuffled.judgements = Dictionary(
      uniqueKeysWithValues: Self.judged.judgements.sorted { $0.key > $1.key })
    #expect(shuffled.encoded() == Self.judged.encoded())
  }

  @Test func damagedBytesNeverTrap() throws {
    var mutations = Mutations("codec")
    let corpus = try Corpus(name: "n", documents: Self.documents).encoded()
    var refused = 0
    for _ in 0..<4000 {
      do {
        let read = try Corpus(decoding: mutations.mutate(corpus))
        // Whatever was accepted is whole: it can be read through and found by id.
        for (index, document) in read.documents.enumerated() {
          #expect(read.index(ofID: document.id) == index)
        }
      } catch { refused += 1 }
      do { _ = try JudgedSet(decoding: mutations.mutate(Self.judged.encoded())) } catch {
        refused += 1
      }
      do { _ = try Run(decoding: mutations.mutate(Self.run.encoded())) } catch { refused += 1 }
    }
    #expect(refused > 6000)
  }

  @Test func saysWhatIsWrong() throws {
    func failure(_ bytes: [UInt8]) -> String {
      do { return try Corpus(decoding: bytes).name } catch { return "\(error)" }
    }
    let good = try Corpus(name: "n", documents: Self.documents).encoded()
    #expect(failure([]) == "not a stored corpus: the first bytes are those of something else")
    var version = good
    version[8] = 9
    #expect(
      failure(version) == "a stored corpus of format version 9; this program reads version 2")
    #expect(
      failure(Array(good.dropLast()))
        == "a stored corpus is cut short: expected \(good.count) bytes, got \(good.count - 1)")
    #expect(failure(good + [0]) == "a stored corpus is damaged: 1 bytes follow its end")
    var offset = good
    offset[32] = 1
    #expect(failure(offset) == "a stored corpus is damaged: offset 0 is out of order")
  }

  @Test func duplicateIDsAreRefused() {
    let documents = ["a", "b", "c", "b", "a"].map { Document(id: $0, text: "") }
    #expect(throws: DuplicateDocumentID(id: "b", first: 1, second: 3)) {
      try Corpus(name: "n", documents: documents)
    }
    #expect(
      "\(DuplicateDocumentID(id: "b", first: 1, second: 3))"
        == "document 4 has the id \"b\" of document 2")
  }

  @Test func mappedBytesAreViewedAndOthersCopied() throws {
    let corpus = try Corpus(name: "n", documents: Self.documents)
    let bytes = corpus.encoded()
    // At most one of two neighbouring addresses is aligned; both must do.
    for shift in 0..<2 {
      let padded = SharedBytes([UInt8](repeating: 0, count: shift) + bytes)
      let view = UnsafeRawBufferPointer(rebasing: padded.bytes[shift...])
      let shared = SharedBytes(viewing: view, owner: padded)
      #expect(try Corpus(decoding: shared) == corpus)
    }
  }
}
