import Execution

extension CollectionReader {
  /// Reads text and Markdown files and splits them into passages; files are read in parallel.
  func readPassages(_ detected: DetectedCollection, context: WorkContext) throws -> Parts {
    let splitter = PassageSplitter(targetWords: passageWords)
    let passages = try parallelMap(detected.entries.count, context: context) { index in
      let entry = detected.entries[index]
      let file = try TextFile(
        path: entry.path, shown: entry.shown, limit: Self.textFileLimit, context: context)
      let path = String(entry.shown.dropFirst(detected.shownPrefix.count))
      return splitter.passages(of: file.string(file.start..<file.bytes.count), path: path)
    }
    var builder = CorpusBuilder()
    for document in passages.joined() { builder.append(document) }
    guard builder.count > 0 else {
      throw CollectionError.empty(
        path: detected.entries.first?.shown ?? detected.name,
        what: detected.entries.count == 1 ? "no text in it" : "no text in any file")
    }
    return Parts(corpus: try builder.finish(name: detected.name))
  }

  /// The largest text file that is split; a passage splitter holds it as one string.
  static let textFileLimit = 256 << 20
}
