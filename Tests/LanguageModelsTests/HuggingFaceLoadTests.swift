import Bytes
import Execution
import Glibc
import LanguageModels
import Safetensors
import TestFolders
import Testing

@Suite struct HuggingFaceLoadTests {
  private typealias Fixtures = HuggingFaceFixtures

  @Test(arguments: HuggingFaceFixtures.names)
  func weightsAreThoseThatPyTorchSees(_ name: String) throws {
    let model = try Fixtures.load(Fixtures.path(name))
    let probes = try #require(try Fixtures.expected(name)["tensors"]?.members)
    #expect(Set(probes.map(\.name)) == Set(model.layout.tensors.map(\.name)))
    for probe in probes {
      let tensor = try #require(model.layout.tensors.first { $0.name == probe.name })
      #expect(probe.value["shape"]?.list?.map(\.integer) == tensor.shape)
      let numbers = try model.numbers(of: probe.name)
      let indices = try #require(probe.value["indices"]?.list).compactMap(\.integer)
      let values = try #require(probe.value["values"]?.list)
      for (index, value) in zip(indices, values) {
        guard case .number(let text) = value else {
          throw Fixtures.TokenizerAsked(json: [], file: "")
        }
        #expect(numbers[index] == Float(text), "\(probe.name)[\(index)]")
      }
      let norm = numbers.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - (probe.value["norm"]?.double ?? 0)) <= 1e-8 * norm, "\(probe.name)")
    }
  }

  @Test func shapesAreThoseOfTheConfigurations() throws {
    let common = DecoderConfiguration(
      vocabularySize: 32, width: 24, layers: 2, heads: 4, keyValueHeads: 2, feedForwardWidth: 32,
      context: 64, beginToken: 1, endTokens: [2])
    var tied = common
    (tied.vocabularySize, tied.width, tied.headDimension) = (40, 32, 8)
    var qwen = common
    qwen.architecture = .qwen2
    (qwen.heads, qwen.keyValueHeads, qwen.headDimension) = (3, 1, 8)
    (qwen.ropeBase, qwen.normEpsilon) = (1e6, 1e-5)
    (qwen.tiesEmbeddings, qwen.hasQueryKeyValueBias, qwen.endTokens) = (false, true, [2, 3])
    var sharded = common
    sharded.tiesEmbeddings = false
    var scaled = common
    (scaled.heads, scaled.keyValueHeads, scaled.headDimension) = (2, 1, 16)
    scaled.ropeScaling = RopeScaling(
      factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 16)
    let expected = [tied, qwen, sharded, common, scaled]
    for (name, expected) in zip(Fixtures.names, expected) {
      #expect(try HuggingFaceFolder.configuration(Fixtures.path(name)) == expected, "\(name)")
      #expect(try Fixtures.load(Fixtures.path(name)).configuration == expected)
    }
  }

  @Test func subnormalHalvesKeepTheirValue() throws {
    let embedding = try Fixtures.load(Fixtures.path("llama-f16")).numbers(
      of: "model.embed_tokens.weight")
    #expect(embedding[5 * 24..<5 * 24 + 4] == [0x1p-24, -0x1.1p-20, 0x1.F7p-16, 0])
  }

  @Test func theNumberOfThreadsChangesNothing() throws {
    for name in Fixtures.names {
      #expect(
        try Fixtures.load(Fixtures.path(name), threads: 1).weights
          == Fixtures.load(Fixtures.path(name), threads: 4).weights)
    }
  }

  @Test func theInputsAreTheFilesThatAreRead() throws {
    let path = Fixtures.path("llama-bf16-sharded")
    let shards = (1...4).map { "model-0000\($0)-of-00004.safetensors" }
    #expect(
      try HuggingFaceFolder.inputs(path)
        == (["config.json", "generation_config.json", "model.safetensors.index.json"] + shards)
        .map { path + "/" + $0 })
    let folder = try Fixtures.copy("llama-tied")
    folder.remove("generation_config.json")
    try folder.write("{}", to: "tokenizer.json")
    let inputs = try HuggingFaceFolder.inputs(folder.path)
    #expect(inputs == ["config.json", "tokenizer.json", "model.safetensors"].map { folder($0) })
    // Nothing else is needed.
    let lean = try TemporaryFolder()
    for input in inputs where !input.hasSuffix("tokenizer.json") {
      try lean.write(
        TemporaryFolder.bytes(at: input), to: String(input.dropFirst(folder.path.count + 1)))
    }
    #expect(try Fixtures.load(lean.path).configuration.endTokens == [2])
  }

  @Test func theTokenizerIsMadeOfTheBytesOfItsFile() throws {
    let folder = try Fixtures.copy("llama-tied")
    try folder.write("{\"a\": 1}", to: "tokenizer.json")
    #expect(
      throws: Fixtures.TokenizerAsked(
        json: Array("{\"a\": 1}".utf8), file: folder("tokenizer.json"))
    ) { try Fixtures.load(folder.path) }
  }

  @Test func weightsInTheOrderOfTheLayoutStayInTheFile() throws {
    let folder = try TemporaryFolder()
    try save(Fixtures.load(Fixtures.path("qwen2-bias")), to: folder)
    let model = try Fixtures.load(folder("m"))
    #expect(isMapped(model.weights))
    #expect(try !isMapped(Fixtures.load(Fixtures.path("qwen2-bias")).weights))
    // A bias at the end of the file would be in the way.
    try save(
      Fixtures.load(Fixtures.path("qwen2-bias")), to: folder, in: "half", type: .bfloat16)
    #expect(try !isMapped(Fixtures.load(folder("half")).weights))
  }

  /// Whether the address is in a mapping of a checkpoint.
  private func isMapped(_ bytes: SharedBytes) -> Bool {
    let address = UInt(bitPattern: bytes.bytes.baseAddress)
    let maps = (try? TemporaryFolder.bytes(at: "/proc/self/maps")) ?? []
    return String(decoding: maps, as: UTF8.self).split(separator: "\n").contains { line in
      let parts = line.split(separator: " ").first?.split(separator: "-") ?? []
      guard parts.count == 2, let start = UInt(parts[0], radix: 16),
        let end = UInt(parts[1], radix: 16)
      else { return false }
      return line.hasSuffix("model.safetensors") && start <= address && address < end
    }
  }

  @Test func aCancelledLoadStops() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: CancellationRequested.self) {
      try HuggingFaceFolder.load(
        Fixtures.path("llama-f16"), context: WorkContext(cancellation: cancellation),
        makeTokenizer: Fixtures.noTokenizer)
    }
  }

  @Test func filesOutsideTheFolderAreReadWhereTheyMay() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "m/x")
    for name in ["config.json", "model.safetensors"] {
      try folder.write(
        TemporaryFolder.bytes(at: Fixtures.path("llama-f16") + "/" + name), to: "blobs/" + name)
      try #require(symlink("../blobs/\(name)", folder("m/\(name)")) == 0)
    }
    let forbidden = SafetensorsError.forbidden(file: folder("m"), path: "config.json")
    #expect(throws: forbidden) { try Fixtures.load(folder("m")) }
    #expect(throws: forbidden) { try HuggingFaceFolder.inputs(folder("m")) }
    let resolved = try #require(realpath(folder("blobs"), nil))
    defer { free(resolved) }
    let allowed = String(cString: resolved) + "/"
    let model = try HuggingFaceFolder.load(
      folder("m"), mayRead: { $0.hasPrefix(allowed) }, context: WorkContext(),
      makeTokenizer: Fixtures.noTokenizer)
    #expect(try model.weights == Fixtures.load(Fixtures.path("llama-f16")).weights)
  }
}
