extension CollectionReader {
  /// A path as the machine knows it and as the caller wrote it.
  struct Place {
    let absolute: String
    let shown: String

    var name: String {
      absolute.split(separator: "/").last.map(String.init) ?? "/"
    }

    /// The last part as the caller wrote it, which a link may resolve to another name.
    var shownName: String { shown.split(separator: "/").last.map(String.init) ?? shown }

    /// What the shown paths of files below begin with.
    var shownPrefix: String { shown + "/" }

    func below(_ relative: String) -> Place {
      Place(absolute: absolute + "/" + relative, shown: shown + "/" + relative)
    }
  }

  static func detectFile(_ place: Place) throws -> DetectedCollection {
    let name = place.shownName
    let format: CollectionFormat
    let role: DetectedCollection.Role
    if hasExtension(name, ["json"]) {
      (format, role) = (.squad, .judgements(split: "test"))
    } else if hasExtension(name, ["jsonl", "ndjson"]) {
      (format, role) = (.documents, .corpus)
    } else if isText(name) {
      (format, role) = (.passages, .text)
    } else {
      throw CollectionError.unknownFormat(path: place.shown, found: [name])
    }
    return DetectedCollection(
      format: format, name: stem(name),
      shownPrefix: String(place.shown.dropLast(place.shownName.utf8.count)),
      entries: [.init(role: role, path: place.absolute, shown: place.shown)], notes: [])
  }

  static func detectFolder(_ place: Place) throws -> DetectedCollection {
    let names = try FileTree.names(in: place.absolute, shown: place.shown)
    let files = names.filter { FileTree.kind(place.below($0).absolute) == .file }
    if files.contains("corpus.jsonl") { return try detectBEIR(place, files: files) }
    if let corpus = files.first(where: isSMARTCorpus) {
      return try detectSMART(place, corpus: corpus, files: files)
    }
    if files.contains("queries.jsonl") {
      throw CollectionError.missingFile(
        path: place.shown, format: "BEIR", expected: "corpus.jsonl", found: names)
    }
    let json = files.filter { hasExtension($0, ["json"]) }
    if !json.isEmpty { return try detectSQuAD(place, files: json) }
    let lines = files.filter { hasExtension($0, ["jsonl", "ndjson"]) }
    if lines.count > 1 {
      throw CollectionError.ambiguous(
        path: place.shown, format: "JSON Lines", candidates: lines)
    }
    if let only = lines.first {
      return try DetectedCollection(
        format: .documents, name: place.name, shownPrefix: place.shownPrefix,
        entries: [file(.corpus, place, only)], notes: [])
    }
    let (texts, notes) = try FileTree.files(
      below: place.absolute, shown: place.shown, limit: fileLimit, where: isText)
    guard !texts.isEmpty else {
      throw CollectionError.unknownFormat(path: place.shown, found: names)
    }
    return try DetectedCollection(
      format: .passages, name: place.name, shownPrefix: place.shownPrefix,
      entries: texts.map { try file(.text, place, $0) },
      notes: notes)
  }

  private static func detectBEIR(_ place: Place, files: [String]) throws -> DetectedCollection {
    var entries = [try file(.corpus, place, "corpus.jsonl")]
    if files.contains("queries.jsonl") {
      entries.append(try file(.queries, place, "queries.jsonl"))
      if FileTree.kind(place.below("qrels").absolute) == .folder {
        let folder = place.below("qrels")
        for name in try FileTree.names(in: folder.absolute, shown: folder.shown)
        where hasExtension(name, ["tsv", "txt", "qrels"]) {
          entries.append(try file(.judgements(split: stem(name)), place, "qrels/" + name))
        }
      }
    }
    return DetectedCollection(
      format: .beir, name: place.name, shownPrefix: place.shownPrefix, entries: entries, notes: [])
  }

  private static func detectSMART(
    _ place: Place, corpus: String, files: [String]
  ) throws -> DetectedCollection {
    func only(_ wanted: (String) -> Bool) -> String? {
      files.first { wanted($0.lowercased()) && !$0.lowercased().contains("readme") }
    }
    var entries = [try file(.corpus, place, corpus)]
    let queries = only { $0.hasSuffix(".qry") || $0 == "query.text" }
    let judgements = only { $0.hasSuffix(".rel") || $0.contains("qrel") }
    switch (queries, judgements) {
    case (let queries?, let judgements?):
      entries.append(try file(.queries, place, queries))
      entries.append(try file(.judgements(split: "test"), place, judgements))
    case (nil, nil): break
    case (nil, _?):
      throw CollectionError.missingFile(
        path: place.shown, format: "SMART", expected: "queries (*.qry)", found: files)
    case (_?, nil):
      throw CollectionError.missingFile(
        path: place.shown, format: "SMART", expected: "judgements (*qrel* or *.rel)",
        found: files)
    }
    return DetectedCollection(
      format: .smart, name: place.name, shownPrefix: place.shownPrefix, entries: entries, notes: [])
  }

  private static func detectSQuAD(_ place: Place, files: [String]) throws -> DetectedCollection {
    func split(_ name: String) -> String? {
      let name = name.lowercased()
      if name.contains("train") { return "train" }
      if name.contains("dev") || name.contains("valid") { return "dev" }
      return name.contains("test") ? "test" : nil
    }
    if files.count == 1, let name = files.first {
      return try DetectedCollection(
        format: .squad, name: place.name, shownPrefix: place.shownPrefix,
        entries: [file(.judgements(split: split(name) ?? "test"), place, name)], notes: [])
    }
    let named = files.compactMap { name in split(name).map { (name, $0) } }
    guard named.count == files.count, Set(named.map(\.1)).count == files.count else {
      throw CollectionError.ambiguous(path: place.shown, format: "SQuAD", candidates: files)
    }
    return try DetectedCollection(
      format: .squad, name: place.name, shownPrefix: place.shownPrefix,
      entries: named.map { try file(.judgements(split: $0.1), place, $0.0) }, notes: [])
  }

  private static func file(
    _ role: DetectedCollection.Role, _ place: Place, _ relative: String
  ) throws -> DetectedCollection.File {
    let below = place.below(relative)
    guard let path = FileTree.resolved(below.absolute) else {
      throw TextFile.unreadable(below.shown)
    }
    return .init(role: role, path: path, shown: below.shown)
  }

  private static func isSMARTCorpus(_ name: String) -> Bool {
    let name = name.lowercased()
    return name.hasSuffix(".all") || name.contains(".all.")
  }

  static func isText(_ name: String) -> Bool {
    hasExtension(name, ["md", "markdown", "txt"])
  }

  static func hasExtension(_ name: String, _ extensions: [String]) -> Bool {
    let name = name.lowercased()
    return extensions.contains { name.hasSuffix("." + $0) }
  }

  /// A file's name without its last extension.
  static func stem(_ name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
    return String(name[..<dot])
  }
}
