import Bytes

// How a file becomes the parts of a tokenizer.
extension TokenizerFile {
  /// The parts, all of them checked.
  func parts() throws -> TokenizerParts {
    let model = try modelKind()
    try refuseSettings(model)
    let vocabulary = try checkedVocabulary()
    let splitting = try splitting()
    let joining = try joining(isByteLevel: splitting.isByteLevel)
    let normalizing = try normalizing()
    let names = Names(vocabulary)
    var parts = TokenizerParts(
      model: model, tokens: tokens(vocabulary, isByteLevel: splitting.isByteLevel),
      merges: try merges(model, names), added: try added(names, vocabulary),
      composes: normalizing.composes, bert: normalizing.bert, split: splitting.split,
      addsPrefixSpace: splitting.addsPrefixSpace, isByteLevel: splitting.isByteLevel,
      joining: joining, sections: sections(model))
    parts.unknown = try unknown(names)
    parts.fusesUnknown = setting("fuse_unk").boolean ?? false
    parts.ignoresMerges = setting("ignore_merges").boolean ?? false
    let present = Set(parts.tokens.map { Int($0.id) }).union(parts.added.map { Int($0.id) })
    (parts.prefix, parts.suffix) = try template(size: parts.size, present: present)
    return parts
  }

  private func modelKind() throws -> TokenizerParts.Model {
    let supported = ["BPE", "WordLevel", "WordPiece"]
    switch setting("type") {
    case .string("BPE"): return .bytePairs
    case .string("WordLevel"): return .words
    case .string("WordPiece"): return .wordPieces(try wordPieces())
    // Old files name no type; those with merges are BPE.
    case .null where merges != nil: return .bytePairs
    case .null where modelMembers.isEmpty && vocabulary == nil:
      throw TokenizerError.missingMember(file: file, path: "model", expected: "an object")
    case .null:
      throw TokenizerError.missingMember(
        file: file, path: "model.type", expected: supported.joined(separator: " or "))
    case .string(let other):
      throw TokenizerError.unsupported(
        file: file, path: "model.type", got: other, supported: supported,
        suggestion: closestToken(to: other, among: supported))
    case let other: throw wrongType("model.type", "a string", other.kind)
    }
  }

  private func wordPieces() throws -> TokenizerParts.WordPieces {
    let limit = setting("max_input_chars_per_word")
    guard limit.isNull || (limit.integer ?? -1) >= 0 else {
      throw wrongType("model.max_input_chars_per_word", "a whole number from 0", limit.kind)
    }
    let prefix = setting("continuing_subword_prefix")
    guard prefix.isNull || prefix.string != nil else {
      throw wrongType("model.continuing_subword_prefix", "a string", prefix.kind)
    }
    guard setting("unk_token").string != nil else {
      throw TokenizerError.missingMember(
        file: file, path: "model.unk_token", expected: "the token of words without pieces")
    }
    return TokenizerParts.WordPieces(
      continuation: Array((prefix.string ?? "##").utf8), longestWord: limit.integer ?? 100)
  }

  /// Settings that would change the ids and that this program does not do.
  private func refuseSettings(_ model: TokenizerParts.Model) throws {
    guard model == .bytePairs else { return }
    for name in ["fuse_unk", "byte_fallback", "ignore_merges"] {
      let value = setting(name)
      guard value.isNull || value.boolean != nil else {
        throw wrongType("model.\(name)", "a truth value", value.kind)
      }
    }
    if setting("byte_fallback").boolean == true {
      throw TokenizerError.unsupported(
        file: file, path: "model.byte_fallback", got: "true", supported: ["false"],
        suggestion: nil)
    }
    let dropout = setting("dropout")
    guard dropout.isNull || dropout.double == 0 else {
      guard case .number(let text) = dropout else {
        throw wrongType("model.dropout", "a number or null", dropout.kind)
      }
      throw TokenizerError.unsupported(
        file: file, path: "model.dropout", got: text, supported: ["null", "0"], suggestion: nil)
    }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      let value = setting(name)
      if value.isNull || value.string == "" { continue }
      guard let text = value.string else {
        throw wrongType("model.\(name)", "a string or null", value.kind)
      }
      throw TokenizerError.unsupported(
        file: file, path: "model.\(name)", got: "\"\(text)\"", supported: ["null", "\"\""],
        suggestion: nil)
    }
  }

  /// Names by id and by themselves.
  private struct Names {
    let table: TokenTable

    init(_ vocabulary: [(name: [UInt8], id: Int)]) {
      let size = (vocabulary.last?.id ?? -1) + 1
      table = TokenTable(vocabulary.map { (id: $0.id, bytes: $0.name) }, count: size)
    }

    func id(_ name: [UInt8]) -> Int32? {
      let id = table.id(of: name)
      return id >= 0 ? id : nil
    }

    func closest(to name: String) -> String? {
      closestToken(
        to: name,
        among: (0..<table.count).lazy.filter { table.present.base[$0] }.map {
          String(decoding: table.bytes($0), as: UTF8.self)
        })
    }
  }

  /// The vocabulary by id, without repeated ids or names.
  private func checkedVocabulary() throws -> [(name: [UInt8], id: Int)] {
    guard let vocabulary else {
      if let other = modelMembers.last(where: { $0.name == "vocab" })?.value {
        throw wrongType("model.vocab", "an object of tokens and ids", other.kind)
      }
      throw TokenizerError.missingMember(
        file: file, path: "model.vocab", expected: "an object of tokens and ids")
    }
    let sorted = vocabulary.sorted { $0.id < $1.id }
    for (a, b) in zip(sorted, sorted.dropFirst()) where a.id == b.id {
      throw TokenizerError.duplicateID(
        file: file, path: "model.vocab", id: a.id,
        tokens: [a.name, b.name].map { String(decoding: $0, as: UTF8.self) })
    }
    let names = Names(sorted)
    for entry in sorted {
      let first = Int(names.table.id(of: entry.name))
      guard first != entry.id else { continue }
      let name = String(decoding: entry.name, as: UTF8.self)
      throw TokenizerError.duplicateToken(
        file: file, path: "model.vocab", token: name, ids: [first, entry.id].sorted())
    }
    return sorted
  }

  private func tokens(_ vocabulary: [(name: [UInt8], id: Int)], isByteLevel: Bool)
    -> [TokenizerParts.Token]
  {
    vocabulary.map { entry in
      let id = Int32(truncatingIfNeeded: entry.id)
      guard isByteLevel else { return TokenizerParts.Token(id: id, bytes: entry.name) }
      if let bytes = entry.name.withUnsafeBufferPointer(ByteAlphabet.bytes) {
        return TokenizerParts.Token(id: id, bytes: bytes)
      }
      return TokenizerParts.Token(id: id, bytes: entry.name, isLiteral: true)
    }
  }

  private func merges(_ model: TokenizerParts.Model, _ names: Names) throws -> [Merge] {
    guard model == .bytePairs else { return [] }
    guard let merges else {
      if let other = modelMembers.last(where: { $0.name == "merges" })?.value {
        throw wrongType("model.merges", "a list of pairs of tokens", other.kind)
      }
      throw TokenizerError.missingMember(
        file: file, path: "model.merges", expected: "a list of pairs of tokens")
    }
    return try mergeNames.withUnsafeBufferPointer { bytes in
      func id(_ index: Int, _ range: Range<Int>) throws -> Int32 {
        let name = bytes[range]
        let id = bytes.baseAddress.map { names.table.id(of: $0 + range.lowerBound, range.count) }
        if let id, id >= 0 { return id }
        let text = String(decoding: name, as: UTF8.self)
        throw TokenizerError.unknownToken(
          file: file, path: "model.merges[\(index)]", token: text,
          suggestion: names.closest(to: text))
      }
      return try merges.enumerated().map { index, merge in
        Merge(
          left: try id(index, merge.start..<merge.middle),
          right: try id(index, merge.middle..<merge.end),
          result: try id(index, merge.start..<merge.end))
      }
    }
  }

  private func unknown(_ names: Names) throws -> Int32? {
    let value = setting("unk_token")
    if value.isNull { return nil }
    guard let name = value.string else {
      throw wrongType("model.unk_token", "a string or null", value.kind)
    }
    if let id = names.id(Array(name.utf8)) { return id }
    // A closed vocabulary of words may name a token that it never needs.
    if setting("type") == .string("WordLevel") { return nil }
    throw TokenizerError.unknownToken(
      file: file, path: "model.unk_token", token: name, suggestion: names.closest(to: name))
  }

  // MARK: Added tokens

  private func added(_ names: Names, _ vocabulary: [(name: [UInt8], id: Int)]) throws
    -> [AddedToken]
  {
    let value = section("added_tokens")
    if value.isNull { return [] }
    guard let items = value.list else {
      throw wrongType("added_tokens", "a list", value.kind)
    }
    var result: [AddedToken] = []
    var byID: [Int32: String] = [:]
    // By bytes: strings are equal where they are canonically equivalent.
    var byContent: [[UInt8]: Int32] = [:]
    for (index, item) in items.enumerated() {
      let path = "added_tokens[\(index)]"
      let token = try addedToken(Section(file: file, path: path, value: item))
      if let other = byID.updateValue(token.content, forKey: token.id) {
        throw TokenizerError.duplicateID(
          file: file, path: path, id: Int(token.id), tokens: [other, token.content])
      }
      if let other = byContent.updateValue(token.id, forKey: Array(token.content.utf8)) {
        throw TokenizerError.duplicateToken(
          file: file, path: path, token: token.content, ids: [Int(other), Int(token.id)])
      }
      if let id = names.id(Array(token.content.utf8)) {
        guard id == token.id else {
          throw TokenizerError.duplicateToken(
            file: file, path: path, token: token.content, ids: [Int(id), Int(token.id)])
        }
      } else if Int(token.id) < names.table.count, names.table.present.base[Int(token.id)] {
        let other = String(decoding: names.table.bytes(Int(token.id)), as: UTF8.self)
        throw TokenizerError.duplicateID(
          file: file, path: path, id: Int(token.id), tokens: [other, token.content])
      }
      result.append(token)
    }
    return result.sorted { $0.id < $1.id }
  }

  private func addedToken(_ section: Section) throws -> AddedToken {
    guard section.value.members != nil else {
      throw section.wrongType("", "an object", section.value.kind)
    }
    guard let id = section.value["id"]?.integer, id >= 0 else {
      throw section.wrongType(
        ".id", "an id, a whole number from 0", section.value["id"]?.kind ?? "nothing")
    }
    guard id < Self.largestSize else {
      throw TokenizerError.tooLarge(
        file: file, path: section.path + ".id", what: "the id", limit: Self.largestSize - 1,
        got: id)
    }
    guard let content = section.value["content"]?.string, !content.isEmpty else {
      throw section.wrongType(
        ".content", "a string that is not empty", section.value["content"]?.kind ?? "nothing")
    }
    guard content.utf8.count <= AddedToken.longestContent else {
      throw TokenizerError.tooLarge(
        file: file, path: section.path + ".content", what: "the number of bytes",
        limit: AddedToken.longestContent, got: content.utf8.count)
    }
    let isSpecial = try section.flag("special", default: false)
    return AddedToken(
      id: Int32(truncatingIfNeeded: id), content: content, isSpecial: isSpecial,
      isSingleWord: try section.flag("single_word", default: false),
      stripsLeft: try section.flag("lstrip", default: false),
      stripsRight: try section.flag("rstrip", default: false),
      isNormalized: try section.flag("normalized", default: !isSpecial))
  }

  /// Everything else, with what Hugging Face's files always have, so that a file that leaves it out
  /// is the same tokenizer.
  private func sections(_ model: TokenizerParts.Model) -> TokenizerParts.Sections {
    let read = ["added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder"]
    let first = ["version", "truncation", "padding"]
    let rest = members.filter { !(read + first).contains($0.name) }
    let settings = modelMembers.filter { !["type", "vocab", "merges"].contains($0.name) }
    let type =
      switch model {
      case .bytePairs: JSONValue.Member("type", "BPE")
      case .words: JSONValue.Member("type", "WordLevel")
      case .wordPieces: JSONValue.Member("type", "WordPiece")
      }
    return TokenizerParts.Sections(
      normalizer: section("normalizer").inFixedOrder,
      preTokenizer: section("pre_tokenizer").inFixedOrder,
      postProcessor: section("post_processor").inFixedOrder,
      decoder: section("decoder").inFixedOrder,
      model: JSONValue.object([type] + settings).inFixedOrder.members ?? [],
      rest: first.map { name in
        let value = section(name).inFixedOrder
        return JSONValue.Member(name, name == "version" && value.isNull ? "1.0" : value)
      } + (JSONValue.object(rest).inFixedOrder.members ?? []))
  }
}

extension JSONValue {
  /// The value with the members of every object by name, `type` before all others, and without
  /// those that a later one of the same name replaces: what is equal is written equally.
  fileprivate var inFixedOrder: JSONValue {
    switch self {
    case .list(let items): return .list(items.map(\.inFixedOrder))
    case .object(let members):
      // By bytes: strings are equal where they are canonically equivalent.
      var seen: Set<[UInt8]> = []
      let distinct = members.reversed().filter { seen.insert(Array($0.name.utf8)).inserted }
      return .object(
        distinct.map { Member($0.name, $0.value.inFixedOrder) }.sorted { a, b in
          if (a.name == "type") != (b.name == "type") { return a.name == "type" }
          return a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
        })
    default: return self
    }
  }
}
