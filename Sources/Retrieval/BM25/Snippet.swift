public import Corpora

/// A stretch of a document that shows why it was found.
public struct Snippet: Sendable, Hashable {
  /// The stretch, with line breaks and tabs as spaces.
  public var text: String
  /// Where words of the query stand in ``text``, in bytes of UTF-8, ascending.
  public var matches: [Range<Int>]
  /// Where the stretch stands in the document's text, in bytes of UTF-8.
  public var range: Range<Int>
  /// Whether text of the document was left out before it.
  public var isCutBefore: Bool
  /// Whether text of the document was left out after it.
  public var isCutAfter: Bool

  /// A snippet of its parts.
  public init(
    text: String, matches: [Range<Int>], range: Range<Int>, isCutBefore: Bool, isCutAfter: Bool
  ) {
    self.text = text
    self.matches = matches
    self.range = range
    self.isCutBefore = isCutBefore
    self.isCutAfter = isCutAfter
  }

  /// The text with each match between two marks, such as `"**"` and `"**"`.
  public func marked(_ opening: String, _ closing: String) -> String {
    let bytes = Array(text.utf8)
    var result = ""
    var at = 0
    for match in matches {
      result += String(decoding: bytes[at..<match.lowerBound], as: UTF8.self) + opening
      result += String(decoding: bytes[match], as: UTF8.self) + closing
      at = match.upperBound
    }
    return result + String(decoding: bytes[at...], as: UTF8.self)
  }
}

extension BM25Index {
  /// The stretch of a document's text of at most `words` words (30 unless told otherwise) that
  /// has the most distinct query terms, each counted by its rarity; among equals the one with
  /// more repetitions, then the earliest. Without a match it is the beginning.
  ///
  /// The document need not be in the index; a term that no indexed document has counts little.
  /// O(length of the text).
  public func snippet(for document: Document, query: String, words limit: Int = 30) -> Snippet {
    var text = document.text
    return text.withUTF8 { utf8 in
      let bytes = UnsafeRawBufferPointer(utf8)
      let words = wordRanges(bytes)
      let limit = min(limit, words.count)
      guard !words.isEmpty, limit > 0 else {
        return Snippet(
          text: "", matches: [], range: 0..<0, isCutBefore: false, isCutAfter: !words.isEmpty)
      }
      let matches = core.withScratch { scratch in
        scratch.matches(of: query, in: bytes, core: core)
      }
      let first = bestWindow(matches, words: words, limit: limit)
      let last = min(first + limit, words.count) - 1
      let range = words[first].lowerBound..<words[last].upperBound
      let stretch = bytes[range].map { $0 <= 0x20 ? 0x20 : $0 }
      return Snippet(
        text: String(decoding: stretch, as: UTF8.self),
        matches: matches.filter {
          range.lowerBound <= $0.range.lowerBound && $0.range.upperBound <= range.upperBound
        }.map { $0.range.lowerBound - range.lowerBound..<$0.range.upperBound - range.lowerBound },
        range: range, isCutBefore: first > 0, isCutAfter: last + 1 < words.count)
    }
  }

  /// Runs of bytes that are neither spaces nor control characters.
  private func wordRanges(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start: Int?
    for at in 0..<bytes.count {
      if bytes[at] > 0x20 {
        if start == nil { start = at }
      } else if let begun = start {
        ranges.append(begun..<at)
        start = nil
      }
    }
    if let begun = start { ranges.append(begun..<bytes.count) }
    return ranges
  }

  /// The first word of the best window.
  private func bestWindow(_ matches: [TermMatch], words: [Range<Int>], limit: Int) -> Int {
    // The word that each match begins in.
    var places: [Int] = []
    var word = 0
    for match in matches {
      while word + 1 < words.count, words[word + 1].lowerBound <= match.range.lowerBound {
        word += 1
      }
      places.append(word)
    }
    var counts: [Int: Int] = [:]
    var score = 0.0
    var best = (score: 0.0, matches: 0, first: 0)
    var low = 0
    for high in matches.indices {
      let match = matches[high]
      if counts[match.term, default: 0] == 0 { score += match.weight }
      counts[match.term, default: 0] += 1
      while places[high] - places[low] >= limit {
        let left = matches[low]
        counts[left.term, default: 1] -= 1
        if counts[left.term] == 0 { score -= left.weight }
        low += 1
      }
      // A hair is left for the rounding of additions and subtractions.
      let isBetter = score > best.score + 1e-9
      let isEqual = score > best.score - 1e-9 && high - low + 1 > best.matches
      if isBetter || isEqual { best = (score, high - low + 1, places[low]) }
    }
    guard let firstMatch = matches.indices.first(where: { places[$0] >= best.first }) else {
      return 0
    }
    // What room is left is shared out before and after the matches.
    let lastMatch = matches.indices.last { places[$0] < places[firstMatch] + limit } ?? firstMatch
    let room = limit - (places[lastMatch] - places[firstMatch] + 1)
    let centred = places[firstMatch] - room / 2
    return max(0, min(centred, words.count - limit))
  }
}

/// A token of a text that is a term of the query.
struct TermMatch {
  var term: Int
  var weight: Double
  var range: Range<Int>
}

extension BM25Scratch {
  /// The tokens of a text that stem to a term of the query.
  func matches(
    of query: String, in text: UnsafeRawBufferPointer, core: BM25Core
  ) -> [TermMatch] {
    let interner = TermInterner(analyzer: core.options.analyzer)
    var query = query
    query.withUTF8 { interner.forEachTerm(in: UnsafeRawBufferPointer($0)) { _, _ in } }
    // The query's terms come first, so they have the lowest numbers.
    let weights = (0..<interner.termCount).map { number in
      var term = interner.term(number)
      let numbers = term.withUTF8 { bytes in
        core.segments.map { Int32($0.segment.term(UnsafeRawBufferPointer(bytes)) ?? -1) }
      }
      let containing = core.documents(withTerm: numbers)
      guard containing > 0 else { return 0.1 }
      return Double(
        BM25Scoring.weight(
          documents: core.documents, containing: containing, count: 1))
    }
    var matches: [TermMatch] = []
    interner.forEachTerm(in: text) { term, range in
      if term < weights.count {
        matches.append(TermMatch(term: term, weight: weights[term], range: range))
      }
    }
    return matches
  }
}
