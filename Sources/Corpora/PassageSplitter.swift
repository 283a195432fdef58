/// Splits one text or Markdown file into passages of about a number of words.
///
/// 1. A passage never spans two headings. Paragraphs are gathered while they fit the target.
/// 2. A paragraph of more than one and a half times the target is split after sentences, and
///    where a sentence alone is too long, between words.
/// 3. A fenced code block stays whole, whatever its length.
/// 4. The id is `path#slug` of the heading, as GitHub makes slugs, and `path` alone before the
///    first heading; later passages of the same id get `-2`, `-3`, ….
/// 5. The title is the file's title (its first top-level heading, else its name) and the
///    headings that lead to the passage.
struct PassageSplitter {
  let targetWords: Int

  func passages(of text: String, path: String) -> [Document] {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let isMarkdown = !CollectionReader.hasExtension(name, ["txt"])
    let blocks = MarkdownBlock.blocks(of: text, isMarkdown: isMarkdown)
    let firstTitle = blocks.lazy.compactMap { block in
      if case .heading(1, let text) = block, !text.isEmpty { text } else { nil }
    }.first
    var collector = PassageCollector(
      target: targetWords, path: path, fileTitle: firstTitle ?? CollectionReader.stem(name))
    for block in blocks { collector.take(block) }
    collector.flush()
    return collector.documents
  }

  /// What GitHub makes of a heading for links: lower case, letters, digits, hyphens and
  /// underscores kept, spaces to hyphens, the rest dropped.
  static func slug(_ heading: String) -> String {
    var slug = ""
    for character in heading.lowercased() {
      if character == " " {
        slug.append("-")
      } else if character.isLetter || character.isNumber || character == "-" || character == "_" {
        slug.append(character)
      }
    }
    return slug
  }
}

private struct PassageCollector {
  let target: Int
  let path: String
  let fileTitle: String
  var documents: [Document] = []
  private var trail: [(level: Int, text: String)] = []
  private var gathered: [String] = []
  private var gatheredWords = 0
  private var taken: [String: Int] = [:]

  init(target: Int, path: String, fileTitle: String) {
    self.target = target
    self.path = path
    self.fileTitle = fileTitle
  }

  mutating func take(_ block: MarkdownBlock) {
    switch block {
    case .heading(let level, let text):
      flush()
      trail.removeAll { $0.level >= level }
      trail.append((level, text))
    case .code(let text): gather(text)
    case .paragraph(let text):
      for piece in pieces(of: text.trimmingBlanks()) { gather(piece) }
    }
  }

  private mutating func gather(_ text: String) {
    let words = wordCount(text)
    if gatheredWords > 0, gatheredWords + words > target { flush() }
    gathered.append(text)
    gatheredWords += words
  }

  mutating func flush() {
    defer {
      gathered = []
      gatheredWords = 0
    }
    let text = gathered.joined(separator: "\n\n")
    guard !text.allSatisfy(\.isWhitespace) else { return }
    var headings = trail.map(\.text).filter { !$0.isEmpty }
    if headings.first == fileTitle { headings.removeFirst() }
    let title = ([fileTitle] + headings).joined(separator: " > ")
    documents.append(Document(id: nextID(), title: title, text: text))
  }

  private mutating func nextID() -> String {
    let slug = trail.last.map { PassageSplitter.slug($0.text) } ?? ""
    let base = slug.isEmpty ? path : "\(path)#\(slug)"
    var number = (taken[base] ?? 0) + 1
    var id = base
    if number > 1 {
      let separator = slug.isEmpty ? "#" : "-"
      id = "\(base)\(separator)\(number)"
      // Another heading may be called what this id would be.
      while taken[id] != nil {
        number += 1
        id = "\(base)\(separator)\(number)"
      }
    }
    taken[base] = number
    if id != base { taken[id] = max(taken[id] ?? 0, 1) }
    return id
  }

  private func wordCount(_ text: String) -> Int {
    var count = 0
    var isInside = false
    for byte in text.utf8 {
      let isSpace = byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
      if !isSpace, !isInside { count += 1 }
      isInside = !isSpace
    }
    return count
  }

  /// A paragraph in parts of at most about the target.
  private func pieces(of text: String) -> [String] {
    guard wordCount(text) * 2 > target * 3 else { return [text] }
    var pieces: [String] = []
    var words: [Substring] = []
    var lastSentenceEnd = 0
    for word in text.split(whereSeparator: \.isWhitespace) {
      words.append(word)
      if let last = word.last(where: { !"\"')]”’".contains($0) }), ".!?…".contains(last) {
        lastSentenceEnd = words.count
      }
      guard words.count >= target else { continue }
      // A sentence's end in the second half is a better place to cut than the exact target.
      let cut = lastSentenceEnd * 2 > target ? lastSentenceEnd : words.count
      pieces.append(words.prefix(cut).joined(separator: " "))
      words.removeFirst(cut)
      lastSentenceEnd = 0
    }
    if !words.isEmpty { pieces.append(words.joined(separator: " ")) }
    return pieces
  }
}
