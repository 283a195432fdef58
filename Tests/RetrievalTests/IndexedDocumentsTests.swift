import Corpora
import Execution
import Retrieval
import Testing

@Suite struct DocumentSetTests {
  @Test func holdsWhatIsPutIn() {
    var stream = RandomStream(seed: 3, purpose: "tests/sets")
    for capacity in [0, 1, 63, 64, 65, 200] {
      var set = DocumentSet(capacity: capacity)
      var model = Set<Int>()
      #expect(set.ranks == [] && set.count == 0 && set.isFull == (capacity == 0))
      for _ in 0..<300 {
        let rank = stream.below(capacity + 4) - 2
        if stream.below(2) == 0 {
          set.insert(rank)
          if rank >= 0, rank < capacity { model.insert(rank) }
        } else {
          set.remove(rank)
          model.remove(rank)
        }
        #expect(set.count == model.count)
        #expect(set.contains(rank) == model.contains(rank))
      }
      #expect(set.ranks == model.sorted())
    }
  }

  @Test func aFullSetHasEveryRankAndNoMore() {
    for capacity in [0, 1, 63, 64, 65, 128] {
      let set = DocumentSet(capacity: capacity, isFull: true)
      #expect(set.isFull && set.count == capacity)
      #expect(set.ranks == Array(0..<capacity))
      #expect(!set.contains(capacity) && !set.contains(-1))
    }
  }

  @Test func intersects() {
    var a = DocumentSet(capacity: 130)
    var b = DocumentSet(capacity: 130)
    for rank in 0..<130 {
      if rank % 2 == 0 { a.insert(rank) }
      if rank % 3 == 0 { b.insert(rank) }
    }
    let both = a.intersection(b)
    #expect(both.ranks == (0..<130).filter { $0 % 6 == 0 })
    #expect(both.count == 22)
    #expect(both == b.intersection(a))
    #expect(a.intersection(DocumentSet(capacity: 130)).ranks == [])
  }
}

@Suite struct IndexedDocumentsTests {
  static func corpus(_ ids: [String], text: String = "t") throws -> Corpus {
    try Corpus(name: "c", documents: ids.map { Document(id: $0, text: text + " " + $0) })
  }

  @Test func addsReplacesAndRemoves() throws {
    let first = IndexedDocuments(try Self.corpus(["c", "a", "b"]))
    let second = first.adding(try Self.corpus(["d", "b"], text: "new"))
    #expect(first.count == 3 && second.count == 4)
    #expect(first.document(id: "b")?.text == "t b")
    #expect(second.document(id: "b")?.text == "new b")
    #expect(second.document(id: "a")?.text == "t a")
    let (part, rank) = try #require(second.location(ofID: "b"))
    #expect(part == 1 && rank == 0)
    #expect(second.parts[1].id(ofRank: rank) == "b")
    #expect(second.parts[0].live.ranks == [0, 2])
    let third = try second.removing(["b", "c"])
    #expect(third.count == 2)
    #expect(third.document(id: "b") == nil && third.location(ofID: "c") == nil)
    // Added again, and the versions before stay as they were.
    let fourth = third.adding(try Self.corpus(["b"], text: "again"))
    #expect(fourth.document(id: "b")?.text == "again b")
    #expect(fourth.count == 3 && fourth.parts.count == 3)
    #expect(second.document(id: "b")?.text == "new b" && second.count == 4)
  }

  @Test func unknownIDsAreNamed() throws {
    let documents = IndexedDocuments(try Self.corpus(["a", "b"]))
    #expect(throws: UnknownDocuments(ids: ["x"])) { try documents.removing(["a", "x"]) }
    // Named twice it is removed once.
    #expect(try documents.removing(["a", "a"]).count == 1)
    #expect("\(UnknownDocuments(ids: ["x"]))" == "the index has no document \"x\"")
    #expect(
      "\(UnknownDocuments(ids: ["x", "y", "z", "u", "v"]))"
        == "the index has no documents \"x\", \"y\", \"z\" and 2 more")
  }

  @Test func holdsWhatAModelHolds() throws {
    var stream = RandomStream(seed: 9, purpose: "tests/indexed documents")
    var documents = IndexedDocuments(parts: [])
    var model: [String: String] = [:]
    for step in 0..<60 {
      if stream.below(3) == 0 {
        let gone = model.keys.sorted().filter { _ in stream.below(3) == 0 }
        documents = try documents.removing(gone)
        for id in gone { model[id] = nil }
      } else {
        let ids = Set((0..<stream.below(20)).map { _ in "\(stream.below(50))" }).sorted()
        documents = documents.adding(try Self.corpus(ids, text: "\(step)"))
        for id in ids { model[id] = "\(step) \(id)" }
      }
      #expect(documents.count == model.count)
      for id in 0..<50 { #expect(documents.document(id: "\(id)")?.text == model["\(id)"]) }
      let compacted = try documents.compacted(name: "all")
      #expect(compacted.name == "all")
      #expect(
        Dictionary(uniqueKeysWithValues: compacted.documents.map { ($0.id, $0.text) }) == model)
    }
  }
}

@Suite struct DocumentFilterTests {
  static func documents() throws -> IndexedDocuments {
    func document(_ id: String, _ fields: [(name: String, values: [String])]) -> Document {
      Document(id: id, title: "T\(id)", text: "x", fields: DocumentFields(fields))
    }
    return IndexedDocuments(
      try Corpus(
        name: "f",
        documents: [
          document("a", [("user", ["ana"]), ("year", ["1999"]), ("tags", ["x", "y"])]),
          document("b", [("user", ["bo"]), ("year", ["2001.5"])]),
          document("c", [("year", ["not a number"]), ("tags", ["y", "3"])]), document("d", []),
        ])
    ).adding(
      try Corpus(
        name: "g",
        documents: [document("b", [("user", ["ana"])]), document("e", [("year", ["-2e3"])])]))
  }

  private func passing(_ conditions: [String: DocumentFilter.Condition]) throws -> [String] {
    let documents = try Self.documents()
    return zip(documents.parts, documents.selection(DocumentFilter(conditions))).flatMap {
      part, set in set.ranks.map(part.id(ofRank:))
    }
  }

  @Test func letsPassWhatMeetsAllConditions() throws {
    #expect(try passing([:]) == ["a", "c", "d", "b", "e"])
    #expect(try passing(["user": .oneOf(["ana"])]) == ["a", "b"])
    // A replaced document's fields no longer count.
    #expect(try passing(["user": .oneOf(["bo"])]) == [])
    #expect(try passing(["tags": .oneOf(["y"])]) == ["a", "c"])
    #expect(try passing(["tags": .oneOf(["q", "x"])]) == ["a"])
    #expect(try passing(["tags": .range(atLeast: 3, atMost: 3)]) == ["c"])
    #expect(try passing(["year": .range(atLeast: 1999, atMost: nil)]) == ["a"])
    #expect(try passing(["year": .range(atLeast: nil, atMost: 1999)]) == ["a", "e"])
    #expect(try passing(["year": .range(atLeast: nil, atMost: nil)]) == ["a", "e"])
    #expect(try passing(["id": .oneOf(["e", "d", "zz"])]) == ["d", "e"])
    #expect(try passing(["title": .oneOf(["Tb"])]) == ["b"])
    #expect(try passing(["user": .oneOf(["ana"]), "id": .oneOf(["b", "c"])]) == ["b"])
    #expect(try passing(["missing": .oneOf(["x"])]) == [])
    #expect(try passing(["user": .oneOf([])]) == [])
  }

  @Test func aSelectionIsOfItsVersion() throws {
    let documents = try Self.documents()
    let filter = DocumentFilter(["user": .oneOf(["ana"])])
    #expect(documents.selection(filter).map(\.count) == [1, 1])
    let fewer = try documents.removing(["a"])
    #expect(fewer.selection(filter).map(\.count) == [0, 1])
    #expect(fewer.selection(nil).map(\.count) == [2, 2])
    // Kept ones answer again, also after many others.
    for number in 0..<100 { _ = documents.selection(DocumentFilter(["id": .oneOf(["\(number)"])])) }
    #expect(documents.selection(filter).map(\.count) == [1, 1])
    #expect(documents.selection(DocumentFilter(["user": .oneOf(["zoe"])])).map(\.count) == [0, 0])
  }
}
