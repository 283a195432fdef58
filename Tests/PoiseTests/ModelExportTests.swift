import FoundationEssentials
import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// Models between notebooks and transformers.
  @Suite struct ModelExportTests {
    private static let peer = getenv("POISE_PEER_PYTHON").map { String(cString: $0) }
    private static let text = "Zinc is a metal; tea is not."

    /// A notebook with a small model, whose perplexity and scores it shows with all digits.
    private static func trained() throws -> TemporaryFolder {
      let folder = try TemporaryFolder([
        "a.md": """
        ```poise {#model}
        model = pretrain(load("many.jsonl").corpus, layers: 2, width: 32, heads: 4,
          key_value_heads: 2, context: 32, vocabulary: 300, steps: 30, batch: 8)
        ```

        \(shows)
        """
      ])
      try folder.write(SampleNotebook.documents(50), to: "many.jsonl")
      let run = try PoiseProgram.run(["run", "a.md"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      return folder
    }

    /// Texts of whole numbers, so that nothing is lost in printing.
    private static let shows = """
      ```poise {#shown}
      "perplexity {round(perplexity(model, on: "\(text)") * 1000000)}"
      "scores {[round(t.log_probability * 1000000) for t in score(model, "\(text)")]}"
      "width {model.width} of {model.vocabulary}"
      ```

      """

    private static func lines(_ document: String, _ word: String) -> [String] {
      document.split(separator: "\n").map(String.init).filter { $0.hasPrefix(word + " ") }
    }

    @Test func aSavedModelIsTheSameInAnotherNotebook() throws {
      let folder = try Self.trained()
      let saved = try PoiseProgram.run(
        ["save", "a.md", "model", "out", "--as", "hf"], in: folder)
      #expect(saved.status == 0, "\(saved.errors)")
      let names = [
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json",
      ]
      #expect(folder.names(in: "out").sorted() == names)
      // Again, over its own files.
      #expect(
        try PoiseProgram.run(["save", "a.md", "model", "out", "--as", "hf"], in: folder).status == 0
      )

      try folder.write(
        "```poise {#model}\nmodel = load_model(\"out\")\n```\n\n" + Self.shows, to: "b.md")
      let run = try PoiseProgram.run(["run", "b.md"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let (first, second) = (try folder.text("a.md"), try folder.text("b.md"))
      for word in ["perplexity", "scores", "width"] {
        #expect(Self.lines(first, word).count == 1, "\(first)")
        #expect(Self.lines(first, word) == Self.lines(second, word))
      }
    }

    @Test func whatIsNoModelIsNotSavedAsOne() throws {
      let folder = try TemporaryFolder(["a.md": "```poise\nmany = load(\"many.jsonl\")\n```\n"])
      try folder.write(SampleNotebook.documents(5), to: "many.jsonl")
      try PoiseProgram.run(["run", "a.md"], in: folder)
      let saved = try PoiseProgram.run(
        ["save", "a.md", "many.corpus", "out", "--as", "hf"], in: folder)
      #expect(saved.status == 2)
      #expect(saved.errors.contains("'many.corpus' is a corpus; 'hf' writes a model"))
      #expect(!folder.exists("out"))
    }

    @Test(
      .enabled(if: peer != nil, "needs a Python with transformers: name it in $POISE_PEER_PYTHON"))
    func transformersGivesOurNumbers() throws {
      let folder = try Self.trained()
      let saved = try PoiseProgram.run(
        ["save", "a.md", "model", "out", "--as", "hf"], in: folder)
      #expect(saved.status == 0, "\(saved.errors)")
      try folder.write(
        """
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        tokenizer = AutoTokenizer.from_pretrained("out")
        model = AutoModelForCausalLM.from_pretrained("out").eval()
        ids = tokenizer("\(Self.text)", add_special_tokens=False)["input_ids"]
        start = tokenizer.eos_token_id
        with torch.no_grad():
            logits = model(torch.tensor([[start] + ids])).logits[0, :-1].double()
        chosen = torch.log_softmax(logits, -1)[range(len(ids)), ids]
        print(*(round(value * 1000000) for value in chosen.tolist()))
        print(*(tokenizer.decode([i]).replace(" ", "·") for i in ids), sep="|")

        """, to: "peer.py")
      let python = try #require(Self.peer)
      let outcome = try PoiseProgram.shell("HF_HUB_OFFLINE=1 \(python) peer.py", in: folder)
      try #require(outcome.status == 0, "\(outcome.errors)")
      let printed = outcome.output.split(separator: "\n").map(String.init)
      let theirs = printed[0].split(separator: " ").compactMap { Double($0) }
      let line = try #require(Self.lines(try folder.text("a.md"), "scores").first)
      let ours = line.dropFirst("scores [".count).dropLast().split(separator: ", ")
        .compactMap { Double($0.filter { $0 != "," }) }
      #expect(ours.count == theirs.count && ours.count > 5)
      for (our, their) in zip(ours, theirs) { #expect(abs(our - their) <= 100) }

      // The same ids: as many tokens, and the same pieces of the text.
      try folder.write(
        try folder.text("a.md")
          + "\n```poise {#pieces}\n\"pieces {join([t.token for t in score(model, "
          + "\"\(Self.text)\")], \"|\")}\"\n```\n", to: "a.md")
      let run = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(Self.lines(try folder.text("a.md"), "pieces") == ["pieces " + printed[1]])
    }
  }
}
