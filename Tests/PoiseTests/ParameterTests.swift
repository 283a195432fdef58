import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// `-p` and `-o`: values from outside never end in the notebook itself.
  @Suite struct ParameterTests {
    @Test(arguments: [
      ("k=10", "10"), ("k=1", "1"), ("name=granite", "granite"),
      ("name=\"two words\"", "two words"),
      ("name=3 apples", "3 apples"), ("k=0.5e1", "5"),
    ])
    func valuesReachTheCells(_ pair: String, _ shown: String) throws {
      let folder = try TemporaryFolder([
        "a.md": """
        ```poise {#knobs}
        param k = 5 in 1...20
        param name = "zinc"
        "{k} of {name}"
        ```

        """
      ])
      let before = try folder.stamp("a.md")
      let outcome = try PoiseProgram.run(["run", "a.md", "-p", pair], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains(shown), "\(outcome.output)")
      #expect(try folder.stamp("a.md") == before)
    }

    @Test func aValueOutOfBoundsOrOfAnUnknownNameIsRefused() throws {
      let folder = try TemporaryFolder(["a.md": "```poise\nparam k = 5 in 1...20\n```\n"])
      for pair in ["k=21", "k=zinc"] {
        let outcome = try PoiseProgram.run(["run", "a.md", "-p", pair], in: folder)
        #expect(outcome.status == 1, "\(pair): \(outcome.errors)")
        #expect(!outcome.errors.isEmpty)
      }
      let unknown = try PoiseProgram.run(["run", "a.md", "-p", "kk=3"], in: folder)
      #expect(unknown.status != 0, "\(unknown.errors)")
      #expect(unknown.errors.contains("kk"))
    }

    @Test func aParameterWithoutValueWaits() throws {
      let folder = try TemporaryFolder([
        "a.md": "```poise {#bet}\nparam guess\nguess + 1\n```\n\n```poise {#other}\n7\n```\n"
      ])
      let waiting = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(waiting.status == 0)
      #expect(waiting.errors.contains("waiting: bet"))
      #expect(waiting.output.contains("[other]\n7\n"))
      let given = try PoiseProgram.run(["run", "a.md", "-p", "guess=41"], in: folder)
      #expect(given.output.contains("[bet]\n42\n"))
    }

    @Test func whereGivenDataLiesIsNotInTheDocument() throws {
      let folder = try TemporaryFolder([
        "elsewhere/broken.jsonl": "{\"id\": \"a\", \"text\": \"b\"}\n{\"id\":\n",
        "a.md": "```poise\nparam data\ndocs = load(data)\n```\n",
      ])
      let outcome = try PoiseProgram.run(
        ["run", "a.md", "-p", "data=\(folder("elsewhere"))", "-o", "out.md"], in: folder)
      #expect(outcome.status == 1)
      let document = try folder.text("out.md")
      #expect(document.contains("{data}/broken.jsonl:2:"), "\(document)")
      #expect(!document.contains(folder.path))
    }

    @Test func aPathStartsFromTheCurrentFolderAndIsGranted() throws {
      let folder = try TemporaryFolder([
        "elsewhere/docs.jsonl": SampleNotebook.documents(12),
        "books/docs.jsonl": SampleNotebook.documents(5),
        "books/a.md": """
        ```poise {#data}
        param data = "docs.jsonl"
        load(data).found
        ```

        """,
      ])
      // The notebook's own path starts from its folder, wherever the program was started.
      let plain = try PoiseProgram.run(["run", "books/a.md", "-o", "copy.md"], in: folder)
      #expect(plain.status == 0, "\(plain.errors)")
      #expect(plain.output.contains("5 documents"), "\(plain.output)")
      let given = try PoiseProgram.run(
        ["run", "books/a.md", "-p", "data=elsewhere/docs.jsonl"], in: folder)
      #expect(given.status == 0, "\(given.errors)")
      #expect(given.output.contains("12 documents"), "\(given.output)")
    }

    @Test(arguments: ["../elsewhere/docs.jsonl", "/etc/passwd", "link.jsonl"])
    func aPathOfTheNotebookIsConfined(_ path: String) throws {
      let folder = try TemporaryFolder([
        "elsewhere/docs.jsonl": SampleNotebook.documents(12),
        "books/a.md": "```poise {#data}\nload(\"\(path)\").found\n```\n",
      ])
      symlink("../elsewhere/docs.jsonl", folder("books/link.jsonl"))
      let outcome = try PoiseProgram.run(["run", "books/a.md"], in: folder)
      #expect(!outcome.output.contains("12 documents"))
      let text = try folder.text("books/a.md")
      #expect(!text.contains("12 documents") && !text.contains("root:"))
      #expect((outcome.errors + outcome.output).contains("outside the workspace"))
    }

    @Test func anOutputFileLeavesTheNotebookAlone() throws {
      let folder = try SampleNotebook.folder()
      let stamp = try folder.stamp("notebook.md")
      let outcome = try PoiseProgram.run(["run", "notebook.md", "-o", "copy.md"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try folder.stamp("notebook.md") == stamp)
      #expect(!folder.exists("notebook.assets"))
      #expect(folder.names(in: "copy.assets").count == 2)
      let direct = try SampleNotebook.folder()
      _ = try PoiseProgram.run(["run", "notebook.md"], in: direct)
      // Links name the copy's own folder, so the checksums of two bodies differ.
      func lines(_ text: String) -> [Substring] {
        text.replacing("notebook.assets", with: "copy.assets").split(separator: "\n")
          .filter { !$0.hasPrefix("<!-- poise:end") }
      }
      #expect(try lines(folder.text("copy.md")) == lines(direct.text("notebook.md")))
    }

    @Test func anOutputFileTakesOverriddenValues() throws {
      let folder = try TemporaryFolder([
        "a.md": "```poise {#knob}\nparam k = 5\nk * 2\n```\n"
      ])
      let before = try folder.read("a.md")
      let outcome = try PoiseProgram.run(["run", "a.md", "-p", "k=7", "-o", "b.md"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try folder.text("b.md").contains("\n14\n"))
      #expect(try folder.read("a.md") == before)
    }
  }
}
