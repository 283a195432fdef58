import Corpora
import Retrieval
struct TempSnippet { let text: String; let matches: [Range<Int>] }
extension BM25Index {
  func snippet(for document: Document, query: String, words: Int) -> TempSnippet { TempSnippet(text: String(document.text.prefix(150)), matches: []) }
}
