import Glibc
import TestFolders
import Testing
import Workbench

@Suite struct PromptSessionTests {
  @Test func entriesSeeTheNotebookAndEachOther() throws {
    let folder = try PromptFolder()
    let log = PromptLog()
    let session = try folder.session(knobNotebook, observer: log)
    let file = try folder.read()
    #expect(try session.enter("z = double + 1").status == .accepted)
    #expect(log.last == "z: 11")
    #expect(try session.enter("z * 2").id == "in2")
    #expect(log.last == "22")
    #expect(try folder.read() == file)
  }

  @Test func aRebindingReplacesAndMakesStale() throws {
    let folder = try PromptFolder()
    let log = PromptLog()
    let session = try folder.session(knobNotebook, observer: log)
    session.run(.stale)
    _ = try session.enter("z = double + 1")
    let outcome = try session.enter("double = 100")
    #expect(outcome.notes == ["now stale: checks, in1"])
    session.run(.stale)
    #expect(session.shown["in1"] == "z: 101")
    #expect(session.cells.allSatisfy { $0.state == .fresh })
    // The file keeps what its own cells give.
    #expect(try folder.read().contains("double: 10\n"))
    #expect(!(try folder.read().contains("100")))
  }

  @Test func aNameIsNotMadeFromItsOldValue() throws {
    let folder = try PromptFolder()
    let session = try folder.session(knobNotebook)
    let outcome = try session.enter("double = double + 1")
    #expect(outcome.status == .rejected)
    #expect(
      outcome.diagnostics.first?.hasPrefix(
        "in1:1:1: error: 'double' can't be made from its own old value") == true)
    _ = try session.enter("z = double + 1")
    let circle = try session.enter("double = z")
    #expect(circle.status == .rejected)
    #expect(circle.diagnostics.first?.contains("in a circle: in2 → in1 → in2") == true)
    #expect(session.entries.map(\.id) == ["in1"])
  }

  @Test func diagnosticsPointIntoTheEntryAsTyped() throws {
    let folder = try PromptFolder()
    let session = try folder.session(knobNotebook)
    let outcome = try session.enter("x = [1,\n  doubel]")
    #expect(
      outcome.diagnostics == [
        """
        in1:2:3: error: unknown name 'doubel'
          2 |   doubel]
            |   ^~~~~~
          help: did you mean 'double'?
        """
      ])
  }

  @Test func aFailedEntryBindsNothing() throws {
    let folder = try PromptFolder()
    let log = PromptLog()
    let session = try folder.session(knobNotebook, observer: log)
    _ = try session.enter("x = 1")
    #expect(try session.enter("x = load(\"nowhere\")").status == .rejected)
    #expect(try session.enter("x").status == .accepted)
    #expect(log.last == "1")
  }

  @Test func anEntryBecomesACellWithWhatItReads() throws {
    let folder = try PromptFolder()
    let session = try folder.session(knobNotebook)
    session.run(.stale)
    _ = try session.enter("y = 2")
    _ = try session.enter("unrelated = 3")
    _ = try session.enter("y + other")
    let before = try folder.read()
    let ids = try session.add()
    #expect(ids == ["y", "shown"])
    #expect(
      try folder.read() == before + "\n```poise\ny = 2\n```\n\n```poise {#shown}\ny + other\n```\n")
    #expect(session.entries.map(\.text) == ["unrelated = 3"])
    session.run(.stale)
    #expect(try folder.read().contains("poise:out shown"))
  }

  @Test func whatIsBoundAlreadyIsNotAdded() throws {
    let folder = try PromptFolder()
    let session = try folder.session(knobNotebook)
    _ = try session.enter("double = 3")
    let error = #expect(throws: SessionError.self) { try session.add() }
    #expect(error?.description.hasPrefix("'double' is bound in the notebook's cell") == true)
    #expect(try folder.read() == knobNotebook)
  }

  @Test func aFileChangedByOthersIsReadAgain() throws {
    let folder = try PromptFolder()
    let log = PromptLog()
    let session = try folder.session(knobNotebook, observer: log)
    #expect(try !session.refresh())
    session.run(.stale)
    // What the session wrote itself is no change.
    #expect(try !session.refresh())
    _ = try session.enter("z = double + 1")
    try folder.write(knobNotebook.replacing("k * 2", with: "k * 3"))
    #expect(try session.refresh())
    _ = try session.enter("z")
    #expect(log.last == "16")
    unlink("\(folder.path)/notebook.md")
    #expect(throws: SessionError.self) { try session.refresh() }
  }

  @Test func entriesWithoutAFileAreSavedInOrder() throws {
    let folder = try PromptFolder()
    var options = SessionOptions()
    options.store = "\(folder.path)/artifacts"
    let session = try NotebookSession.untitled(
      in: folder.path, options: options, terminal: .init(), observer: nil)
    _ = try session.enter("a = 1")
    _ = try session.enter("b = a + 1")
    _ = try session.enter("a = 2")
    _ = try session.enter("sum([a, b])")
    try session.saveEntries(to: "\(folder.path)/saved.md")
    #expect(
      try folder.read("saved.md") == """
        # saved

        ```poise
        a = 2
        ```

        ```poise
        b = a + 1
        ```

        ```poise {#sum}
        sum([a, b])
        ```

        """)
    #expect(throws: SessionError.self) { try session.saveEntries(to: "\(folder.path)/saved.md") }
  }
}

@Suite struct LastOutputTests {
  @Test func savedOutputsShowAsNewOnes() throws {
    let folder = try PromptFolder()
    let session = try folder.session(
      """
      ```poise {#a}
      table({name: ["a|b", "*c*", "\\\\"], score: [1, 2.5, 3]})
      [1, 2]
      claim 2 > 1 : "two_or [more] < 3"
      "several\\nlines"
      ```
      """ + "\n")
    session.run(.stale)
    let text = try #require(session.shown["a"])
    #expect(text.contains("a|b") && text.contains("two_or [more] < 3"))
    let again = try NotebookSession(path: "\(folder.path)/notebook.md")
    let output = try again.lastOutput(of: "a")
    #expect(output.text == text)
    #expect(output.note == nil)
    #expect(throws: SessionError.self) { try again.lastOutput(of: "b") }
  }
}

@Suite struct KnobTests {
  @Test func reachIsWhatDependsOnTheKnob() throws {
    let session = try PromptFolderSession(knobNotebook)
    let reach = try session.value.reach(ofParameter: "k")
    #expect(reach.cells == ["double", "checks"])
    #expect(reach.claims == ["claim \"double is more than six\""])
    let error = #expect(throws: SessionError.self) { try session.value.reach(ofParameter: "kk") }
    #expect(error?.description == "there is no parameter 'kk'; did you mean 'k'?")
  }

  @Test func turnedVerdictsAreTold() throws {
    let folder = try PromptFolder()
    let session = try folder.session(knobNotebook)
    session.run(.stale)
    let saved = try folder.read()
    // Opened anew, the verdicts before come from the file.
    let again = try NotebookSession(path: "\(folder.path)/notebook.md")
    let reach = try again.reach(ofParameter: "k")
    let before = again.verdicts(of: reach)
    try again.turn("k", to: "2")
    again.run(again.selection(reach))
    #expect(
      again.changes(since: before).map(\.line)
        == ["claim \"double is more than six\": held → refuted"])
    let second = again.verdicts(of: reach)
    try again.turn("k", to: nil)
    again.run(again.selection(reach))
    #expect(
      again.changes(since: second).map(\.line)
        == ["claim \"double is more than six\": refuted → held"])
    #expect(try folder.read() == saved)
  }

  @Test func aValueOutsideTheDomainIsRefused() throws {
    let session = try PromptFolderSession(knobNotebook)
    let error = #expect(throws: SessionError.self) { try session.value.turn("k", to: "50") }
    #expect(error?.description.contains("1...20") == true)
    #expect(session.value.overrides.isEmpty)
  }
}

/// A session with the folder that it lives in.
final class PromptFolderSession {
  let value: NotebookSession
  private let folder: PromptFolder

  init(_ text: String) throws {
    folder = try PromptFolder()
    value = try folder.session(text)
  }
}

extension String {
  fileprivate func replacing(_ part: String, with other: String) -> String {
    guard !part.isEmpty, let start = indices.first(where: { self[$0...].hasPrefix(part) }) else {
      return self
    }
    return self[..<start] + other + self[index(start, offsetBy: part.count)...]
  }
}
