import Bytes
import LanguageModels
import Safetensors

/// The members of a JSON file, each with its type and its range.
struct EncoderSettings {
  let file: String
  let json: JSONValue

  init(_ bytes: [UInt8], file: String) throws {
    self.file = file
    json = try JSONValue(strict: bytes, file: file)
    guard json.members != nil || json.list != nil else {
      throw wrong("the whole file", "an object", json.kind)
    }
  }

  init(_ json: JSONValue, file: String) {
    self.file = file
    self.json = json
  }

  func wrong(_ member: String, _ expected: String, _ got: String) -> HuggingFaceError {
    .wrongValue(file: file, member: member, expected: expected, got: got)
  }

  private func shown(_ value: JSONValue) -> String {
    switch value {
    case .number, .boolean, .string, .null:
      let text = String(decoding: value.serialized(), as: UTF8.self)
      return text.utf8.count <= 80 ? text : "\(text.prefix(60))…"
    default: return value.kind
    }
  }

  /// The value of a member that is there and not null.
  private func value(_ member: String) -> JSONValue? {
    json[member].flatMap { $0.isNull ? nil : $0 }
  }

  func has(_ member: String) -> Bool { value(member) != nil }

  func size(_ member: String, _ allowed: ClosedRange<Int>) throws -> Int {
    guard let size = try size(member, allowed, default: nil) else {
      throw HuggingFaceError.missingMember(
        file: file, member: member,
        expected: "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)",
        suggestion: closestName(to: member, among: (json.members ?? []).lazy.map(\.name)))
    }
    return size
  }

  func size(_ member: String, _ allowed: ClosedRange<Int>, default: Int?) throws -> Int? {
    guard let value = value(member) else { return `default` }
    guard let size = value.integer, allowed.contains(size) else {
      throw wrong(
        member, "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)", shown(value))
    }
    return size
  }

  func positive(_ member: String, default: Double) throws -> Double {
    guard let value = value(member) else { return `default` }
    guard let number = value.double, number > 0, number.isFinite else {
      throw wrong(member, "a number above 0", shown(value))
    }
    return number
  }

  func flag(_ member: String, default: Bool) throws -> Bool {
    guard let value = value(member) else { return `default` }
    guard let flag = value.boolean else { throw wrong(member, "true or false", shown(value)) }
    return flag
  }

  func text(_ member: String) throws -> String? {
    guard let value = value(member) else { return nil }
    guard let text = value.string else { throw wrong(member, "a text", shown(value)) }
    return text
  }

  func only(_ member: String, _ supported: [String]) throws -> String? {
    guard let text = try text(member) else { return nil }
    guard supported.contains(text) else {
      throw HuggingFaceError.unsupported(
        file: file, member: member, got: "\"\(text)\"", supported: supported)
    }
    return text
  }

  func refuse(_ member: String) throws {
    guard try flag(member, default: false) else { return }
    throw HuggingFaceError.unsupported(
      file: file, member: member, got: "true", supported: ["false"])
  }

  /// The names of a list of texts; empty where there is none.
  func texts(_ member: String) throws -> [String] {
    guard let value = value(member) else { return [] }
    let texts = value.list?.compactMap(\.string)
    guard let texts, texts.count == value.list?.count else {
      throw wrong(member, "a list of texts", shown(value))
    }
    return texts
  }
}

extension EncoderConfiguration {
  private static let classes = ["BertModel", "BertForMaskedLM", "BertForPreTraining"]

  /// What `config.json` says of a BERT; other models are refused by name.
  ///
  /// - Throws: `HuggingFaceError`, ``EncoderFolderError/impossibleShape(file:_:)``;
  ///   `SafetensorsError` where the text is not JSON.
  public init(parsing bytes: [UInt8], file: String) throws {
    let settings = try EncoderSettings(bytes, file: file)
    let names = try settings.texts("architectures")
    let type = try settings.text("model_type")
    if let other = names.first(where: { !Self.classes.contains($0) }) {
      throw HuggingFaceError.unknownArchitecture(
        file: file, got: other, supported: Self.classes,
        suggestion: closestName(to: other, among: Self.classes))
    }
    if let type, type != "bert" {
      throw HuggingFaceError.unknownArchitecture(
        file: file, got: type, supported: ["bert"],
        suggestion: closestName(to: type, among: ["bert"]))
    }
    guard !names.isEmpty || type != nil else {
      throw HuggingFaceError.missingMember(
        file: file, member: "model_type", expected: "bert", suggestion: nil)
    }
    _ = try settings.only("position_embedding_type", ["absolute"])
    try settings.refuse("is_decoder")
    try settings.refuse("add_cross_attention")
    let bend = try settings.only("hidden_act", ["gelu", "gelu_new", "gelu_pytorch_tanh"])
    let large = 1...16_777_216
    self.init(
      vocabularySize: try settings.size("vocab_size", large),
      width: try settings.size("hidden_size", large),
      layers: try settings.size("num_hidden_layers", large),
      heads: try settings.size("num_attention_heads", large),
      feedForwardWidth: try settings.size("intermediate_size", large),
      positions: try settings.size("max_position_embeddings", large, default: 512) ?? 512,
      tokenTypes: try settings.size("type_vocab_size", large, default: 2) ?? 2,
      normEpsilon: try settings.positive("layer_norm_eps", default: 1e-12),
      activation: bend == nil || bend == "gelu" ? .gelu : .tanhGELU)
    do {
      try validate()
    } catch {
      throw EncoderFolderError.impossibleShape(file: file, error)
    }
  }

  /// The text of `config.json`, which transformers reads.
  public func serialized() -> [UInt8] {
    let members: [JSONValue.Member] = [
      .init("architectures", .list(["BertModel"])), .init("model_type", "bert"),
      .init("vocab_size", .number(vocabularySize)), .init("hidden_size", .number(width)),
      .init("intermediate_size", .number(feedForwardWidth)),
      .init("num_hidden_layers", .number(layers)), .init("num_attention_heads", .number(heads)),
      .init("max_position_embeddings", .number(positions)),
      .init("type_vocab_size", .number(tokenTypes)),
      .init("layer_norm_eps", .number(normEpsilon)),
      .init("hidden_act", .string(activation.rawValue)),
      .init("position_embedding_type", "absolute"), .init("hidden_dropout_prob", 0.0),
      .init("attention_probs_dropout_prob", 0.0), .init("pad_token_id", .number(0)),
      .init("dtype", "float32"), .init("torch_dtype", "float32"),
    ]
    return JSONValue.object(members).serialized(indented: true) + [0x0A]
  }
}
