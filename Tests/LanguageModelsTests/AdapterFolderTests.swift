import Bytes
import Execution
import Glibc
import LanguageModels
import Safetensors
import TestFolders
import TestModels
import Testing

/// The adapters in `Tests/Fixtures/peft`, which PEFT made; see `make.py` there.
enum PEFTFixtures {
  static let names = ["lora", "lora-layer", "prefix"]

  static let folder: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(2).joined(separator: "/") + "/Fixtures/peft"
  }()

  static func expected(_ name: String) throws -> JSONValue {
    let bytes = try TemporaryFolder.bytes(at: "\(folder)/\(name)/expected.json")
    return try bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
  }

  static func base(_ name: String) throws -> DecoderModel {
    try HuggingFaceFixtures.load(HuggingFaceFixtures.path(baseName(name)))
  }

  static func baseName(_ name: String) throws -> String {
    try #require(try expected(name)["base"]?.string)
  }

  static func load(_ name: String) throws -> DecoderAdapter {
    try AdapterFolder.load("\(folder)/\(name)", for: base(name), context: WorkContext())
  }

  static func tokens(_ expected: JSONValue) throws -> [[Int32]] {
    try #require(expected["tokens"]?.list).map { row in
      try #require(row.list).map { try Int32(#require($0.integer)) }
    }
  }

  /// A folder with a copy of a fixture, to be changed.
  static func copy(_ name: String) throws -> TemporaryFolder {
    let copy = try TemporaryFolder()
    for file in [AdapterFolder.configurationName, AdapterFolder.weightsName] {
      try copy.write(TemporaryFolder.bytes(at: "\(folder)/\(name)/\(file)"), to: "a/" + file)
    }
    return copy
  }
}

extension DecoderAdapter {
  /// Writes the adapter's files into a folder.
  func save(to folder: TemporaryFolder, in name: String = "a", forPEFT: Bool = true) throws {
    for file in try AdapterFolder.files(for: self, forPEFT: forPEFT) {
      var bytes: [UInt8] = []
      try file.write { bytes.append(contentsOf: $0) }
      #expect(bytes.count == file.byteCount)
      try folder.write(bytes, to: name + "/" + file.name)
    }
  }
}

@Suite struct AdapterFolderTests {
  @Test(arguments: PEFTFixtures.names) func logitsAreThoseOfPEFT(_ name: String) throws {
    let expected = try PEFTFixtures.expected(name)
    let base = try PEFTFixtures.base(name)
    let model = try base.attaching(PEFTFixtures.load(name))
    var models = [model]
    if case .lowRank = try #require(model.adapter).shape { models.append(try model.merged()) }
    let rows = try #require(expected["logits"]?.list)
    for (tokens, theirs) in zip(try PEFTFixtures.tokens(expected), rows) {
      let theirs = try #require(theirs.list).map { try #require($0.list).map(\.double) }
      for model in models {
        let session = try DecoderSession(
          model, limits: .init(length: tokens.count), context: WorkContext())
        var largest = 0.0
        try session.extend([session.begin()], by: [tokens], wanting: .all) { _, place, logits in
          for (ours, their) in zip(logits, theirs[place]) {
            largest = max(largest, abs(Double(ours) - (their ?? .nan)))
          }
        }
        #expect(largest < 1e-4)
      }
      let reference = try ReferenceDecoder(model).logits(tokens)
      for (ours, their) in zip(reference.flatMap(\.self), theirs.flatMap(\.self)) {
        #expect(abs(ours - (their ?? .nan)) < 1e-4)
      }
      // The base alone says something else.
      let alone = try #require(try ReferenceDecoder(base).logits(tokens).last)
      #expect(zip(alone, try #require(theirs.last)).contains { abs($0 - ($1 ?? 0)) > 0.1 })
    }
  }

  @Test func patternsAndLayersAreRead() throws {
    guard case .lowRank(let shape) = try PEFTFixtures.load("lora").shape else {
      Issue.record("not a LoRA")
      return
    }
    func site(_ layer: Int, _ part: DecoderPart) -> LowRankShape.Site? {
      shape.sites.first { $0.layer == layer && $0.part == part }
    }
    #expect(shape.sites.count == 14)
    #expect(site(0, .query)?.alpha == 16 && site(1, .query)?.alpha == 8)
    #expect(site(1, .value)?.rank == 2 && site(1, .value)?.alpha == 3)
    #expect(site(1, .up)?.rank == 6 && site(0, .up)?.rank == 4)
    guard case .lowRank(let one) = try PEFTFixtures.load("lora-layer").shape else { return }
    #expect(one.isRankStabilized)
    #expect(one.sites.map(\.layer) == [1, 1, 1])
    #expect(one.sites.map(\.part) == [.query, .value, .down])
  }

  @Test(arguments: PEFTFixtures.names) func whatIsWrittenIsReadAgain(_ name: String) throws {
    let folder = try TemporaryFolder()
    let base = try PEFTFixtures.base(name)
    let adapter = try PEFTFixtures.load(name)
    try adapter.save(to: folder)
    let back = try AdapterFolder.load(folder("a"), for: base, context: WorkContext())
    #expect(back.shape == adapter.shape)
    #expect(back.weights == adapter.weights)
    #expect(
      try AdapterFolder.inputs(folder("a"))
        == [folder("a/adapter_config.json"), folder("a/adapter_model.safetensors")])
  }

  @Test func bottleneckAdaptersHaveAFormOfTheirOwn() throws {
    let base = try PEFTFixtures.base("lora")
    let adapter = try randomAdapter(.bottleneck(width: 5), for: base.configuration)
    let folder = try TemporaryFolder()
    #expect(throws: AdapterFolderError.unwritable(kind: "bottleneck adapters")) {
      try adapter.save(to: folder)
    }
    try adapter.save(to: folder, forPEFT: false)
    #expect(try folder.text("a/adapter_config.json").contains("\"poise_type\": \"bottleneck\""))
    let back = try AdapterFolder.load(folder("a"), for: base, context: WorkContext())
    #expect(back.shape == adapter.shape && back.weights == adapter.weights)
    let other = try PEFTFixtures.base("lora-layer")
    #expect(
      throws: AdapterFolderError.wrongBase(
        file: folder("a/adapter_config.json"), member: "hidden_size", expected: 24, got: 32)
    ) { try AdapterFolder.load(folder("a"), for: other, context: WorkContext()) }
  }

  @Test func storedAdaptersComeBack() throws {
    for shape in AdapterInferenceTests.adapters {
      let base = try randomModel(Shapes.grouped)
      let adapter = try randomAdapter(shape, for: base.configuration)
      var bytes: [UInt8] = []
      let codec = try DecoderAdapterCodec(adapter, notes: [("who", "me")])
      try codec.encode { bytes.append(contentsOf: $0) }
      #expect(bytes.count == codec.encodedSize)
      let stored = SharedBytes(bytes)
      let back = try DecoderAdapter(decoding: stored, for: base.configuration)
      #expect(back.shape == adapter.shape && back.weights == adapter.weights)
      #expect(try DecoderModelCodec.note("who", in: stored) == "me")
      #expect(throws: (any Error).self) {
        try DecoderAdapter(decoding: stored, for: Shapes.plain)
      }
    }
  }

  @Test func damagedAdaptersThrowAndNeverTrap() throws {
    let base = try randomModel(Shapes.plain)
    var refused = 0
    for (index, shape) in AdapterInferenceTests.adapters.enumerated() {
      let adapter = try randomAdapter(shape, for: base.configuration)
      var bytes: [UInt8] = []
      try DecoderAdapterCodec(adapter).encode { bytes.append(contentsOf: $0) }
      for damaged in damagedHeaders(of: bytes, count: 500, seed: UInt64(index)) {
        do {
          // Whatever can be read is safe to use.
          let read = try DecoderAdapter(
            decoding: SharedBytes(damaged), for: base.configuration)
          let model = try base.attaching(read)
          _ = try? Generator(model, options: GenerationOptions(maxTokens: 2)).run(
            [[1, 2]], context: WorkContext())
        } catch {
          refused += 1
        }
      }
    }
    #expect(refused > 1000)
  }
}

/// Folders that are no adapters, or not of the model that they are given.
@Suite struct AdapterFolderErrorTests {
  /// What loading a changed copy of a fixture says.
  private func problem(
    _ name: String, replacing old: String? = nil, with new: String = "", base: String? = nil,
    change: (TemporaryFolder) throws -> Void = { _ in }
  ) throws -> String {
    let folder = try PEFTFixtures.copy(name)
    if let old {
      let text = try folder.text("a/adapter_config.json")
      #expect(text.contains(old), "nothing to replace: \(old)")
      try folder.write(Array(text.replacing(old, with: new).utf8), to: "a/adapter_config.json")
    }
    try change(folder)
    let model = try PEFTFixtures.base(base ?? name)
    do {
      _ = try AdapterFolder.load(folder("a"), for: model, context: WorkContext())
      return "read"
    } catch {
      return "\(error)".replacing(folder("a"), with: "a")
    }
  }

  @Test func unchangedFoldersAreRead() throws {
    for name in PEFTFixtures.names { #expect(try problem(name) == "read") }
  }

  @Test(arguments: [
    ("\"r\": 3", "\"r\": 0", "'r' has to be a whole number from 1 to 1000000, got 0"),
    ("\"r\": 3", "\"r\": 2", "lora_A.weight' has the shape [3, 24]; for this base"),
    ("\"r\": 3", "\"r\": 900", "the rank of 'q' is 900; this model takes 1 to 24"),
    ("\"r\": 3", "\"r\": \"3\"", "'r' has to be a whole number"),
    ("\"r\": 3,", "", "has no 'r'"),
    (
      "\"peft_type\": \"LORA\"", "\"peft_type\": \"IA3\"",
      "'peft_type' is \"IA3\"; supported: LORA, PREFIX_TUNING"
    ),
    ("\"peft_type\": \"LORA\"", "\"peft_type\": null", "has no 'peft_type'"),
    ("\"CAUSAL_LM\"", "\"SEQ_CLS\"", "'task_type' is \"SEQ_CLS\"; supported: CAUSAL_LM"),
    (
      "\"q_proj\"", "\"q_prj\"",
      "nothing can be added to 'q_prj' of this base; did you mean 'q_proj'?"
    ),
    ("\"q_proj\"", "\"lm_head\"", "nothing can be added to 'lm_head' of this base"),
    ("\"use_dora\": false", "\"use_dora\": true", "'use_dora' is true; supported: none"),
    ("\"bias\": \"none\"", "\"bias\": \"all\"", "'bias' is \"all\"; supported: none"),
    (
      "\"modules_to_save\": null", "\"modules_to_save\": [\"lm_head\"]",
      "'modules_to_save' is a list; supported: none"
    ),
    (
      "\"init_lora_weights\": true", "\"init_lora_weights\": \"pissa\"",
      "'init_lora_weights' is \"pissa\""
    ),
    ("\"use_rslora\": true", "\"something_new\": 3", "'something_new' is 3; supported: none"),
    ("\"alpha_pattern\": {}", "\"alpha_pattern\": {\".*q\": 3}", "no regular expressions"),
    (
      "\"alpha_pattern\": {}", "\"alpha_pattern\": {\"q_proj\": \"x\"}",
      "'alpha_pattern' has to be numbers"
    ),
    (
      "\"rank_pattern\": {}", "\"rank_pattern\": {\"q_proj\": 0}",
      "'rank_pattern' has to be whole numbers above 0"
    ),
    (
      "\"lora_alpha\": 6", "\"lora_alpha\": 0",
      "alpha is 0.0; it has to be a finite number other than 0"
    ),
    ("    1\n", "    2\n", "'layers_to_transform' has to be layers from 0 to 1, got 2"),
    (
      "    1\n", "    0\n",
      "lacks 6 tensors: base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
    ),
    ("    1\n", "    0,\n1\n", "lacks 6 tensors"),
    (",\n    \"q_proj\"", "", "has 2 tensors that adapter_config.json does not ask for"),
    ("{", "[", "expected"),
  ])
  func whatIsWrongIsSaid(_ old: String, _ new: String, _ message: String) throws {
    let text = try problem("lora-layer", replacing: old, with: new)
    #expect(text.contains(message), "\(text)")
    #expect(text.hasPrefix("a/"), "\(text)")
  }

  @Test(arguments: [
    (
      "\"prefix_projection\": false", "\"prefix_projection\": true",
      "'prefix_projection' is true; supported: none"
    ),
    (
      "\"num_layers\": 2", "\"num_layers\": 3",
      "'num_layers' is 3, but the base has 2: the adapter is for another model"
    ),
    ("\"token_dim\": 16", "\"token_dim\": 32", "'token_dim' is 32, but the base has 16"),
    (
      "\"num_virtual_tokens\": 5", "\"num_virtual_tokens\": 6",
      "'prompt_embeddings' has the shape [5, 64]; for this base and configuration it is [6, 64]"
    ),
    (
      "\"num_virtual_tokens\": 5", "\"num_virtual_tokens\": 64",
      "the prefix's length is 64; this model takes 1 to 63"
    ),
    (
      "\"num_transformer_submodules\": 1", "\"num_transformer_submodules\": 2",
      "'num_transformer_submodules' is 2; supported: 1"
    ),
  ])
  func whatIsWrongWithAPrefixIsSaid(_ old: String, _ new: String, _ message: String) throws {
    let text = try problem("prefix", replacing: old, with: new)
    #expect(text.contains(message), "\(text)")
  }

  @Test func anotherBaseIsSaid() throws {
    let wrong = try problem("lora-layer", base: "lora")
    #expect(
      wrong.contains("has the shape [3, 24]; for this base and configuration it is [3, 32]"),
      "\(wrong)")
    let prefix = try problem("prefix", base: "lora-layer")
    #expect(prefix.contains("'token_dim' is 16, but the base has 8"), "\(prefix)")
  }

  @Test func missingFilesAreSaid() throws {
    #expect(
      try problem("lora") { $0.remove("a/adapter_config.json") }
        == "a has no adapter_config.json, so it is no adapter's folder")
    let bare = try problem("lora") { $0.remove("a/adapter_model.safetensors") }
    #expect(bare == "a has no adapter_model.safetensors")
    let pickled = try problem("lora") {
      $0.remove("a/adapter_model.safetensors")
      try $0.write([0], to: "a/adapter_model.bin")
    }
    #expect(pickled.contains("adapter_model.bin is not read: save the adapter as safetensors"))
  }

  @Test func numbersThatAreNoneAreSaid() throws {
    let text = try problem("prefix") { folder in
      var bytes = try TemporaryFolder.bytes(at: folder("a/adapter_model.safetensors"))
      bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
      try folder.write(bytes, to: "a/adapter_model.safetensors")
    }
    #expect(text.contains("is not a finite number"), "\(text)")
  }

  @Test func hostileFoldersThrowAndNeverTrap() throws {
    var refused = 0
    for name in PEFTFixtures.names {
      let folder = try PEFTFixtures.copy(name)
      let base = try PEFTFixtures.base(name)
      let files = [AdapterFolder.configurationName, AdapterFolder.weightsName]
      let originals = try files.map { try TemporaryFolder.bytes(at: folder("a/" + $0)) }
      var stream = RandomStream(seed: 1, purpose: "test/hostile-adapters/\(name)")
      for round in 0..<300 {
        let which = round % 2
        var bytes = originals[which]
        let limit = which == 0 ? bytes.count : min(bytes.count, 2000)
        switch stream.below(3) {
        case 0: bytes = Array(bytes.prefix(stream.below(bytes.count)))
        case 1: bytes[stream.below(limit)] = UInt8(stream.below(256))
        default:
          let digits = bytes[..<limit].indices.filter { (0x30...0x39).contains(bytes[$0]) }
          if !digits.isEmpty {
            bytes[digits[stream.below(digits.count)]] = UInt8(0x30 + stream.below(10))
          }
        }
        try folder.write(bytes, to: "a/" + files[which])
        do {
          let adapter = try AdapterFolder.load(folder("a"), for: base, context: WorkContext())
          _ = try? ReferenceDecoder(base.attaching(adapter)).logits([1, 2])
        } catch {
          refused += 1
        }
        try folder.write(originals[which], to: "a/" + files[which])
      }
    }
    #expect(refused > 300)
  }
}

private let peerPython = getenv("POISE_PEER_PYTHON").map { String(cString: $0) }

/// What is written here, PEFT reads.
@Suite(
  .enabled(
    if: peerPython != nil, "needs a Python with peft: name it in $POISE_PEER_PYTHON"))
struct PEFTPeerTests {
  @Test func peftComputesTheSame() throws {
    let python = try #require(peerPython)
    let name = "lora"
    let baseName = try PEFTFixtures.baseName(name)
    let base = try PEFTFixtures.base(name)
    let folder = try TemporaryFolder()
    let shapes: [AdapterShape] = [
      try PEFTFixtures.load(name).shape,
      .lowRank(LowRankShape(rank: 3, alpha: 6, layers: [1], parts: [.query, .down])),
      .lowRank(
        LowRankShape(
          [
            .init(layer: 0, part: .key, rank: 2, alpha: 1.5),
            .init(layer: 1, part: .gate, rank: 5, alpha: 3),
          ], isRankStabilized: true)),
      .prefix(length: 7),
    ]
    let tokens: [[Int32]] = [[1, 5, 9, 3, 30, 2], [4, 4, 8, 11, 39, 0]]
    let text = "[" + tokens.map { "\($0)" }.joined(separator: ",") + "]"
    for (index, shape) in shapes.enumerated() {
      let adapter = try randomAdapter(shape, for: base.configuration)
      try adapter.save(to: folder, in: "p\(index)")
      let words = [
        python, PEFTFixtures.folder + "/check.py", "logits", HuggingFaceFixtures.path(baseName),
        folder("p\(index)"), text,
      ]
      let quoted = words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }
      let status = system(
        "\(quoted.joined(separator: " ")) > '\(folder("out"))' 2> '\(folder("errors"))'")
      let errors = try folder.text("errors")
      #expect(status == 0, "\(errors)")
      let theirs = try #require(JSONValue(parsing: folder.text("out")).list).map(\.double)
      let model = try base.attaching(adapter)
      let ours = try tokens.flatMap { try ReferenceDecoder(model).logits($0) }.flatMap(\.self)
      #expect(ours.count == theirs.count)
      for (a, b) in zip(ours, theirs) { #expect(abs(a - (b ?? .nan)) < 1e-4, "\(shape)") }
    }
  }
}
