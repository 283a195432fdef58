import Bytes

extension AdapterConfiguration {
  /// `adapter_config.json` of an adapter.
  static func serialized(_ layout: AdapterLayout) -> [UInt8] {
    let c = layout.configuration
    let members: [JSONValue.Member]
    switch layout.shape {
    case .lowRank(let shape): members = lowRank(shape, c)
    case .bottleneck(let width):
      members = [
        .init("poise_type", "bottleneck"), .init("width", .number(width)),
        .init("num_layers", .number(c.layers)), .init("hidden_size", .number(c.width)),
        .init("activation", "gelu"),
      ]
    case .prefix(let length):
      members = [
        .init("peft_type", "PREFIX_TUNING"), .init("task_type", "CAUSAL_LM"),
        .init("base_model_name_or_path", .null), .init("inference_mode", true),
        .init("num_virtual_tokens", .number(length)), .init("num_layers", .number(c.layers)),
        .init("token_dim", .number(c.keyValueWidth)),
        .init("num_attention_heads", .number(c.keyValueHeads)),
        .init("num_transformer_submodules", 1),
        .init("encoder_hidden_size", .number(c.keyValueWidth)), .init("prefix_projection", false),
      ]
    }
    return JSONValue.object(members).serialized(indented: true) + [0x0A]
  }

  private static func lowRank(
    _ shape: LowRankShape, _ c: DecoderConfiguration
  ) -> [JSONValue.Member] {
    let sites = shape.sites
    let rank = mostFrequent(sites.map(\.rank)) ?? 8
    let alpha = mostFrequent(sites.map(\.alpha)) ?? 8
    let layers = Set(sites.map(\.layer)).sorted()
    let parts = DecoderPart.allCases.filter { part in sites.contains { $0.part == part } }
    // Names of modules say it where every layer has the same; else each path is named.
    let isEven = sites.count == layers.count * parts.count
    let targets = isEven ? parts.map(\.module) : sites.map { path($0.layer, $0.part) }
    func differing(
      _ value: (LowRankShape.Site) -> JSONValue, from common: JSONValue
    ) -> JSONValue {
      .object(
        sites.filter { value($0) != common }.map { .init(path($0.layer, $0.part), value($0)) })
    }
    return [
      .init("peft_type", "LORA"), .init("task_type", "CAUSAL_LM"),
      .init("base_model_name_or_path", .null), .init("inference_mode", true),
      .init("r", .number(rank)), .init("lora_alpha", number(alpha)),
      .init("rank_pattern", differing({ .number($0.rank) }, from: .number(rank))),
      .init("alpha_pattern", differing({ number($0.alpha) }, from: number(alpha))),
      .init("use_rslora", .boolean(shape.isRankStabilized)), .init("lora_dropout", 0.0),
      .init("bias", "none"), .init("fan_in_fan_out", false),
      .init("target_modules", .list(targets.map { .string($0) })),
      .init(
        "layers_to_transform",
        isEven && layers.count < c.layers ? .list(layers.map { .number($0) }) : .null),
    ]
  }

  /// PEFT's α is a whole number by its type, and any number in effect.
  private static func number(_ alpha: Double) -> JSONValue {
    Int(exactly: alpha).map { .number($0) } ?? .number(alpha)
  }

  /// The first of those that occur most often.
  private static func mostFrequent<Value: Hashable>(_ values: [Value]) -> Value? {
    var counts: [Value: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    let most = counts.values.max()
    return values.first { counts[$0] == most }
  }
}
