/// A token that is looked for in the text before anything else, such as `<|endoftext|>`.
public struct AddedToken: Hashable, Sendable {
  /// Its id.
  public var id: Int32
  /// The text that it stands for.
  public var content: String
  /// Whether it is control, not text: left out of decoded text where that is asked for.
  public var isSpecial: Bool
  /// Whether it only counts where no word character is beside it.
  public var isSingleWord: Bool
  /// Whether it takes the white space before it along.
  public var stripsLeft: Bool
  /// Whether it takes the white space after it along.
  public var stripsRight: Bool
  /// Whether it is looked for after the normaliser has run, in its own normalised form.
  public var isNormalized: Bool

  /// A token from its parts.
  public init(
    id: Int32, content: String, isSpecial: Bool = true, isSingleWord: Bool = false,
    stripsLeft: Bool = false, stripsRight: Bool = false, isNormalized: Bool = false
  ) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
    self.isSingleWord = isSingleWord
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.isNormalized = isNormalized
  }

  /// The longest content that is accepted, in bytes: the time to look for tokens grows with it.
  static let longestContent = 1024
}

/// Finds added tokens in a text: the leftmost, and of those that begin there the longest.
///
/// A trie over bytes: nodes in one array, the children of a node as a linked list.
final class AddedTokenFinder: Sendable {
  private struct Node {
    var byte: UInt8 = 0
    var firstChild: Int32 = -1
    var sibling: Int32 = -1
    /// The place in `tokens` of the token that ends here, or -1.
    var token: Int32 = -1
  }

  struct Match {
    /// The token's place in the list given to the initialiser.
    var token: Int
    var start: Int
    var end: Int
  }

  private let nodes: FixedBuffer<Node>
  private let firstBytes: FixedBuffer<Bool>
  private let tokens: [AddedToken]
  let isEmpty: Bool

  /// - Parameters:
  ///   - tokens: What to find.
  ///   - contents: The bytes to find for each of them. Of equal ones the first counts.
  init(_ tokens: [AddedToken], contents: [[UInt8]]) {
    var nodes = [Node()]
    let firstBytes = FixedBuffer<Bool>(repeating: false, count: 256)
    for (index, content) in contents.enumerated() where !content.isEmpty {
      firstBytes.base[Int(content[0])] = true
      var at = 0
      for byte in content {
        var child = Int(nodes[at].firstChild)
        while child >= 0, nodes[child].byte != byte { child = Int(nodes[child].sibling) }
        if child < 0 {
          child = nodes.count
          nodes.append(Node(byte: byte, sibling: nodes[at].firstChild))
          nodes[at].firstChild = Int32(truncatingIfNeeded: child)
        }
        at = child
      }
      if nodes[at].token < 0 { nodes[at].token = Int32(truncatingIfNeeded: index) }
    }
    self.nodes = FixedBuffer(nodes)
    self.firstBytes = firstBytes
    self.tokens = tokens
    isEmpty = nodes.count == 1
  }

  func token(_ index: Int) -> AddedToken { tokens[index] }

  /// Every match in `range`, widened by stripping and without those that fail `isSingleWord`.
  ///
  /// - Complexity: The length of the text times that of the longest token at worst.
  func matches(
    in bytes: UnsafePointer<UInt8>, _ range: Range<Int>, _ classes: ScalarClass.Lookup
  ) -> [Match] {
    var found: [Match] = []
    var taken = range.lowerBound
    var at = range.lowerBound
    while let raw = next(bytes, at, range.upperBound) {
      at = raw.end
      let token = tokens[raw.token]
      var match = raw
      if token.isSingleWord, touchesWord(bytes, range, raw, classes) { continue }
      if token.stripsLeft {
        while match.start > taken,
          case let before = previousScalar(bytes, taken, match.start),
          isSpace(classes.entry(before.value))
        { match.start = before.start }
      }
      if token.stripsRight {
        while match.end < range.upperBound,
          case let after = decodedScalar(bytes, match.end, range.upperBound),
          isSpace(classes.entry(after.value))
        { match.end += after.length }
      }
      // What an earlier token stripped is no longer there to be found.
      guard raw.start >= taken else { continue }
      found.append(match)
      taken = match.end
      at = max(at, taken)
    }
    return found
  }

  private func next(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Match? {
    let nodes = nodes.base
    let firstBytes = firstBytes.base
    var at = start
    while at < end {
      guard firstBytes[Int(bytes[at])] else {
        at &+= 1
        continue
      }
      var best: Match?
      var node = 0
      var place = at
      while place < end {
        var child = Int(nodes[node].firstChild)
        let byte = bytes[place]
        while child >= 0, nodes[child].byte != byte { child = Int(nodes[child].sibling) }
        if child < 0 { break }
        node = child
        place &+= 1
        if nodes[node].token >= 0 {
          best = Match(token: Int(nodes[node].token), start: at, end: place)
        }
      }
      if let best { return best }
      at &+= 1
    }
    return nil
  }

  private func isSpace(_ entry: UInt8) -> Bool { entry & ScalarClass.mask >= ScalarClass.space }

  private func touchesWord(
    _ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, _ match: Match,
    _ classes: ScalarClass.Lookup
  ) -> Bool {
    if match.start > range.lowerBound {
      let before = previousScalar(bytes, range.lowerBound, match.start).value
      if classes.entry(before) & ScalarClass.word != 0 { return true }
    }
    if match.end < range.upperBound {
      let after = decodedScalar(bytes, match.end, range.upperBound).value
      if classes.entry(after) & ScalarClass.word != 0 { return true }
    }
    return false
  }

  /// The scalar that ends before `end`, and where it begins.
  private func previousScalar(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> (
    value: UInt32, start: Int
  ) {
    var at = end - 1
    while at > start, end - at < 4, bytes[at] & 0xC0 == 0x80 { at -= 1 }
    let (value, length) = decodedScalar(bytes, at, end)
    return at + length == end ? (value, at) : (0xFFFD, end - 1)
  }
}
