extension Tokenizer {
  /// The text of tokens.
  ///
  /// Byte-level and character vocabularies give back exactly the text that was encoded; bytes that
  /// do not make up a whole character become U+FFFD, one for each maximal part. Files without a
  /// decoder, such as those with Hugging Face's `Whitespace` splitter, are joined with single
  /// spaces, as Hugging Face does. Added tokens give their own text, whatever characters it has.
  ///
  /// - Parameters:
  ///   - ids: The tokens.
  ///   - skippingSpecialTokens: Whether special tokens are left out.
  /// - Returns: The text.
  /// - Throws: ``TokenizerError/idOutOfRange(id:position:vocabularySize:)`` for an id that no token
  ///   has. (``StreamingDecoder`` shows those as U+FFFD.)
  /// - Complexity: Linear in the bytes of the text.
  public func decode(_ ids: some Collection<Int32>, skippingSpecialTokens: Bool = true)
    throws(TokenizerError) -> String
  {
    let bytes = try decodedBytes(ids, skippingSpecialTokens: skippingSpecialTokens)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes of tokens, before they are read as UTF-8.
  ///
  /// - Throws: As ``decode(_:skippingSpecialTokens:)``.
  public func decodedBytes(_ ids: some Collection<Int32>, skippingSpecialTokens: Bool = true)
    throws(TokenizerError) -> [UInt8]
  {
    if case .pieces = storage.parts.joining {
      return try decodedPieces(ids, skippingSpecialTokens: skippingSpecialTokens)
    }
    let separator = storage.parts.joining == .spaces ? 1 : 0
    let hidden = skippingSpecialTokens ? TokenizerStorage.special : 0
    var count = 0
    var position = 0
    for id in ids {
      let flags = storage.flags(id)
      guard flags & TokenizerStorage.present != 0 else {
        throw .idOutOfRange(id: id, position: position, vocabularySize: vocabularySize)
      }
      if flags & hidden == 0 { count += storage.table.bytes(Int(id)).count + separator }
      position += 1
    }
    return [UInt8](unsafeUninitializedCapacity: count) { target, written in
      written = 0
      var isFirst = true
      for id in ids where storage.flags(id) & hidden == 0 {
        if separator > 0, !isFirst {
          target[written] = 0x20
          written &+= 1
        }
        isFirst = false
        for byte in storage.table.bytes(Int(id)) {
          target[written] = byte
          written &+= 1
        }
      }
    }
  }
}

extension Tokenizer {
  private func decodedPieces(_ ids: some Collection<Int32>, skippingSpecialTokens: Bool)
    throws(TokenizerError) -> [UInt8]
  {
    let hidden = skippingSpecialTokens ? TokenizerStorage.special : 0
    var result: [UInt8] = []
    for (position, id) in ids.enumerated() {
      let flags = storage.flags(id)
      guard flags & TokenizerStorage.present != 0 else {
        throw .idOutOfRange(id: id, position: position, vocabularySize: vocabularySize)
      }
      if flags & hidden == 0 { appendPiece(id, to: &result, isFirst: result.isEmpty) }
    }
    return result
  }

  /// Adds what a token stands for where words are cut into pieces.
  func appendPiece(_ id: Int32, to result: inout [UInt8], isFirst: Bool) {
    let bytes = storage.table.bytes(Int(id))
    guard case .pieces(let prefix, let cleansUp) = storage.parts.joining, !isFirst else {
      return result.append(contentsOf: bytes)
    }
    if !prefix.isEmpty, bytes.starts(with: prefix) {
      return result.append(contentsOf: bytes.dropFirst(prefix.count))
    }
    let isTight =
      cleansUp
      && [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"].contains {
        bytes.starts(with: $0.utf8)
      }
    if !isTight { result.append(0x20) }
    result.append(contentsOf: bytes)
  }
}

/// Turns tokens into text one by one, as a model makes them: bytes of a character that is not
/// whole yet are kept back.
///
/// ```swift
/// var decoder = StreamingDecoder(tokenizer)
/// for id in generated { print(decoder.append(id), terminator: "") }
/// print(decoder.finish())
/// ```
///
/// What it gives in all is what ``Tokenizer/decode(_:skippingSpecialTokens:)`` gives for all the
/// ids, except that an id without a token is shown as U+FFFD.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  private var pending: [UInt8] = []
  private var isFirst = true

  /// A decoder at the start of a text.
  public init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool = true) {
    self.tokenizer = tokenizer
    skipsSpecialTokens = skippingSpecialTokens
  }

  /// The text that is certain once `id` is known.
  public mutating func append(_ id: Int32) -> String {
    if let bytes = tokenizer.bytes(of: id) {
      if skipsSpecialTokens, tokenizer.isSpecial(id) { return "" }
      if case .pieces = tokenizer.storage.parts.joining {
        tokenizer.appendPiece(id, to: &pending, isFirst: isFirst)
      } else {
        if tokenizer.storage.parts.joining == .spaces, !isFirst { pending.append(0x20) }
        pending.append(contentsOf: bytes)
      }
    } else {
      pending.append(contentsOf: "\u{FFFD}".utf8)
    }
    isFirst = false
    let whole = pending.count - unfinishedCount
    guard whole > 0 else { return "" }
    let text = String(decoding: pending[..<whole], as: UTF8.self)
    pending.removeFirst(whole)
    return text
  }

  /// What was kept back, as U+FFFD; the decoder is at the start of a text again.
  public mutating func finish() -> String {
    defer {
      pending = []
      isFirst = true
    }
    return String(decoding: pending, as: UTF8.self)
  }

  /// How many bytes at the end may be the first ones of a character.
  private var unfinishedCount: Int {
    for length in 1...3 where length <= pending.count {
      let lead = pending[pending.count - length]
      if lead & 0xC0 == 0x80 { continue }
      let needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1
      return needed > length && isPrefix(pending.suffix(length)) ? length : 0
    }
    return 0
  }

  /// Whether bytes can go on to be a well-formed character.
  private func isPrefix(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let lead = bytes.first, 0xC2...0xF4 ~= lead else { return false }
    guard let second = bytes.dropFirst().first else { return true }
    return switch lead {
    case 0xE0: second >= 0xA0
    case 0xED: second <= 0x9F
    case 0xF0: second >= 0x90
    case 0xF4: second <= 0x8F
    default: true
    }
  }
}
