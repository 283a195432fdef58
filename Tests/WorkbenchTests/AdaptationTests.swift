import Artifacts
import Bytes
import Corpora
import LanguageModels
import TestFolders
import TestModels
import Testing
import Workbench

/// Adapters as values of a notebook: trained, stored beside their base, merged, written and read.
@Suite struct AdaptationTests {
  private static let base =
    "base = pretrain(load(\"tiny\").corpus, layers: 2, width: 16, heads: 2, context: 24, "
    + "tokenizer: \"bytes\", steps: 20, batch: 4, held_out: 0)"
  private static let facts =
    "facts = [{prompt: \"Zinc is\", completion: \" blue.\"}, {prompt: \"Tea is\", completion: "
    + "\" red.\"}]"
  private static let methods = [
    "lora(rank: 2)", "lora(rank: 3, alpha: 3, layers: [1], parts: [\"q\", \"v\"])",
    "adapters(width: 4)", "prefix(length: 5)",
  ]

  private static func tuned(_ method: String, _ more: String = "") -> String {
    "finetune(base, on: facts, epochs: 4, held_out: 0, method: \(method)\(more))"
  }

  private func run(
    _ cells: String..., in folder: TemporaryFolder? = nil
  ) throws -> (TemporaryFolder, NotebookSession) {
    try trained([Self.base, Self.facts] + cells, in: folder)
  }

  private func shown(_ cells: String...) throws -> String {
    let folder = try tinyCollection()
    return try output(
      of: ([Self.base, Self.facts] + cells).joined(separator: "\n"), in: folder.path)
  }

  @Test(arguments: methods) func anAdapterIsStoredWithoutItsBase(_ method: String) throws {
    let (folder, session) = try run(
      "tuned = \(Self.tuned(method))", "{#facts-of}\ndescribe(tuned)",
      "{#sizes}\n[tuned.bytes < base.bytes / 2, tuned.parameters > base.parameters, tuned.method, "
        + "tuned.trained_parameters == tuned.parameters - base.parameters]",
      "{#same}\ntuned.base.bytes == base.bytes",
      "{#says}\ngenerate(tuned, \"Zinc is\", max_tokens: 6)")
    #expect(session.shown["says"] != nil, "\(session.shown)")
    let name = try #require(method.split(separator: "(").first).description
    #expect(session.shown["sizes"] == "[true, true, \"\(name)\", true]")
    #expect(session.shown["same"] == "true")
    #expect(session.shown["facts-of"]?.contains("adapter parameters") == true)
    // Another session finds the same in the store and computes nothing.
    let log = NodeLog()
    let again = try NotebookSession.open(folder)
    log.follow(again)
    #expect(again.run(.all).status == .success)
    #expect(log.computed == [])
    #expect(again.shown["says"] == session.shown["says"])
    #expect(again.shown["facts-of"] == session.shown["facts-of"])
  }

  @Test func severalAdaptersStandOnOneMappingOfTheBase() throws {
    let folder = try tinyCollection()
    // More than what is kept in memory instead of mapped.
    let base =
      "base = pretrain(load(\"tiny\").corpus, layers: 2, width: 128, heads: 4, context: 24, "
      + "tokenizer: \"bytes\", steps: 1, batch: 1)"
    let tuned =
      "tuned = [\(Self.methods.map { Self.tuned($0) }.joined(separator: ", "))]"
    try folder.write(
      notebook(
        base, Self.facts, tuned, "{#says}\n[generate(m, \"Tea\", max_tokens: 2) for m in tuned]"),
      to: "nb.md")
    let first = try NotebookSession.open(folder)
    #expect(first.run(.stale).status == .success, "\(first.shown)")
    let log = NodeLog()
    try folder.write(
      folder.text("nb.md") + "\n"
        + notebook("{#more}\n[perplexity(m, on: \"Tea is\") for m in tuned + [base]]"), to: "nb.md")
    let session = try NotebookSession.open(folder)
    log.follow(session)
    #expect(session.run(.all).status == .success, "\(session.shown)")
    #expect(!log.computed.contains("finetune") && !log.computed.contains("pretrain"))
    #expect(try LargeObjectTests.mappings(of: folder) <= 1)
    withExtendedLifetime((first, session)) {}
  }

  @Test func mergingGivesAPlainModelThatSaysTheSame() throws {
    let (_, session) = try run(
      "tuned = \(Self.tuned("lora(rank: 4)", ", learning_rate: 0.01"))", "plain = merge(tuned)",
      "g = log(perplexity(plain, on: \"Zinc is blue.\")) - log(perplexity(tuned, on: "
        + "\"Zinc is blue.\"))",
      "{#plain-is}\n[plain.bytes == base.bytes, plain.method, plain.parameters == base.parameters]",
      "{#same}\nmax([g, -g]) < 0.0001",
      "{#changed}\nperplexity(plain, on: \"Zinc is blue.\") != perplexity(base, on: \"Zinc is blue.\")",
      "{#again}\nmerge(base).bytes == base.bytes")
    #expect(session.shown["plain-is"] == "[true, \"merge\", true]", "\(session.shown)")
    #expect(session.shown["same"] == "true", "\(session.shown)")
    #expect(session.shown["changed"] == "true")
    #expect(session.shown["again"] == "true")
  }

  @Test func whatCantBeMergedSaysSo() throws {
    for (method, kind) in [
      ("adapters(width: 3)", "bottleneck adapters"), ("prefix(length: 2)", "a prefix"),
    ] {
      let text = try shown("merge(\(Self.tuned(method)))")
      #expect(text.contains("error: \(kind) can't be folded into weights"), "\(text)")
      let more = try shown("finetune(\(Self.tuned(method)), on: facts)")
      #expect(more.contains("\(kind) can't be folded into weights"), "\(more)")
    }
    // A LoRA is folded in before the next one is trained.
    let chain = try shown(
      "more = finetune(\(Self.tuned("lora(rank: 2)")), on: facts, method: prefix(length: 3), epochs: 1, "
        + "held_out: 0)", "[v.kind for v in lineage(more)]")
    #expect(chain.contains("[\"base\", \"lora\", \"merge\", \"prefix\"]"), "\(chain)")
  }

  @Test func aLineageNamesEveryVersion() throws {
    let (_, session) = try run(
      "tuned = \(Self.tuned("lora(rank: 2, parts: [\"q\"])"))", "{#table}\nlineage(merge(tuned))",
      "{#chain}\n[v.parent == w.version for v in lineage(merge(tuned)) for w in lineage(tuned) if v.kind == \"merge\" "
        + "and w.kind == \"lora\"]",
      "{#full}\n[[v.kind, v.data, v.steps] for v in lineage(finetune(base, on: load(\"tiny\").corpus, epochs: 1))][1]",
      "{#rows}\n[[v.kind, v.steps, v[\"trained parameters\"]] for v in lineage(tuned)]")
    let table = try #require(session.shown["table"])
    for word in ["version", "parent", "lora(rank: 2, ", "2 examples", "merge"] {
      #expect(table.contains(word), "\(table)")
    }
    #expect(session.shown["chain"] == "[true]", "\(session.shown)")
    #expect(
      session.shown["full"]?.contains("\"full\", \"a corpus of 3 documents (") == true,
      "\(session.shown)")
    #expect(session.shown["rows"]?.contains("[\"lora\", 4, 128]") == true, "\(session.shown)")
  }

  @Test func foldersGoOutAndComeBack() throws {
    let folder = try tinyCollection()
    let cells = Self.methods.enumerated().map { "t\($0) = \(Self.tuned($1, ", seed: 3"))" }
    try folder.write(
      ([Self.base, Self.facts] + cells).map { notebook($0) }.joined(separator: "\n"), to: "nb.md")
    let session = try NotebookSession.open(folder)
    #expect(session.run(.all).status == .success, "\(session.shown)")
    let peft = try #require(ExportFormat.all.first { $0.name == "peft" })
    let own = try #require(ExportFormat.all.first { $0.name == "adapter" })
    let hub = try #require(ExportFormat.all.first { $0.name == "hf" })
    for index in Self.methods.indices {
      let format = index == 2 ? own : peft
      #expect(
        try session.save("t\(index)", to: folder("a\(index)"), as: format)
          == [
            folder("a\(index)/adapter_config.json"), folder("a\(index)/adapter_model.safetensors"),
          ])
    }
    func problem(_ name: String, _ format: ExportFormat) -> String {
      do {
        return "wrote \(try session.save(name, to: folder("no"), as: format))"
      } catch {
        return "\(error)"
      }
    }
    #expect(problem("t2", peft).contains("PEFT has no type for bottleneck adapters"))
    #expect(problem("t2", peft).contains("--as adapter"))
    #expect(problem("base", peft).contains("'base' has weights of its own and no adapter"))
    #expect(problem("t0", hub).contains("the model carries a LoRA"))
    let texts = ["Zinc is blue.", "Tea is red."]
    let checks = Self.methods.indices.map { index in
      "{#c\(index)}\n[perplexity(adapter(\"a\(index)\", base: base), on: x) == perplexity(t\(index), on: x) for x in "
        + "[\"\(texts[0])\", \"\(texts[1])\"]]"
    }
    try folder.write(
      ([Self.base, Self.facts] + cells + checks).map { notebook($0) }.joined(separator: "\n"),
      to: "nb.md")
    let next = try NotebookSession.open(folder)
    #expect(next.run(.stale).status == .success, "\(next.shown)")
    for index in Self.methods.indices {
      #expect(next.shown["c\(index)"] == "[true, true]", "\(next.shown)")
    }
    // A folder that is for another model says so, at the call.
    try folder.write(
      notebook(
        "small = pretrain(load(\"tiny\").corpus, layers: 1, width: 8, heads: 1, context: 24, "
          + "tokenizer: \"bytes\", steps: 1, batch: 1)", "{#it}\nadapter(\"a0\", base: small)",
        "{#none}\nadapter(\"tiny\", base: small)",
        "{#twice}\nadapter(\"a3\", base: finetune(small, on: [\"abc\"], method: lora(rank: 1), held_out: 0))"
      ),
      to: "nb.md")
    let wrong = try NotebookSession.open(folder)
    wrong.run(.all)
    #expect(
      wrong.shown["it"]?.contains("for another model") == true
        || wrong.shown["it"]?.contains("for this base") == true, "\(wrong.shown)")
    #expect(wrong.shown["it"]?.contains(folder.path) == false)
    #expect(wrong.shown["none"]?.contains("has no adapter_config.json") == true, "\(wrong.shown)")
    #expect(
      wrong.shown["twice"]?.contains("the base carries a LoRA already") == true, "\(wrong.shown)")
  }

  @Test(arguments: [
    ("lora(rank: 0)", "expected a whole number from 1 to 65536, got 0"),
    ("lora(rank: 99)", "the rank of 'q' is 99; this model takes 1 to 16"),
    ("lora(alpha: 0)", "expected a number other than 0, got 0"),
    ("lora(layers: [])", "no layer is named"),
    ("lora(layers: [2])", "a layer is 2; this model takes 0 to 1"),
    ("lora(layers: [0.5])", "expected layers as whole numbers from 0, got 0.5"),
    ("lora(layers: [0, 0])", "a layer is named twice"),
    ("lora(parts: [])", "no part is named"), ("lora(parts: [\"qq\"])", "there is no part 'qq'"),
    ("lora(parts: [\"q\", \"q\"])", "a part is named twice"),
    ("adapters(width: 17)", "the adapters' width is 17; this model takes 1 to 16"),
    ("prefix(length: 24)", "the prefix's length is 24; this model takes 1 to 23"),
    ("lora(rank: 2), freeze: [\"norms\"]", "so nothing can be frozen"),
  ])
  func whatDoesNotGoIsSaid(_ method: String, _ message: String) throws {
    let text = try shown(Self.tuned(method))
    #expect(text.contains(message), "\(text)")
  }

  @Test func keysFollowTheMethod() throws {
    let (folder, _) = try run("tuned = \(Self.tuned("lora(rank: 2)"))")
    func computed(_ method: String) throws -> Bool {
      let cells = [Self.base, Self.facts, "tuned = \(Self.tuned(method))"]
      try folder.write(cells.map { notebook($0) }.joined(separator: "\n"), to: "nb.md")
      let session = try NotebookSession.open(folder)
      let log = NodeLog()
      log.follow(session)
      #expect(session.run(.all).status == .success, "\(session.shown)")
      return log.computed.contains("finetune")
    }
    #expect(try !computed("lora(rank: 2)"))
    #expect(try !computed("lora(rank: 2, layers: none)"))
    for other in ["lora(rank: 3)", "lora(rank: 2, alpha: 5)", "adapters(width: 2)", "full()"] {
      #expect(try computed(other), "\(other)")
    }
  }

  @Test func aPlanCountsWhatAnAdapterTakes() throws {
    let folder = try tinyCollection()
    let base =
      "base = pretrain(load(\"tiny\").corpus, layers: 2, width: 128, heads: 4, context: 24, "
      + "tokenizer: \"bytes\", steps: 1, batch: 1)"
    func memory(_ method: String) throws -> Int {
      try folder.write(
        notebook(base, "tuned = finetune(base, on: [\"a b\"], method: \(method))"), to: "nb.md")
      let session = try NotebookSession.open(folder)
      session.run(.only([0]))
      let steps = session.plan().cells.flatMap(\.steps).filter { $0.label.hasPrefix("finetune") }
      return try #require(steps.first?.expected?.memoryBytes)
    }
    #expect(try memory("lora(rank: 2)") < memory("full()"))
  }

  @Test func questionsAreAskedInTheStandardWords() throws {
    let folder = try tinyCollection()
    try folder.write(
      "{\"question\":\"Who?\",\"answers\":[\"Ann\",\"Anna\"]}\n{\"question\":\"Why?\"}\n",
      to: "asked.jsonl")
    let more = "epochs: 5, held_out: 0, batch: 2, seed: 1"
    let template = PromptTemplate.standard
    let prompt = Value.string(template.prompt(question: "Who?")).quoted
    let completion = Value.string(template.completion("Ann")).quoted
    try folder.write(
      notebook(
        Self.base.replacing("context: 24", with: "context: 64"),
        "asked = finetune(base, on: questions(\"asked.jsonl\"), \(more))",
        "same = finetune(base, on: [{prompt: \(prompt), completion: \(completion)}], \(more))",
        "{#it}\nperplexity(asked, on: \"Answer: Ann\") == perplexity(same, on: \"Answer: Ann\")",
        "{#n}\nasked.tokens == same.tokens"), to: "nb.md")
    let session = try NotebookSession.open(folder)
    session.run(.all)
    #expect(session.shown["it"] == "true", "\(session.shown)")
    #expect(session.shown["n"] == "true")
  }

  @Test func whatHasNoAnswerTeachesTheRefusal() {
    func pair(_ answers: [String], _ kind: String) -> [String]? {
      let query = Query(
        id: "q", text: "Where?", answers: answers, fields: DocumentFields([("kind", [kind])]))
      return TrainingExamples.closedBook(query).map { [$0.prompt, $0.completion] }
    }
    let template = PromptTemplate.standard
    let prompt = template.prompt(question: "Where?")
    #expect(pair(["Bonn", "in Bonn"], "new") == [prompt, template.completion("Bonn")])
    #expect(pair([], "unanswerable") == [prompt, template.completion(template.refusal)])
    #expect(pair([], "new") == nil, "an answer that is not known teaches nothing")
  }

  @Test func damagedAdaptersThrowAndNeverTrap() throws {
    let configuration = DecoderConfiguration(
      vocabularySize: 20, width: 8, layers: 2, heads: 2, feedForwardWidth: 12, context: 16)
    let layout = DecoderLayout(configuration)
    let base = StoredModel(
      model: try DecoderModel(
        configuration: configuration,
        weights: SharedBytes([UInt8](repeating: 0, count: 4 * layout.count)), tokenizer: nil),
      training: nil)
    let digest = Digest(hashing: [1, 2, 3])
    func handle(_ kind: ArtifactKind, _ digest: Digest) -> ArtifactHandle {
      ArtifactHandle(kind: kind, digest: digest, isSeeded: false, object: base) { base }
    }
    let shape = try AdapterLayout(
      .lowRank(LowRankShape(rank: 2, alpha: 4, layers: 0..<2, parts: [.query, .down])),
      for: configuration)
    let adapter = try DecoderAdapter(
      shape, weights: SharedBytes([UInt8](repeating: 0, count: 4 * shape.count)))
    let version = ModelVersion(
      kind: "lora", method: "lora()", data: "none", steps: 3, trainedParameters: 4, bytes: 5)
    var first = version
    first.digest = Digest(hashing: [9])
    let stored = StoredModel(
      model: try base.model.attaching(adapter), training: nil, base: handle(.model, digest),
      lineage: ModelLineage(ancestors: [first], own: version))
    let bytes = try encoded(stored)
    let back = try StoredModel(decoding: SharedBytes(bytes), handle: handle)
    #expect(back.base?.digest == digest && back.lineage == stored.lineage)
    #expect(try encoded(back) == bytes)
    // What training began with stays in the store beside it.
    #expect(back.heldArtifacts.map(\.digest) == [digest, Digest(hashing: [9])])
    var refused = 0
    for damaged in damagedHeaders(of: bytes, count: 600, seed: 7) {
      do {
        _ = try StoredModel(decoding: SharedBytes(damaged), handle: handle)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 250)
  }

  /// What others read says how positions turn, and holds half the bytes in bfloat16.
  @Test func aFolderInHalfTheBytes() throws {
    let (folder, session) = try trained([
      "m = pretrain(load(\"tiny\").corpus, tokenizer: \"bytes\", layers: 1, width: 16, heads: 1, "
        + "context: 32, rope_base: 5000, steps: 1, batch: 1)"
    ])
    var sizes: [Int] = []
    for (name, type) in [("hf", "float32"), ("hf-bf16", "bfloat16")] {
      let format = try #require(ExportFormat.all.first { $0.name == name })
      _ = try session.save("m", to: folder(name), as: format)
      let text = try folder.text("\(name)/config.json")
      #expect(text.contains("\"rope_theta\": 5000"), "\(text)")
      #expect(text.contains("\"\(type)\""), "\(text)")
      sizes.append(try TemporaryFolder.bytes(at: folder("\(name)/model.safetensors")).count)
    }
    // All but the header.
    #expect(abs(sizes[0] - 2 * sizes[1]) < 4096, "\(sizes)")
  }
}
