import Artifacts
import Glibc
import Language
import TestFolders
import Testing
import Workbench

/// Short names that stand for folders, in a cell and given from outside.
@Suite struct ShortNameTests {
  /// A verb that takes paths, among them the name of a folder that the program knows.
  private static func library(_ home: TemporaryFolder) -> VerbLibrary {
    let place = home("models/known")
    return VerbLibrary([
      Verb(
        VerbSignature(
          "open_it", topic: "test", .compute, summary: "", example: "",
          parameters: [.init("path", .path, positional: true, "")], result: { _ in .string }),
        files: { [$0 + "/file"] },
        shortNames: ["known", "lost"],
        place: { name in
          if name == "lost" { throw VerbError("'lost' is not installed") }
          return place
        }
      ) { arguments, context in
        let input = try context.input("path")
        return .string(
          "\(input.written) "
            + String(decoding: try TemporaryFolder.bytes(at: input.files[0]), as: UTF8.self))
      }
    ])
  }

  private func run(
    _ source: String, _ value: String?, in folder: TemporaryFolder, home: TemporaryFolder
  ) throws -> (shown: String, key: String?) {
    try folder.write(source, to: "nb.md")
    var options = SessionOptions()
    if let value { options.overrides.set("model", to: value) }
    options.outputFile = folder("out.md")
    let session = try NotebookSession.open(
      folder, options: options, store: ArtifactStore.inMemory(), verbs: Self.library(home))
    session.run(.all)
    return (session.shown["it"] ?? "", session.notebook.cells.last?.key.hex)
  }

  @Test func aParameterMayBeAShortName() throws {
    let home = try TemporaryFolder(["models/known/file": "the known one"])
    let folder = try TemporaryFolder(["mine/file": "my own"])
    let source = notebook("param model = \"known\"", "{#it}\nopen_it(model)")
    let byDefault = try run(source, nil, in: folder, home: home)
    #expect(byDefault.shown == "known the known one")
    let given = try run(source, "known", in: folder, home: home)
    #expect(given.shown == "known the known one", "\(given.shown)")
    #expect(given.key == byDefault.key, "the same thing under the same name")
    let quoted = try run(source, "\"known\"", in: folder, home: home)
    #expect(quoted.shown == byDefault.shown && quoted.key == byDefault.key)
    let path = try run(source, folder("mine"), in: folder, home: home)
    #expect(path.shown == "{model} my own", "\(path.shown)")
    #expect(path.key != byDefault.key)
  }

  @Test func theSameFilesElsewhereAreAnotherInput() throws {
    let home = try TemporaryFolder(["models/known/file": "the known one"])
    let folder = try TemporaryFolder(["copy/file": "the known one"])
    let source = notebook("param model = \"known\"", "{#it}\nopen_it(model)")
    let named = try run(source, "known", in: folder, home: home)
    let copied = try run(source, folder("copy"), in: folder, home: home)
    #expect(named.shown == "known the known one" && copied.shown == "{model} the known one")
    #expect(named.key != copied.key)
  }

  @Test func aNameOfWhatIsNotInstalledSaysSo() throws {
    let home = try TemporaryFolder()
    let folder = try TemporaryFolder()
    let source = notebook("param model", "{#it}\nopen_it(model)")
    let lost = try run(source, "lost", in: folder, home: home)
    #expect(lost.shown.contains("'lost' is not installed"), "\(lost.shown)")
    let neither = try run(source, "knwn", in: folder, home: home)
    #expect(neither.shown.contains("there is no file '{model}'"), "\(neither.shown)")
    #expect(neither.shown.contains("did you mean \"known\"?"), "\(neither.shown)")
  }

  @Test func encoderTakesItsNamesFromParameters() throws {
    let folder = try TemporaryFolder()
    try folder.write(notebook("param model", "{#it}\nencoder(model)"), to: "nb.md")
    var options = SessionOptions()
    options.overrides.set("model", to: "minilm")
    options.outputFile = folder("out.md")
    let session = try NotebookSession.open(
      folder, options: options, store: ArtifactStore.inMemory())
    session.run(.all)
    let shown = session.shown["it"] ?? ""
    // Whether it is installed or not, it is taken for a name.
    #expect(
      shown.contains("the encoder minilm into 384 dimensions")
        || shown.contains("the encoder \"minilm\" is not installed"), "\(shown)")
  }
}
