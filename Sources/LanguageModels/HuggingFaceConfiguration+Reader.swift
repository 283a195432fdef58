import Bytes
import Diagnostics

// MARK: - The class

extension ConfigurationReader {
  /// The class by `architectures` and `model_type`, of which one may be absent.
  func architecture() throws -> DecoderConfiguration.Architecture {
    typealias Architecture = DecoderConfiguration.Architecture
    let classes = try texts("architectures")
    guard classes.count <= 1 else {
      throw wrong("architectures", "a list of one class", "a list of \(classes.count)")
    }
    let type = try text("model_type")
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
        file: file, got: both, supported: all,
        suggestion: closestName(to: got, among: all, atMost: 4))
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
          suggestion: rope.closest(to: member))
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
