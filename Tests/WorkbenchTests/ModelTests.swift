import Artifacts
import Bytes
import Execution
import LanguageModels
import Tensors
import TestFolders
import TestModels
import Testing
import Tokenizers
import Training
import Workbench

/// Models as values of a notebook: stored, viewed, counted, planned.
@Suite struct ModelTests {
  private static let small =
    "pretrain(load(\"tiny\").corpus, layers: 1, width: 8, heads: 2, context: 8, "
    + "tokenizer: \"bytes\", steps: 3, batch: 2)"

  private func run(_ cells: String...) throws -> (TemporaryFolder, NotebookSession) {
    try trained(cells)
  }

  /// What a cell shows after it ran.
  private func shown(_ cells: String...) throws -> String {
    let folder = try modelCollection()
    return try output(of: cells.joined(separator: "\n"), in: folder.path)
  }

  private func stored(_ layers: Int = 1) throws -> StoredModel {
    let tokenizer = try Tokenizer.bytes(specialTokens: ["<|endoftext|>"])
    var configuration = DecoderConfiguration(
      vocabularySize: tokenizer.vocabularySize, width: 8, layers: layers, heads: 2,
      feedForwardWidth: 12, context: 8)
    configuration.endTokens = tokenizer.endOfText.map { [$0] } ?? []
    let run = Pretraining(
      configuration: configuration, sequences: 2, heldOut: 0.2,
      plan: TrainingPlan(
        steps: 3, schedule: LearningRateSchedule(peak: 0.01, warmup: 1, steps: 3),
        optimizer: AdamW(), evaluateEvery: 1, patience: nil), seed: 1)
    let result = try run.run((0..<200).map { Int32($0 * 7 % 250) }, context: WorkContext())
    return StoredModel(
      model: try DecoderModel(
        configuration: configuration, weights: result.weights, tokenizer: tokenizer),
      training: result.summary)
  }

  private func decoded(_ bytes: [UInt8]) throws -> StoredModel {
    try StoredModel(decoding: SharedBytes(bytes)) { kind, digest in
      ArtifactHandle(kind: kind, digest: digest, isSeeded: false) {
        throw VerbError("no other object")
      }
    }
  }

  @Test func aModelComesBackAsItWas() throws {
    let model = try stored()
    let bytes = try encoded(model)
    let back = try decoded(bytes)
    #expect(try encoded(back) == bytes)
    #expect(back.model.configuration == model.model.configuration)
    #expect(back.model.weights.copied() == model.model.weights.copied())
    #expect(back.model.tokenizer?.tokenizerJSON() == model.model.tokenizer?.tokenizerJSON())
    let (was, now) = (try #require(model.training), try #require(back.training))
    #expect(now.curve == was.curve)
    #expect(was.curve.points.count == 3)
    #expect(now.steps == 3 && now.tokens == was.tokens && now.operations == was.operations)
    #expect(now.trainedParameters == was.trainedParameters)
    // One without a training has none afterwards.
    let loaded = StoredModel(model: model.model, training: nil)
    #expect(try decoded(try encoded(loaded)).training == nil)
  }

  @Test func damagedModelsThrowAndNeverTrap() throws {
    let bytes = try encoded(try stored())
    #expect(throws: (any Error).self) { try decoded([]) }
    #expect(throws: (any Error).self) { try decoded(Array(bytes.dropLast())) }
    #expect(throws: (any Error).self) { try decoded(bytes + [0]) }
    var refused = 0
    for damaged in damagedHeaders(of: bytes, count: 400, seed: 5) {
      do {
        // Whatever can be read is safe to use.
        let read = try decoded(damaged)
        _ = try? Scorer(read.model).score("ab", context: WorkContext())
        _ = read.training?.curve.best
      } catch {
        refused += 1
      }
    }
    #expect(refused > 150)
  }

  @Test func anOpenedNotebookReadsNoModel() throws {
    let folder = try tinyCollection()
    let models =
      "models = [pretrain(load(\"tiny\").corpus, layers: 2, width: 128, heads: 4, "
      + "context: 8, tokenizer: \"bytes\", steps: 1, batch: 1, seed: s) for s in 1...10]"
    try folder.write(
      notebook(models, "{#sizes}\nmodels[3].bytes", "{#none}\ncount(models)"), to: "nb.md")
    let session = try NotebookSession.open(folder)
    #expect(session.run(.stale).status == .success, "\(session.shown)")
    let large = folder.files(below: "artifacts/objects").filter { name in
      (try? folder.stamp("artifacts/objects/" + name)[3]).map { $0 > 1_500_000 } ?? false
    }
    #expect(large.count == 10)
    withExtendedLifetime(session) {}

    let log = NodeLog()
    let again = try NotebookSession.open(folder)
    log.follow(again)
    #expect(again.run(.stale).ran == [])
    #expect(log.labels("computed") == [] && log.labels("reused") == [])
    #expect(try LargeObjectTests.mappings(of: folder) == 0)
    #expect(again.run(.only([2])).status == .success)
    #expect(log.computed == [] && log.reused.filter { $0 == "pretrain" }.count == 10)
    #expect(try LargeObjectTests.mappings(of: folder) == 0, "to count models none is needed")
    // The one whose size is asked for is mapped, its weights are not copied.
    #expect(again.run(.only([1])).status == .success)
    #expect(try LargeObjectTests.mappings(of: folder) == 1)
    withExtendedLifetime(again) {}
  }

  @Test func keysFollowWhatATrainingReads() throws {
    let (folder, first) = try run("m = \(Self.small)")
    #expect(first.run(.stale).failed == [])
    func computed(_ call: String) throws -> Bool {
      try folder.write(notebook("m = \(call)"), to: "nb.md")
      let session = try NotebookSession.open(folder)
      let log = NodeLog()
      log.follow(session)
      #expect(session.run(.all).status == .success, "\(call): \(session.shown)")
      return log.computed.contains("pretrain")
    }
    func with(_ more: String) -> String { Self.small.dropLast() + ", \(more))" }
    #expect(try !computed(Self.small))
    #expect(try !computed(with("seed: 0")), "a default that is written out is the same")
    for change in ["seed: 1", "learning_rate: 0.004", "weight_decay: 0", "held_out: 0.2"] {
      #expect(try computed(with(change)), "\(change)")
      #expect(try !computed(with(change)), "\(change), again")
    }
    #expect(try computed(Self.small.replacing("steps: 3", with: "steps: 4")))
    try folder.write(
      try folder.text("tiny/corpus.jsonl").replacing("leaves", with: "Leaves"),
      to: "tiny/corpus.jsonl")
    #expect(try computed(Self.small))
  }

  @Test func whatATrainingCostIsRecorded() throws {
    let (folder, session) = try run("m = \(Self.small)", "{#cost}\nledger(m)")
    #expect(session.shown["cost"] != nil, "\(session.shown)")
    let store = try ArtifactStore.open(at: folder("artifacts"), create: false)
    let action = try #require(
      try store.list().lazy.compactMap { store.action($0.key) }.first { $0.verb == "pretrain" })
    #expect(action.cost.counts[WorkCount.steps] == 3)
    #expect(action.cost.counts[WorkCount.tokens] == 48)
    #expect(action.cost.counts[WorkCount.operations] ?? 0 > 1e4)
    // 257 + 4 attention matrices + 3 of 24, two norms and the last.
    #expect(action.cost.counts[WorkCount.parameters] == Double(257 * 8 + 4 * 64 + 3 * 8 * 24 + 24))
    #expect(action.provenance.kernel.contains(" + "))
    let text = try folder.text("nb.md")
    for word in ["kernel", action.provenance.kernel, "steps", "parameters", "tokens"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test func aPlanTellsWhatATrainingTakes() throws {
    let folder = try tinyCollection()
    try folder.write(
      notebook(
        "m = pretrain(load(\"tiny\").corpus, steps: 500, context: 64)",
        "big = pretrain(load(\"tiny\").corpus, width: 16384, layers: 200, heads: 64, steps: 1)"),
      to: "nb.md")
    let session = try NotebookSession.open(folder)
    let steps = session.plan().cells.flatMap(\.steps).filter { $0.label.hasPrefix("pretrain") }
    let first = try #require(steps.first?.expected)
    #expect(first.memoryBytes ?? 0 > 10 << 20 && first.memoryBytes ?? .max < 1 << 30)
    #expect(first.seconds ?? 0 > 0.1)
    #expect(first.text.hasPrefix("about "), "\(first.text)")
    #expect(first.text.contains("500 steps of 32 × 64 tokens"), "\(first.text)")
    #expect(steps.last?.expected?.memoryBytes ?? 0 > 1 << 40)
    let log = NodeLog()
    log.follow(session)
    #expect(session.run(.only([1])).failed == [1])
    #expect(log.computed.filter { $0 == "pretrain" } == [])
    #expect(session.shown["big"]?.contains("this would need about ") == true, "\(session.shown)")
    #expect(folder.names(in: "artifacts/partial") == [])
  }

  @Test func divergenceIsExplained() throws {
    let text = try shown(
      "pretrain(load(\"tiny\").corpus, layers: 1, width: 8, heads: 1, context: 8, batch: 2, "
        + "tokenizer: \"bytes\", steps: 300, learning_rate: 50).loss")
    #expect(text.contains("error: pretrain: training "), "\(text)")
    #expect(text.contains("a learning rate below 50 may help"), "\(text)")
  }

  @Test func aFolderThatHoldsNoModelSaysSo() throws {
    let folder = try tinyCollection()
    try folder.write("nothing here", to: "empty/readme.md")
    let text = try output(of: "load_model(\"empty\")", in: folder.path)
    #expect(
      text.contains("it:1:12: error: empty has no config.json, so it is no model's folder"),
      "\(text)")
    #expect(!text.contains(folder.path))
    try copyModel(to: folder, "llama")
    folder.remove("llama/model.safetensors")
    let bare = try output(of: "load_model(\"llama\")", in: folder.path)
    #expect(bare.contains("it:1:12: error: llama"), "\(bare)")
    #expect(!bare.contains(folder.path))
  }

  @Test func aLoadedModelHasNoTraining() throws {
    let facts = try shown("describe(load_model(\"llama\"))")
    #expect(facts.contains("parameters") && facts.contains("llama"))
    #expect(!facts.contains("steps"))
    #expect(try shown("load_model(\"llama\").heads") == "4")
    let curve = try shown("load_model(\"llama\").curve")
    #expect(curve.contains("the model was loaded, so it has no 'curve'"), "\(curve)")
    #expect(curve.contains("models from pretrain(…) and finetune(…) have"))
    for call in [
      "generate(m, \"a\")", "score(m, \"a\")", "perplexity(m, on: \"a b\")", "m.tokenizer",
      "choose(m, \"a\", among: [\"b\"])", "finetune(m, on: [\"a\"])",
    ] {
      let said = try shown(
        "[\(call.replacing("(m,", with: "(x,").replacing("m.t", with: "x.t")) for x in "
          + "[load_model(\"llama\")]]")
      #expect(said.contains("the model has no tokenizer"), "\(call): \(said)")
    }
  }

  @Test func aDividedCorpusIsStoredAndAListIsNot() throws {
    let (folder, session) = try run(
      "parts = split(load(\"tiny\").corpus, test: 0.4)", "{#list}\nsplit([1, 2, 3]).train",
      "{#text}\nsplit(\"a b\", \" \")", "{#n}\nparts.train.count + parts.test.count")
    #expect(session.shown["n"] == "3", "\(session.shown)")
    let log = NodeLog()
    let again = try NotebookSession.open(folder)
    log.follow(again)
    #expect(again.run(.all).status == .success)
    #expect(log.computed == [])
    #expect(log.reused.filter { $0 == "split" } == ["split"])
  }
}
