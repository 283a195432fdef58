import Bytes
import Diagnostics
import Safetensors

/// What `adapter_config.json` says, as far as adapters here can have it. Anything else that is set
/// is refused: an adapter that is read otherwise than it was trained would be wrong without a word.
struct AdapterConfiguration {
  let file: String
  let json: JSONValue

  init(_ bytes: [UInt8], file: String) throws {
    self.file = file
    json = try JSONValue(strict: bytes, file: file)
    guard json.members != nil else { throw wrong("the whole file", "an object", json) }
  }

  /// Members that say nothing about what is computed.
  private static let indifferent: Set<String> = [
    "auto_mapping", "base_model_name_or_path", "inference_mode", "lora_dropout", "megatron_core",
    "peft_version", "qalora_group_size", "revision", "runtime_config", "ensure_weight_tying",
  ]

  /// The shape that the configuration asks for.
  ///
  /// - Parameters:
  ///   - base: The model that it goes with.
  ///   - tensors: The names in the file of numbers: what is trained, where the configuration says it
  ///     by a regular expression.
  /// - Returns: The shape, not yet held against the base's sizes.
  /// - Throws: ``AdapterFolderError``.
  func shape(for base: DecoderConfiguration, tensors: [String]) throws -> AdapterShape {
    if let own = member("poise_type") {
      guard own.string == "bottleneck" else { throw unsupported("poise_type", ["bottleneck"]) }
      try refuseAll(but: ["poise_type", "width", "num_layers", "hidden_size", "activation"])
      guard member("activation")?.string ?? "gelu" == "gelu" else {
        throw unsupported("activation", ["gelu"])
      }
      try expect("num_layers", base.layers)
      try expect("hidden_size", base.width)
      return .bottleneck(width: try size("width", 1...65_536))
    }
    guard let type = member("peft_type") else {
      throw AdapterFolderError.missingMember(
        file: file, member: "peft_type", expected: "LORA or PREFIX_TUNING")
    }
    if let task = member("task_type"), task.string != "CAUSAL_LM" {
      throw unsupported("task_type", ["CAUSAL_LM"])
    }
    switch type.string {
    case "LORA": return .lowRank(try lowRank(base, tensors))
    case "PREFIX_TUNING": return try prefix(base)
    default: throw unsupported("peft_type", ["LORA", "PREFIX_TUNING"])
    }
  }

  // MARK: - Prefixes

  private func prefix(_ base: DecoderConfiguration) throws -> AdapterShape {
    try refuseAll(but: [
      "peft_type", "task_type", "num_virtual_tokens", "num_layers", "token_dim",
      "num_attention_heads", "num_transformer_submodules", "encoder_hidden_size", "init_weights",
    ])
    guard member("num_transformer_submodules")?.integer ?? 1 == 1 else {
      throw unsupported("num_transformer_submodules", ["1"])
    }
    try expect("num_layers", base.layers)
    try expect("token_dim", base.keyValueWidth)
    try expect("num_attention_heads", base.keyValueHeads)
    return .prefix(length: try size("num_virtual_tokens", 1...1_000_000))
  }

  // MARK: - Low rank

  private func lowRank(_ base: DecoderConfiguration, _ tensors: [String]) throws -> LowRankShape {
    try refuseAll(but: [
      "peft_type", "task_type", "r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora",
      "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "bias",
      "init_lora_weights",
    ])
    guard member("bias")?.string ?? "none" == "none" else { throw unsupported("bias", ["none"]) }
    if let pattern = member("layers_pattern"), pattern.string != "layers",
      pattern.list?.compactMap(\.string) != ["layers"], pattern.list?.isEmpty != true
    {
      throw unsupported("layers_pattern", ["layers"])
    }
    // The others change the base's own weights before training.
    if let start = member("init_lora_weights"), start.boolean == nil,
      !["gaussian", "orthogonal"].contains(start.string ?? "")
    {
      throw unsupported("init_lora_weights", ["true", "false", "gaussian", "orthogonal"])
    }
    let rank = try size("r", 1...1_000_000)
    let alpha = try number("lora_alpha", default: 8)
    let ranks = try pattern("rank_pattern")
    let alphas = try pattern("alpha_pattern")
    var sites: [LowRankShape.Site] = []
    for (layer, part) in try places(base, tensors) {
      let path = Self.path(layer, part)
      var siteRank = rank
      if let own = ranks.first(where: { $0.matches(path) }) {
        guard let whole = own.value.integer, (1...1_000_000).contains(whole) else {
          throw wrong("rank_pattern", "whole numbers above 0", own.value)
        }
        siteRank = whole
      }
      let own = alphas.first { $0.matches(path) }
      guard let siteAlpha = own.map({ $0.value.double }) ?? alpha else {
        throw wrong("alpha_pattern", "numbers", own?.value)
      }
      sites.append(.init(layer: layer, part: part, rank: siteRank, alpha: siteAlpha))
    }
    return LowRankShape(sites, isRankStabilized: member("use_rslora")?.boolean == true)
  }

  static func path(_ layer: Int, _ part: DecoderPart) -> String {
    "model.layers.\(layer).\(part.path)"
  }

  /// The matrices that something is added to.
  private func places(
    _ base: DecoderConfiguration, _ tensors: [String]
  ) throws -> [(Int, DecoderPart)] {
    let all = (0..<base.layers).flatMap { layer in DecoderPart.allCases.map { (layer, $0) } }
    let layers = try layers(base)
    let candidates = all.filter { layers?.contains($0.0) ?? true }
    let named: [(Int, DecoderPart)]
    if let targets = member("target_modules")?.list {
      let names = try targets.map { target in
        guard let name = target.string else { throw wrong("target_modules", "names", target) }
        return name
      }
      for name in names where !all.contains(where: { Self.matches(Self.path($0.0, $0.1), name) }) {
        let modules = DecoderPart.allCases.map(\.module)
        throw AdapterFolderError.unknownModule(
          file: file, got: name, supported: modules,
          suggestion: closestName(to: name, among: modules))
      }
      named = candidates.filter { site in
        names.contains { Self.matches(Self.path(site.0, site.1), $0) }
      }
    } else if let target = member("target_modules")?.string {
      named = target == "all-linear" ? candidates : Self.present(all, tensors)
    } else {
      throw AdapterFolderError.missingMember(
        file: file, member: "target_modules", expected: "names of modules")
    }
    guard let excluded = member("exclude_modules") else { return named }
    guard let names = excluded.list?.compactMap(\.string) else {
      return Self.present(named, tensors)
    }
    return named.filter { site in
      !names.contains { Self.matches(Self.path(site.0, site.1), $0) }
    }
  }

  /// Those that the file has numbers for.
  private static func present(
    _ places: [(Int, DecoderPart)], _ tensors: [String]
  ) -> [(Int, DecoderPart)] {
    let names = Set(tensors)
    return places.filter {
      names.contains("base_model.model.\(path($0.0, $0.1)).lora_A.weight")
    }
  }

  /// As PEFT matches a list of names: the path itself, or its end behind a dot.
  private static func matches(_ path: String, _ name: String) -> Bool {
    path == name || path.hasSuffix("." + name)
  }

  private func layers(_ base: DecoderConfiguration) throws -> Set<Int>? {
    guard let value = member("layers_to_transform") else { return nil }
    let numbers = value.list ?? [value]
    return Set(
      try numbers.map { number in
        guard let layer = number.integer, (0..<base.layers).contains(layer) else {
          throw wrong("layers_to_transform", "layers from 0 to \(base.layers - 1)", number)
        }
        return layer
      })
  }

  /// A key of `rank_pattern` or `alpha_pattern`: PEFT takes it for a regular expression behind any
  /// path; those of names and dots are read here.
  private struct Pattern {
    let name: String
    let isWhole: Bool
    let value: JSONValue

    func matches(_ path: String) -> Bool {
      isWhole ? path == name : AdapterConfiguration.matches(path, name)
    }
  }

  private func pattern(_ name: String) throws -> [Pattern] {
    guard let value = member(name) else { return [] }
    guard let members = value.members else { throw wrong(name, "an object", value) }
    return try members.map { member in
      let isWhole = member.name.hasPrefix("^")
      let text = isWhole ? String(member.name.dropFirst()) : member.name
      let isPlain = text.utf8.allSatisfy {
        $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
      }
      guard isPlain, !text.isEmpty else {
        throw AdapterFolderError.unsupported(
          file: file, member: name, got: "'\(member.name)'",
          supported: ["names of modules and paths, no regular expressions"])
      }
      return Pattern(name: text, isWhole: isWhole, value: member.value)
    }
  }

  // MARK: - Members

  /// A member that is there and says something.
  private func member(_ name: String) -> JSONValue? {
    json[name].flatMap { $0.isNull ? nil : $0 }
  }

  /// Refuses every member that is set and not among the known.
  private func refuseAll(but known: Set<String>) throws {
    for member in json.members ?? [] where !known.contains(member.name) {
      if Self.indifferent.contains(member.name) { continue }
      switch member.value {
      case .null, .boolean(false): continue
      case .list(let items) where items.isEmpty: continue
      case .object(let members) where members.isEmpty: continue
      default: throw unsupported(member.name, ["none"])
      }
    }
  }

  private func size(_ name: String, _ allowed: ClosedRange<Int>) throws -> Int {
    let expected = "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)"
    guard let value = member(name) else {
      throw AdapterFolderError.missingMember(file: file, member: name, expected: expected)
    }
    guard let size = value.integer, allowed.contains(size) else {
      throw wrong(name, expected, value)
    }
    return size
  }

  private func number(_ name: String, default value: Double) throws -> Double {
    guard let given = member(name) else { return value }
    guard let number = given.double, number.isFinite else { throw wrong(name, "a number", given) }
    return number
  }

  /// A size that has to be the base's.
  private func expect(_ name: String, _ size: Int) throws {
    let got = try self.size(name, 1...1 << 24)
    guard got == size else {
      throw AdapterFolderError.wrongBase(file: file, member: name, expected: size, got: got)
    }
  }

  private func unsupported(_ name: String, _ supported: [String]) -> AdapterFolderError {
    .unsupported(file: file, member: name, got: Self.shown(json[name]), supported: supported)
  }

  private func wrong(_ name: String, _ expected: String, _ got: JSONValue?) -> AdapterFolderError {
    .wrongValue(file: file, member: name, expected: expected, got: Self.shown(got))
  }

  private static func shown(_ value: JSONValue?) -> String {
    guard let value else { return "nothing" }
    switch value {
    case .list, .object: return value.kind
    default:
      let text = String(decoding: value.serialized(), as: UTF8.self)
      return text.utf8.count <= 80 ? text : "\(text.prefix(60))…"
    }
  }
}
