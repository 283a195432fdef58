import Bytes
import Execution
import LanguageModels
import Safetensors
import TestFolders
import Testing

/// Folders in which something is wrong.
@Suite struct HuggingFaceErrorTests {
  private typealias Fixtures = HuggingFaceFixtures

  /// A small model's tensors, to be changed before they are written.
  private struct Draft {
    var tensors: [(name: String, shape: [Int], numbers: [Float])]

    init(_ fixture: String) throws {
      let model = try Fixtures.load(Fixtures.path(fixture))
      tensors = try model.layout.tensors.map {
        ($0.name, $0.shape, try model.numbers(of: $0.name))
      }
    }

    func index(_ name: String) throws -> Int {
      try #require(tensors.firstIndex { $0.name == name })
    }

    func bytes(type: TensorType = .float32) throws -> [UInt8] {
      let writer = try SafetensorsWriter(
        tensors: tensors.map { .init(name: $0.name, type: type, shape: $0.shape) })
      let all = tensors.flatMap(\.numbers)
      return try all.withUnsafeBufferPointer { all in
        var starts = [0]
        for tensor in tensors { starts.append((starts.last ?? 0) + tensor.numbers.count) }
        return try writer.bytes {
          UnsafeBufferPointer(rebasing: all[starts[$0]..<starts[$0 + 1]])
        }
      }
    }
  }

  private func fails(
    _ fixture: String, _ change: (inout Draft) throws -> Void,
    _ error: (TemporaryFolder) -> HuggingFaceError, _ message: (String) -> String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try Fixtures.copy(fixture)
    var draft = try Draft(fixture)
    try change(&draft)
    try folder.write(draft.bytes(), to: "model.safetensors")
    let error = error(folder)
    #expect(throws: error, sourceLocation: sourceLocation) { try Fixtures.load(folder.path) }
    #expect(error.description == message(folder.path), sourceLocation: sourceLocation)
  }

  @Test func missingTensors() throws {
    try fails("llama-tied") {
      $0.tensors[try $0.index("model.norm.weight")].name = "model.morn.weight"
    } _: {
      .missingTensors(
        folder: $0.path, names: ["model.norm.weight"], suggestion: "model.morn.weight")
    } _: {
      "\($0) lacks a tensor: model.norm.weight; did you mean 'model.morn.weight'?"
    }
    try fails("qwen2-bias") {
      $0.tensors.removeAll { $0.name == "lm_head.weight" }
    } _: {
      .missingTensors(folder: $0.path, names: ["lm_head.weight"], suggestion: nil)
    } _: {
      "\($0) lacks a tensor: lm_head.weight; without it config.json has to say "
        + "\"tie_word_embeddings\": true"
    }
    try fails("qwen2-bias") {
      $0.tensors.removeAll { $0.name.hasSuffix(".bias") }
    } _: { folder in
      .missingTensors(
        folder: folder.path,
        names: (0..<2).flatMap { layer in
          ["q", "k", "v"].map { "model.layers.\(layer).self_attn.\($0)_proj.bias" }
        }, suggestion: nil)
    } _: { path in
      let names = [
        "0.self_attn.q", "0.self_attn.k", "0.self_attn.v", "1.self_attn.q", "1.self_attn.k",
      ]
      .map { "model.layers.\($0)_proj.bias" }.joined(separator: ", ")
      return "\(path) lacks 6 tensors: \(names), …"
    }
  }

  @Test func wrongShapes() throws {
    try fails("llama-tied") {
      $0.tensors[try $0.index("model.embed_tokens.weight")].shape = [32, 40]
    } _: {
      .wrongShape(
        file: $0("model.safetensors"), tensor: "model.embed_tokens.weight", expected: [40, 32],
        got: [32, 40])
    } _: {
      "\($0)/model.safetensors: 'model.embed_tokens.weight' has the shape [32, 40]; "
        + "by config.json it is [40, 32]"
    }
  }

  @Test func tensorsThatAreTooMany() throws {
    try fails("llama-tied") {
      $0.tensors.append(("model.layers.2.mlp.down_proj.weight", [1], [0]))
    } _: {
      .unexpectedTensors(folder: $0.path, names: ["model.layers.2.mlp.down_proj.weight"])
    } _: {
      "\($0) has a tensor that a model of this shape does not have: "
        + "model.layers.2.mlp.down_proj.weight"
    }
  }

  @Test func anOutputProjectionBesideATiedEmbedding() throws {
    let folder = try Fixtures.copy("llama-tied")
    var draft = try Draft("llama-tied")
    let embedding = draft.tensors[try draft.index("model.embed_tokens.weight")].numbers
    draft.tensors.insert(("lm_head.weight", [40, 32], embedding), at: 0)
    draft.tensors.append(("model.layers.0.self_attn.rotary_emb.inv_freq", [2], [1, 0.1]))
    try folder.write(draft.bytes(), to: "model.safetensors")
    #expect(
      try Fixtures.load(folder.path).weights
        == Fixtures.load(Fixtures.path("llama-tied")).weights)
    try fails("llama-tied") {
      $0.tensors.insert(("lm_head.weight", [40, 32], embedding), at: 0)
      $0.tensors[0].numbers[77] += 1
    } _: {
      .headDiffers(file: $0("model.safetensors"), tensor: "lm_head.weight", index: 77)
    } _: {
      "\($0)/model.safetensors: 'lm_head.weight' differs from the embedding at element 77, "
        + "but config.json says that they are one"
    }
  }

  @Test func weightsThatAreNotFinite() throws {
    // Both where weights are converted and where they stay in the file.
    for value in [Float.nan, -.infinity] {
      try fails("llama-tied") {
        $0.tensors[try $0.index("model.norm.weight")].numbers[5] = value
      } _: {
        .notFinite(
          file: $0("model.safetensors"), tensor: "model.norm.weight", index: 5, value: "\(value)")
      } _: {
        "\($0)/model.safetensors: element 5 of 'model.norm.weight' is \(value)"
      }
      try fails("llama-tied") {
        $0.tensors[try $0.index("model.norm.weight")].numbers[5] = value
        $0.tensors.swapAt(0, 1)
      } _: {
        .notFinite(
          file: $0("model.safetensors"), tensor: "model.norm.weight", index: 5, value: "\(value)")
      } _: {
        "\($0)/model.safetensors: element 5 of 'model.norm.weight' is \(value)"
      }
    }
  }

  @Test func tensorsThatAreNoNumbers() throws {
    let folder = try Fixtures.copy("llama-f16")
    let bytes = try folder.read("model.safetensors")
    let name = Array("\"F16\"".utf8)
    let offset = try #require(
      (0..<bytes.count - 5).first { bytes[$0..<$0 + 5].elementsEqual(name) })
    var changed = bytes
    changed.replaceSubrange(offset..<offset + 5, with: Array("\"I16\"".utf8))
    try folder.write(changed, to: "model.safetensors")
    #expect {
      try Fixtures.load(folder.path)
    } throws: { error in
      guard case SafetensorsError.notFloatingPoint(_, _, .int16) = error else { return false }
      return true
    }
  }

  /// What a configuration asks for is held against the files before anything is allocated: these
  /// shapes would take gigabytes.
  @Test func shapesThatTheFilesDoNotHave() throws {
    for change in [
      #""vocab_size": 4000000"#, #""hidden_size": 65536"#, #""intermediate_size": 1048576"#,
      #""num_hidden_layers": 1000"#,
    ] {
      let folder = try Fixtures.copy("llama-tied")
      try folder.write(
        HuggingFaceConfigurationTests.with(change, in: folder.text("config.json")),
        to: "config.json")
      #expect(throws: HuggingFaceError.self) { try Fixtures.load(folder.path) }
    }
  }

  @Test func foldersThatLackAFile() throws {
    let folder = try Fixtures.copy("llama-tied")
    folder.remove("model.safetensors")
    #expect(throws: SafetensorsError.self) { try Fixtures.load(folder.path) }
    let bare = try TemporaryFolder()
    #expect(
      throws: HuggingFaceError.noConfiguration(folder: bare.path)
    ) { try Fixtures.load(bare.path) }
    #expect(throws: HuggingFaceError.noConfiguration(folder: bare.path)) {
      try HuggingFaceFolder.inputs(bare.path)
    }
  }

  @Test func damagedFilesGiveAnErrorOrAModel() throws {
    var random = RandomStream(seed: 5, purpose: "folders")
    let folder = try Fixtures.copy("llama-bf16-sharded")
    let names = folder.names().filter { $0 != "generation_config.json" }
    var sound = 0
    for _ in 0..<1_500 {
      let name = try #require(names.randomElement(using: &random))
      let bytes = try folder.read(name)
      var changed = bytes
      let reach = name.hasSuffix(".safetensors") ? 900 : changed.count
      switch Int.random(in: 0..<3, using: &random) {
      case 0: changed.removeLast(Int.random(in: 1...changed.count, using: &random))
      case 1:
        for _ in 0..<2 {
          changed[Int.random(in: 0..<reach, using: &random)] = .random(
            in: 0x20...0x7E, using: &random)
        }
      default:
        // Digits alone, so that it is numbers that change.
        let digits = (8..<reach).filter { (0x30...0x39).contains(changed[$0]) }
        if let digit = digits.randomElement(using: &random) {
          changed[digit] = .random(in: 0x30...0x39, using: &random)
        }
      }
      try folder.write(changed, to: name)
      do {
        let model = try Fixtures.load(folder.path)
        #expect(model.weights.count == 4 * model.layout.count)
        sound += 1
      } catch is HuggingFaceError {
      } catch is SafetensorsError {
      } catch {
        Issue.record("another error: \(error)")
      }
      try folder.write(bytes, to: name)
    }
    #expect((20..<1_200).contains(sound))
  }
}
