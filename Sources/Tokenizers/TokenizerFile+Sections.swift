import Bytes

// What the sections around the model say. Every section is an object with a `type`, or null.
extension TokenizerFile {
  /// A section's members with the path to it, for messages.
  struct Section {
    let file: String
    let path: String
    let value: JSONValue

    /// The section's type; nil for null.
    func type() throws -> String? {
      if value.isNull { return nil }
      guard value.members != nil else { throw wrongType("", "an object or null", value.kind) }
      guard let type = value["type"] else {
        throw TokenizerError.missingMember(file: file, path: path + ".type", expected: "a string")
      }
      guard let text = type.string else { throw wrongType(".type", "a string", type.kind) }
      return text
    }

    func flag(_ name: String, default value: Bool? = nil) throws -> Bool {
      guard let member = self.value[name] else {
        if let value { return value }
        throw TokenizerError.missingMember(
          file: file, path: "\(path).\(name)", expected: "a truth value")
      }
      guard let flag = member.boolean else {
        throw wrongType(".\(name)", "a truth value", member.kind)
      }
      return flag
    }

    /// The sections of a list.
    func list(_ name: String) throws -> [Section] {
      guard let member = value[name] else {
        throw TokenizerError.missingMember(file: file, path: "\(path).\(name)", expected: "a list")
      }
      guard let items = member.list else { throw wrongType(".\(name)", "a list", member.kind) }
      return items.enumerated().map { index, item in
        Section(file: file, path: "\(path).\(name)[\(index)]", value: item)
      }
    }

    func wrongType(_ member: String, _ expected: String, _ got: String) -> TokenizerError {
      .wrongType(file: file, path: path + member, expected: expected, got: got)
    }

    func unsupported(_ member: String, _ got: String, _ supported: [String]) -> TokenizerError {
      .unsupported(
        file: file, path: path + member, got: got, supported: supported,
        suggestion: closestToken(to: got, among: supported))
    }
  }

  private func read(_ name: String) -> Section {
    Section(file: file, path: name, value: section(name))
  }

  // MARK: Normaliser

  /// What is done to a text before it is split.
  struct Normalizing {
    var composes = false
    var bert: BertNormalizer?
  }

  func normalizing() throws -> Normalizing { try Self.normalizing(read("normalizer")) }

  private static func normalizing(_ section: Section) throws -> Normalizing {
    switch try section.type() {
    case nil: return Normalizing()
    case "NFC": return Normalizing(composes: true)
    case "BertNormalizer":
      let lowercases = try section.flag("lowercase", default: true)
      let strips = section.value["strip_accents"] ?? .null
      return Normalizing(
        bert: BertNormalizer(
          cleans: try section.flag("clean_text", default: true),
          spacesChinese: try section.flag("handle_chinese_chars", default: true),
          stripsAccents: strips.isNull ? lowercases : try section.flag("strip_accents"),
          lowercases: lowercases))
    case "Sequence":
      let parts = try section.list("normalizers").map(normalizing)
      guard parts.count == 1 || !parts.contains(where: { $0.bert != nil }) else {
        throw section.unsupported(
          ".normalizers", "BertNormalizer beside others", ["BertNormalizer alone"])
      }
      return Normalizing(
        composes: parts.contains { $0.composes }, bert: parts.first.flatMap(\.bert))
    case let other?:
      throw section.unsupported(".type", other, ["null", "NFC", "BertNormalizer", "Sequence"])
    }
  }

  // MARK: Splitter

  struct Splitting {
    var split = TokenizerParts.Split.whole
    var isByteLevel = false
    var addsPrefixSpace = false
  }

  func splitting() throws -> Splitting {
    let section = read("pre_tokenizer")
    guard try section.type() == "Sequence" else { return try Self.splitting(section) }
    let parts = try section.list("pretokenizers")
    let supported = ["[Split]", "[ByteLevel]", "[Split, ByteLevel]"]
    let types = try parts.map { try $0.type() ?? "null" }
    switch types {
    case ["Split"], ["ByteLevel"]: return try Self.splitting(parts[0])
    case ["Split", "ByteLevel"]:
      var result = try Self.splitting(parts[0])
      guard try !parts[1].flag("use_regex", default: true) else {
        throw parts[1].unsupported(".use_regex", "true after a Split", ["false"])
      }
      guard try !parts[1].flag("add_prefix_space") else {
        throw parts[1].unsupported(".add_prefix_space", "true after a Split", ["false"])
      }
      result.isByteLevel = true
      return result
    default:
      throw section.unsupported(
        ".pretokenizers", "[\(types.joined(separator: ", "))]", supported)
    }
  }

  private static func splitting(_ section: Section) throws -> Splitting {
    switch try section.type() {
    case nil: return Splitting()
    case "ByteLevel":
      return Splitting(
        split: try section.flag("use_regex", default: true) ? .pattern(.gpt2) : .whole,
        isByteLevel: true, addsPrefixSpace: try section.flag("add_prefix_space"))
    case "Split": return Splitting(split: .pattern(try pattern(section)))
    case "Whitespace": return Splitting(split: .whitespace)
    case "WhitespaceSplit": return Splitting(split: .whitespaceSplit)
    case "BertPreTokenizer": return Splitting(split: .bert)
    case let other?:
      throw section.unsupported(
        ".type", other,
        [
          "null", "ByteLevel", "Split", "Whitespace", "WhitespaceSplit", "BertPreTokenizer",
          "Sequence",
        ])
    }
  }

  private static func pattern(_ section: Section) throws -> SplitPattern {
    let behavior = section.value["behavior"]
    guard behavior?.string == "Isolated" else {
      throw section.unsupported(
        ".behavior", behavior?.string ?? behavior?.kind ?? "missing", ["Isolated"])
    }
    guard try !section.flag("invert") else {
      throw section.unsupported(".invert", "true", ["false"])
    }
    guard let expression = section.value["pattern"]?["Regex"]?.string else {
      throw section.wrongType(
        ".pattern", "{\"Regex\": …}", section.value["pattern"]?.kind ?? "nothing")
    }
    guard let pattern = SplitPattern.allCases.first(where: { $0.expression == expression }) else {
      throw TokenizerError.unsupported(
        file: section.file, path: section.path + ".pattern.Regex", got: expression,
        supported: SplitPattern.allCases.map { "\($0.rawValue): \($0.expression)" },
        suggestion: nil)
    }
    return pattern
  }

  // MARK: Post-processor

  /// The ids before and after a text.
  func template(size: Int, present: Set<Int>) throws -> (prefix: [Int32], suffix: [Int32]) {
    try Templates(size: size, present: present).read(read("post_processor"))
  }

  private struct Templates {
    let size: Int
    let present: Set<Int>

    func read(_ section: Section) throws -> (prefix: [Int32], suffix: [Int32]) {
      switch try section.type() {
      case nil, "ByteLevel": return ([], [])
      case "TemplateProcessing": return try template(section)
      case "BertProcessing", "RobertaProcessing":
        return ([try pair(section, "cls")], [try pair(section, "sep")])
      case "Sequence":
        var result: (prefix: [Int32], suffix: [Int32]) = ([], [])
        for part in try section.list("processors") {
          let (prefix, suffix) = try read(part)
          result = (prefix + result.prefix, result.suffix + suffix)
        }
        return result
      case let other?:
        throw section.unsupported(
          ".type", other,
          [
            "null", "ByteLevel", "TemplateProcessing", "BertProcessing", "RobertaProcessing",
            "Sequence",
          ])
      }
    }

    private func template(_ section: Section) throws -> (prefix: [Int32], suffix: [Int32]) {
      var before: [Int32] = []
      var after: [Int32] = []
      var textSeen = false
      for piece in try section.list("single") {
        if let sequence = piece.value["Sequence"] {
          guard sequence["id"]?.string == "A", !textSeen else {
            throw piece.unsupported(
              ".Sequence", "a second sequence", ["one Sequence with the id A"])
          }
          textSeen = true
        } else if let token = piece.value["SpecialToken"] {
          guard let name = token["id"]?.string else {
            throw piece.wrongType(".SpecialToken.id", "a string", token["id"]?.kind ?? "nothing")
          }
          let ids = try specialToken(section, name)
          if textSeen { after += ids } else { before += ids }
        } else {
          throw piece.unsupported("", piece.value.kind, ["Sequence", "SpecialToken"])
        }
      }
      guard textSeen else {
        throw section.unsupported(".single", "without the text", ["one Sequence with the id A"])
      }
      return (before, after)
    }

    private func specialToken(_ section: Section, _ name: String) throws -> [Int32] {
      let path = ".special_tokens[\"\(name)\"].ids"
      guard let ids = section.value["special_tokens"]?[name]?["ids"]?.list else {
        throw TokenizerError.missingMember(
          file: section.file, path: section.path + path, expected: "a list of ids")
      }
      return try ids.enumerated().map { try id(section, "\(path)[\($0.offset)]", $0.element) }
    }

    private func pair(_ section: Section, _ name: String) throws -> Int32 {
      guard let items = section.value[name]?.list, items.count == 2 else {
        throw section.wrongType(
          ".\(name)", "[token, id]", section.value[name]?.kind ?? "nothing")
      }
      return try id(section, ".\(name)[1]", items[1])
    }

    private func id(_ section: Section, _ path: String, _ value: JSONValue) throws -> Int32 {
      guard let id = value.integer else { throw section.wrongType(path, "an id", value.kind) }
      guard present.contains(id) else {
        throw TokenizerError.unknownTokenID(
          file: section.file, path: section.path + path, id: id, vocabularySize: size)
      }
      return Int32(truncatingIfNeeded: id)
    }
  }

  // MARK: Decoder

  /// How tokens are joined; the decoder has to fit the splitter.
  func joining(isByteLevel: Bool) throws -> TokenizerParts.Joining {
    let section = read("decoder")
    var types = [try section.type()]
    if types == ["Sequence"] { types = try section.list("decoders").map { try $0.type() } }
    let named = types.compactMap { $0 }
    if isByteLevel {
      guard named == ["ByteLevel"] || named == ["ByteLevel", "Fuse"] else {
        throw section.unsupported(
          "", named.isEmpty ? "null" : "\(named)", ["ByteLevel, as the pre_tokenizer is"])
      }
      return .bytes
    }
    switch named {
    case []: return .spaces
    case ["Fuse"]: return .bytes
    case ["WordPiece"]:
      let prefix = section.value["prefix"]
      guard prefix == nil || prefix?.string != nil else {
        throw section.wrongType(".prefix", "a string", prefix?.kind ?? "nothing")
      }
      return .pieces(
        prefix: Array((prefix?.string ?? "##").utf8),
        cleansUp: try section.flag("cleanup", default: true))
    default:
      throw section.unsupported(
        "", named.joined(separator: ", "),
        ["null, Fuse and WordPiece, and ByteLevel where the pre_tokenizer is ByteLevel"])
    }
  }
}
