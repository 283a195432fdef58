import Bytes
import Synchronization

/// Turns text into token ids and back.
///
/// Byte-level BPE, BERT's word pieces, words or characters; read from and written as Hugging Face's `tokenizer.json`,
/// or trained here. A value is a reference to immutable storage: copies cost nothing.
///
/// ```swift
/// let tokenizer = try Tokenizer(tokenizerJSON: bytes, file: "model/tokenizer.json")
/// let ids = tokenizer.encode("Where is Bob?")
/// let text = try tokenizer.decode(ids)
/// ```
public struct Tokenizer: Sendable {
  let storage: TokenizerStorage

  init(_ parts: TokenizerParts) { storage = TokenizerStorage(parts) }
}

extension Tokenizer: Hashable {
  /// Whether both give the same ids for every text, come from the same sections of a file, and so
  /// are written as the same bytes.
  ///
  /// - Complexity: Linear in the vocabulary, unless they share storage.
  public static func == (a: Tokenizer, b: Tokenizer) -> Bool {
    if a.storage === b.storage { return true }
    // Texts are equal where they are canonically equivalent; tokens differ then.
    return a.storage.parts == b.storage.parts
      && zip(a.addedTokens, b.addedTokens).allSatisfy {
        $0.content.utf8.elementsEqual($1.content.utf8)
      }
  }

  /// Hashes the sizes and a few tokens.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(storage.parts.tokens.count)
    hasher.combine(storage.parts.merges.count)
    hasher.combine(storage.parts.tokens.last)
    hasher.combine(storage.parts.merges.last)
  }
}

extension Tokenizer {
  /// One more than the largest id: the rows that an embedding needs.
  public var vocabularySize: Int { storage.table.count }

  /// How many tokens there are; fewer than ``vocabularySize`` where ids are left out.
  public var tokenCount: Int { storage.tokenCount }

  /// The tokens that are looked for in a text before anything else, by id.
  public var addedTokens: [AddedToken] { storage.parts.added }

  /// The token that begins a text: the one special token that the file's post-processor puts
  /// first, else the special token with a usual name for it (`<s>`, `<|begin_of_text|>`, `<bos>`,
  /// `[CLS]`, `<|endoftext|>`). A guess from names; a model's own configuration knows better.
  public var beginOfText: Int32? { storage.beginOfText }

  /// The token that ends a text: the one special token that the file's post-processor puts last,
  /// else the special token with a usual name for it (`</s>`, `<|end_of_text|>`, `<eos>`,
  /// `[SEP]`, `<|endoftext|>`). A guess from names; a model's own configuration knows better.
  public var endOfText: Int32? { storage.endOfText }

  /// The token that fills batches: that of the file's `padding`, else the special token with a
  /// usual name for it.
  public var padding: Int32? { storage.padding }

  /// The token for words and characters that are not in the vocabulary, where there is one.
  public var unknown: Int32? { storage.parts.unknown }

  /// The ids that ``encode(_:addingSpecialTokens:)-(String,_)`` puts before and after a text.
  public var addedAround: (before: [Int32], after: [Int32]) {
    (storage.parts.prefix, storage.parts.suffix)
  }

  /// Whether an id is that of a special token; false for ids without a token.
  public func isSpecial(_ id: Int32) -> Bool {
    storage.flags(id) & TokenizerStorage.special != 0
  }

  /// The name of a token as `tokenizer.json` spells it (a byte-level `Ġthe` for ` the`), or nil
  /// for an id without one.
  public func token(_ id: Int32) -> String? {
    let flags = storage.flags(id)
    guard flags & TokenizerStorage.present != 0 else { return nil }
    let bytes = storage.table.bytes(Int(id))
    return flags & TokenizerStorage.spelt != 0
      ? ByteAlphabet.text(bytes) : String(decoding: bytes, as: UTF8.self)
  }

  /// The id of a token by its name as `tokenizer.json` spells it.
  public func id(of token: String) -> Int32? { storage.id(of: token) }

  /// The bytes of text that an id stands for, not always whole characters; nil for an id without
  /// a token.
  public func bytes(of id: Int32) -> [UInt8]? {
    storage.flags(id) & TokenizerStorage.present != 0 ? Array(storage.table.bytes(Int(id))) : nil
  }
}

/// The tables behind a ``Tokenizer``.
final class TokenizerStorage: Sendable {
  static let present: UInt8 = 1
  static let special: UInt8 = 2
  /// The token's name is spelt in the byte alphabet.
  static let spelt: UInt8 = 4

  let parts: TokenizerParts
  /// What every id stands for; finds by bytes the tokens that words are encoded to.
  let table: TokenTable
  let merges: MergeTable
  /// The token of each byte in a byte-level vocabulary, or -1.
  let byteTokens: FixedBuffer<Int32>
  let rawFinder: AddedTokenFinder
  let composedFinder: AddedTokenFinder
  /// The pieces that continue a word, by what follows the prefix; nil where words have none.
  let continuations: TokenTable?
  /// The longest piece, in bytes without its prefix.
  let longestPiece: Int
  let tokenCount: Int
  let beginOfText: Int32?
  let endOfText: Int32?
  let padding: Int32?
  private let flagsByID: FixedBuffer<UInt8>
  /// By bytes: strings are equal where they are canonically equivalent.
  private let named: [[UInt8]: Int32]
  /// Caches of words that no call uses now.
  let caches = Mutex<[WordCache]>([])
  /// Normalisers that no call uses now.
  let bertScalars = Mutex<[BertScalars]>([])

  init(_ parts: TokenizerParts) {
    self.parts = parts
    let size = parts.size
    let flags = FixedBuffer<UInt8>(repeating: 0, count: size)
    var named: [[UInt8]: Int32] = [:]
    var entries: [(id: Int, bytes: [UInt8])] = []
    entries.reserveCapacity(parts.tokens.count + parts.added.count)
    for token in parts.tokens {
      let isSpelt = parts.isByteLevel && !token.isLiteral
      flags.base[Int(token.id)] = Self.present | (isSpelt ? Self.spelt : 0)
      if token.isLiteral { named[token.bytes] = token.id }
      entries.append((Int(token.id), token.bytes))
    }
    for token in parts.added {
      let id = Int(token.id)
      named[Array(token.content.utf8)] = token.id
      if flags.base[id] & Self.present == 0 { entries.append((id, Array(token.content.utf8))) }
      flags.base[id] |= Self.present | (token.isSpecial ? Self.special : 0)
    }
    let literal = Set(parts.tokens.lazy.filter(\.isLiteral).map(\.id))
    let model = Set(parts.added.map(\.id)).subtracting(parts.tokens.map(\.id))
    let table = TokenTable(entries, count: size) { id in
      let id = Int32(truncatingIfNeeded: id)
      return !literal.contains(id) && !model.contains(id)
    }
    self.table = table
    merges = MergeTable(parts.merges)
    byteTokens = FixedBuffer((0..<256).map { table.id(of: [UInt8($0)]) })
    let raw = parts.added.filter { !$0.isNormalized }
    rawFinder = AddedTokenFinder(raw, contents: raw.map { Array($0.content.utf8) })
    let composed = parts.added.filter(\.isNormalized)
    composedFinder = AddedTokenFinder(
      composed, contents: composed.map { parts.normalized(Array($0.content.utf8)) })
    (continuations, longestPiece) = Self.pieces(parts, count: size)
    tokenCount = entries.count
    flagsByID = flags
    self.named = named
    let ids = SpecialTokenNames(parts)
    beginOfText = ids.beginOfText
    endOfText = ids.endOfText
    padding = ids.padding
  }

  private static func pieces(_ parts: TokenizerParts, count: Int) -> (TokenTable?, Int) {
    guard case .wordPieces(let rules) = parts.model else { return (nil, 0) }
    let prefix = rules.continuation
    var entries: [(id: Int, bytes: [UInt8])] = []
    var longest = 0
    for token in parts.tokens {
      longest = max(longest, token.bytes.count)
      if token.bytes.starts(with: prefix), token.bytes.count > prefix.count {
        entries.append((Int(token.id), Array(token.bytes.dropFirst(prefix.count))))
      }
    }
    return (TokenTable(entries, count: count), longest)
  }

  func flags(_ id: Int32) -> UInt8 {
    id >= 0 && Int(id) < flagsByID.count ? flagsByID.base[Int(id)] : 0
  }

  func id(of name: String) -> Int32? {
    if let id = named[Array(name.utf8)] { return id }
    guard let bytes = parts.isByteLevel ? ByteAlphabet.bytes(name) : Array(name.utf8) else {
      return nil
    }
    let id = table.id(of: bytes)
    return id >= 0 ? id : nil
  }
}

/// Which special tokens do what, guessed from the post-processor and from usual names.
private struct SpecialTokenNames {
  let beginOfText: Int32?
  let endOfText: Int32?
  let padding: Int32?

  init(_ parts: TokenizerParts) {
    var special: [String: Int32] = [:]
    for token in parts.added where token.isSpecial { special[token.content] = token.id }
    func first(_ names: [String]) -> Int32? {
      names.lazy.compactMap { special[$0] }.first
    }
    beginOfText =
      parts.prefix.count == 1
      ? parts.prefix[0]
      : first([
        "<s>", "<|begin_of_text|>", "<bos>", "<|startoftext|>", "[CLS]", "[BOS]", "<|endoftext|>",
      ])
    endOfText =
      parts.suffix.count == 1
      ? parts.suffix[0]
      : first(["</s>", "<|end_of_text|>", "<eos>", "<|endoftext|>", "[SEP]", "[EOS]"])
    let declared = parts.sections.rest.first { $0.name == "padding" }?.value["pad_id"]?.integer
    padding =
      declared.flatMap { id in parts.added.first { Int($0.id) == id }?.id }
      ?? first(["<pad>", "[PAD]", "<|padding|>", "<|finetune_right_pad_id|>", "<|pad|>"])
  }
}
