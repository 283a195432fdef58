package import Execution

/// LIMIT (Weller et al. 2025), a collection of who likes what that vectors of few dimensions can't
/// rank: its corpus is made again of the items, the queries and the judgements.
///
/// Every person of the judgements likes the items that the queries find them by, and others drawn
/// at random up to 45; others are added who like 45 items that no query asks for. The names of
/// these are made up, and which items are drawn is this project's own, so that scores are near
/// those of the published corpus but not the same.
package struct LimitCollection: Sendable {
  /// Items that a person likes.
  package static let likes = 45

  /// Who likes what; ids are names.
  package let corpus: Corpus
  /// The queries, each with the two people whom it is about.
  package let test: JudgedSet

  /// Makes the corpus again.
  ///
  /// - Parameters:
  ///   - folder: A folder with `items.txt`, `queries.jsonl` and `qrels/test.tsv`.
  ///   - documents: How many people; those of the judgements at least.
  ///   - seed: Draws items and names.
  ///   - context: Progress, cancellation.
  /// - Throws: ``CollectionError`` for files that do not hold that.
  package init(folder: String, documents: Int, seed: UInt64 = 0, context: WorkContext) throws {
    func file(_ name: String) throws -> TextFile {
      try TextFile(path: "\(folder)/\(name)", shown: name, context: context)
    }
    let queries = try QuestionsReader.queries(in: try file("queries.jsonl"), context: context)
    var judgements: [String: [String: Int]] = [:]
    let table = try file("qrels/test.tsv")
    try table.forEachLine(context: context) { line, range in
      let columns = table.string(range).split(separator: "\t").map(String.init)
      guard line > 1, !columns.isEmpty else { return }
      guard columns.count == 3 else {
        throw CollectionError.wrongColumns(
          path: table.shown, line: line, expected: "3", got: columns.count)
      }
      judgements[columns[0], default: [:]][columns[1]] = 1
    }
    let listed = try file("items.txt")
    var items: [String] = []
    try listed.forEachLine(context: context) { _, range in
      if !listed.isBlank(range) { items.append(listed.string(range)) }
    }
    let asked = Dictionary(queries.map { ($0.id, Self.item(of: $0.text)) }) { first, _ in first }
    let queried = Set(asked.values.map(Self.folded))
    let others = items.filter { !queried.contains(Self.folded($0)) }
    guard others.count >= Self.likes else {
      throw CollectionError.empty(path: listed.shown, what: "items that no query asks for")
    }
    var liked: [String: [String]] = [:]
    for query in queries {
      for person in (judgements[query.id] ?? [:]).keys {
        liked[person, default: []].append(asked[query.id] ?? "")
      }
    }
    let named = liked.keys.sorted()
    var people: [Document] = []
    var stream = RandomStream(seed: seed, purpose: "limit/documents")
    var names = MadeUpNames(taken: Set(named), seed: seed)
    for index in 0..<max(documents, named.count) {
      if index % 1024 == 0 { try context.check() }
      let isNamed = index < named.count
      let person = isNamed ? named[index] : names.next()
      var likes = isNamed ? liked[person] ?? [] : []
      var taken = Set<Int>()
      while likes.count < Self.likes {
        let item = stream.below(others.count)
        if taken.insert(item).inserted { likes.append(others[item]) }
      }
      for place in likes.indices.dropLast() {
        likes.swapAt(place, place + stream.below(likes.count - place))
      }
      people.append(Document(id: person, text: Self.sentence(person, likes)))
    }
    corpus = try Corpus(name: "limit", documents: people)
    test = JudgedSet(
      name: "test", identity: "limit/test", queries: queries, judgements: judgements)
  }

  private static func sentence(_ person: String, _ likes: [String]) -> String {
    "\(person) likes \(likes.dropLast().joined(separator: ", ")) and \(likes.last ?? "")."
  }

  /// What `Who likes ITEM?` asks for.
  private static func item(of question: String) -> String {
    var text = question[...]
    if text.hasPrefix("Who likes ") { text = text.dropFirst("Who likes ".count) }
    if text.hasSuffix("?") { text = text.dropLast() }
    return String(text)
  }

  private static func folded(_ item: String) -> String {
    let lower = item.lowercased()
    return lower.hasPrefix("the ") ? String(lower.dropFirst(4)) : lower
  }
}

/// Names of two words that nobody has yet.
private struct MadeUpNames {
  private static let first = [
    "Ba", "Ce", "Di", "Fo", "Ga", "Ju", "Ke", "Lo", "Mi", "Ne", "Ro", "Su",
  ]
  private static let middle = [
    "ba", "da", "la", "lo", "mi", "na", "ni", "ra", "ri", "sa", "to", "va",
  ]
  private static let last = [
    "bert", "dine", "ker", "lin", "mond", "nard", "rick", "son", "tin", "vic",
  ]

  private var taken: Set<String>
  private var stream: RandomStream

  init(taken: Set<String>, seed: UInt64) {
    self.taken = taken
    stream = RandomStream(seed: seed, purpose: "limit/names")
  }

  private mutating func word() -> String {
    Self.first[stream.below(Self.first.count)] + Self.middle[stream.below(Self.middle.count)]
      + Self.last[stream.below(Self.last.count)]
  }

  mutating func next() -> String {
    while true {
      let name = "\(word()) \(word())"
      if taken.insert(name).inserted { return name }
    }
  }
}
