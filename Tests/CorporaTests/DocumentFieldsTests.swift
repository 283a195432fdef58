import Corpora
import Execution
import TestFolders
import Testing

@Suite struct DocumentFieldsTests {
  @Test func readsMetadataOfBEIR() throws {
    let folder = try TemporaryFolder([
      "corpus.jsonl": #"""
      {"_id": "a", "text": "x", "metadata": {"user": "ana", "year": 1999, "score": 2.50, "open": true, "tags": ["x", 7, null, {"y": 1}, false], "none": null, "deep": {"z": 1}, "\u00e9": "\ud83d\ude00"}}
      {"_id": "b", "text": "y", "metadata": {}}
      {"_id": "c", "text": "z"}
      {"_id": "d", "text": "z", "metadata": "a text"}
      """#,
      "queries.jsonl": #"{"_id": "q", "text": "x"}"#,
      "qrels/test.tsv": "q\ta\t1\n",
    ])
    let corpus = try folder.load().corpus
    let fields = corpus[0].fields
    #expect(fields.values(of: "user") == ["ana"])
    #expect(fields.values(of: "year") == ["1999"])
    // Numbers as they are written.
    #expect(fields.values(of: "score") == ["2.50"])
    #expect(fields.values(of: "open") == ["true"])
    #expect(fields.values(of: "tags") == ["x", "7", "false"])
    #expect(fields.values(of: "é") == ["😀"])
    #expect(fields.values(of: "none") == [] && fields.values(of: "deep") == [])
    #expect(fields.values(of: "missing") == [])
    #expect(fields.all.map(\.name) == ["user", "year", "score", "open", "tags", "é"])
    for position in 1..<4 {
      #expect(corpus[position].fields.isEmpty)
      #expect(corpus[position].fields == .none)
      #expect(corpus[position].fields.all.isEmpty)
    }
  }

  @Test func surviveTheStoredForm() throws {
    let fields = DocumentFields([
      ("user", ["ana"]), ("empty", []), ("tags", ["a \"b\"", "", "é\n"]), ("user", ["second"]),
    ])
    #expect(fields.all.map(\.name) == ["user", "tags", "user"])
    #expect(fields.values(of: "tags") == ["a \"b\"", "", "é\n"])
    #expect(fields.values(of: "user") == ["ana"])
    #expect(DocumentFields([]).isEmpty && DocumentFields([("x", [])]) == .none)
    let corpus = try Corpus(
      name: "n",
      documents: [
        Document(id: "b", text: "x", fields: fields), Document(id: "a", text: "y"),
        Document(id: "c", text: "", fields: DocumentFields([("k", ["v"])])),
      ])
    let again = try Corpus(decoding: corpus.encoded())
    #expect(again == corpus)
    #expect(again[0].fields == fields)
    #expect(again[1].fields.isEmpty)
    #expect(again.fields(at: 2).values(of: "k") == ["v"])
    #expect(again.fields(at: 9).isEmpty && again.fields(at: -1).isEmpty)
  }

  @Test func damagedFieldsNeverTrap() throws {
    var mutations = Mutations("fields")
    let good = try Corpus(
      name: "n",
      documents: (0..<3).map {
        Document(
          id: "\($0)", text: "t",
          fields: DocumentFields([("user", ["ana", "bo"]), ("n", ["\($0)"]), ("é", ["😀"])]))
      }
    ).encoded()
    var accepted = 0
    for round in 0..<4000 {
      var bytes = good
      if round % 2 == 0 {
        bytes = mutations.mutate(good)
      } else {
        // The end of the bytes is text and fields, where most changes are accepted.
        let at = bytes.count - 1 - mutations.stream.below(120)
        bytes[at] = UInt8(mutations.stream.below(128))
      }
      guard let corpus = try? Corpus(decoding: bytes) else { continue }
      accepted += 1
      for document in corpus.documents {
        for (name, values) in document.fields.all {
          #expect(values.count < 200)
          _ = document.fields.values(of: name)
        }
      }
    }
    #expect(accepted > 1000, "\(accepted)")
  }
}
