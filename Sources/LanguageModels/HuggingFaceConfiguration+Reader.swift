import Bytes
import Safetensors

/// Looks members of a configuration up, each with its type and its range.
struct ConfigurationReader {
  let file: String
  private let json: JSONValue

  init(_ bytes: [UInt8], file: String) throws {
    self.file = file
    json = try JSONValue(strict: bytes, file: file)
    guard json.members != nil else {
      throw wrong("the whole file", "an object", json.kind)
    }
  }

  private init(_ json: JSONValue, file: String) {
    self.file = file
    self.json = json
  }

  /// Whether the member is there, be it null.
  func has(_ member: String) -> Bool { json[member] != nil }

  /// The value of a member as its text says it, for messages.
  func shown(_ member: String) -> String { json[member].map(shown) ?? "nothing" }

  private func shown(_ value: JSONValue) -> String {
    switch value {
    case .number, .boolean, .string, .null:
      let text = String(decoding: value.serialized(), as: UTF8.self)
      return text.utf8.count <= 80 ? text : "\(text.prefix(60))…"
    default: return value.kind
    }
  }

  private func wrong(_ member: String, _ expected: String, _ got: String) -> HuggingFaceError {
    .wrongValue(file: file, member: member, expected: expected, got: got)
  }

  /// The value of a member that is there and not null.
  private func value(_ member: String) -> JSONValue? {
    json[member].flatMap { $0.isNull ? nil : $0 }
  }

  /// A whole number that has to be there.
  func size(_ member: String, _ allowed: ClosedRange<Int>) throws -> Int {
    guard let size = try size(member, allowed, default: nil) else {
      throw HuggingFaceError.missingMember(
        file: file, member: member,
        expected: "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)",
        suggestion: closestName(to: member, among: (json.members ?? []).lazy.map(\.name)))
    }
    return size
  }

  /// A whole number, or the default where there is none or null.
  func size(_ member: String, _ allowed: ClosedRange<Int>, default: Int?) throws -> Int? {
    guard let value = value(member) else { return `default` }
    guard let size = value.integer, allowed.contains(size) else {
      throw wrong(
        member, "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)",
        shown(value))
    }
    return size
  }

  /// A number above zero, or the default where there is none or null.
  func positive(_ member: String, default: Double) throws -> Double {
    guard let value = value(member) else { return `default` }
    guard let number = value.double, number > 0 else {
      throw wrong(member, "a number above 0", shown(value))
    }
    return number
  }

  /// A truth value, or the default where there is none or null.
  func flag(_ member: String, default: Bool) throws -> Bool {
    guard let value = value(member) else { return `default` }
    guard let flag = value.boolean else { throw wrong(member, "true or false", shown(value)) }
    return flag
  }

  /// A list of texts; empty where there is none.
  func texts(_ member: String) throws -> [String] {
    guard let value = value(member) else { return [] }
    let texts = value.list?.compactMap(\.string)
    guard let texts, texts.count == value.list?.count else {
      throw wrong(member, "a list of texts", shown(value))
    }
    return texts
  }

  /// A token id, or a list of one.
  func token(_ member: String) throws -> Int32? {
    guard let tokens = try tokens(member) else { return nil }
    guard tokens.count == 1 else {
      throw wrong(member, "one token id or null", "a list of \(tokens.count)")
    }
    return tokens.first
  }

  /// A token id or a list of them; nil where there is none or null.
  func tokens(_ member: String) throws -> [Int32]? {
    guard let value = value(member) else { return nil }
    let items = value.list ?? [value]
    guard items.count <= 1_024 else {
      throw wrong(member, "at most 1024 token ids", "a list of \(items.count)")
    }
    return try items.map { item in
      guard let id = item.integer.flatMap(Int32.init(exactly:)) else {
        throw wrong(member, "a token id, a list of them, or null", shown(item))
      }
      return id
    }
  }

  /// Fails for ids that the vocabulary does not have.
  func check(_ tokens: [Int32], _ member: String, vocabulary: Int) throws {
    for token in tokens where token < 0 || Int(token) >= vocabulary {
      throw wrong(member, "a token id from 0 to \(vocabulary - 1)", "\(token)")
    }
  }

  /// Fails where the member is there and none of some texts.
  func only(_ member: String, _ allowed: [String]) throws {
    guard let value = value(member) else { return }
    guard let text = value.string else { throw wrong(member, "a text", shown(value)) }
    guard allowed.contains(text) else {
      throw HuggingFaceError.unsupported(
        file: file, member: member, got: shown(value), supported: allowed)
    }
  }

  /// Fails where the member is there, not null and not the one truth value, where one is allowed.
  func only(_ member: String, _ allowed: Bool?, supported: String) throws {
    guard let value = value(member) else { return }
    if allowed != nil, value.boolean == nil {
      throw wrong(member, "true or false", shown(value))
    }
    guard let allowed, value.boolean == allowed else {
      throw HuggingFaceError.unsupported(
        file: file, member: member, got: shown(value), supported: [supported])
    }
  }
}

// MARK: - The class

extension ConfigurationReader {
  /// The class by `architectures` and `model_type`, of which one may be absent.
  func architecture() throws -> DecoderConfiguration.Architecture {
    typealias Architecture = DecoderConfiguration.Architecture
    let classes = try texts("architectures")
    guard classes.count <= 1 else {
      throw wrong("architectures", "a list of one class", "a list of \(classes.count)")
    }
    var type: String?
    if let value = value("model_type") {
      guard let text = value.string else { throw wrong("model_type", "a text", shown(value)) }
      type = text
    }
    let names = Architecture.allCases.map(\.className)
    guard let got = classes.first ?? type else {
      throw HuggingFaceError.missingMember(
        file: file, member: "architectures", expected: names.joined(separator: " or "),
        suggestion: nil)
    }
    let found = Architecture.allCases.first { known in
      (classes.first ?? known.className) == known.className
        && (type ?? known.modelType) == known.modelType
    }
    guard let found else {
      let all = classes.isEmpty ? Architecture.allCases.map(\.modelType) : names
      let both = type.map { classes.isEmpty ? $0 : "\(got) (model_type \($0))" } ?? got
      throw HuggingFaceError.unknownArchitecture(
        file: file, got: both, supported: all, suggestion: closestName(to: got, among: all))
    }
    return found
  }
}

// MARK: - Rotary angles

extension ConfigurationReader {
  /// `rope_scaling` where there is one (transformers 4), else `rope_parameters` (5); an empty object
  /// is none.
  private func rope() throws -> ConfigurationReader? {
    for member in ["rope_scaling", "rope_parameters"] {
      guard let value = value(member) else { continue }
      guard let members = value.members else {
        throw wrong(member, "an object or null", shown(value))
      }
      if let nested = members.first(where: { $0.value.members != nil }) {
        throw HuggingFaceError.unsupported(
          file: file, member: "\(member).\(nested.name)", got: "an object",
          supported: ["the same angles in all layers"])
      }
      if !members.isEmpty { return ConfigurationReader(value, file: "\(file), \(member)") }
    }
    return nil
  }

  /// The base of the angles, wherever it stands.
  func ropeBase() throws -> Double {
    let outer = try positive("rope_theta", default: 10_000)
    return try rope()?.positive("rope_theta", default: outer) ?? outer
  }

  /// The stretching of the angles; nil for plain ones.
  func ropeScaling(context: Int) throws -> RopeScaling? {
    guard let rope = try rope() else { return nil }
    let names = rope.has("rope_type") ? "rope_type" : "type"
    try rope.only(names, ["default", "llama3"])
    if try rope.positive("partial_rotary_factor", default: 1) != 1 {
      throw HuggingFaceError.unsupported(
        file: rope.file, member: "partial_rotary_factor",
        got: rope.shown("partial_rotary_factor"), supported: ["1"])
    }
    guard rope.value(names)?.string == "llama3" else { return nil }
    func factor(_ member: String) throws -> Double {
      guard rope.value(member) != nil else {
        throw HuggingFaceError.missingMember(
          file: rope.file, member: member, expected: "a number above 0",
          suggestion: closestName(to: member, among: (rope.json.members ?? []).lazy.map(\.name)))
      }
      return try rope.positive(member, default: 1)
    }
    // One beside the object wins over one inside, as in transformers.
    let member = "original_max_position_embeddings"
    let outer = try size(member, 1...16_777_216, default: nil)
    return RopeScaling(
      factor: try factor("factor"), lowFrequencyFactor: try factor("low_freq_factor"),
      highFrequencyFactor: try factor("high_freq_factor"),
      originalContext: try outer ?? rope.size(member, 1...16_777_216, default: nil) ?? context)
  }
}
