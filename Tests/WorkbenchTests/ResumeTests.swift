import Artifacts
import Execution
import Synchronization
import TestFolders
import Testing
import Workbench

/// Long verbs that are stopped go on where they were, and come to what they would have come to.
@Suite struct ResumeTests {
  static let source = notebook(
    "a = 40 + 2", "b = toil(steps: 1000)", "{#show}\nb.value\na")

  private func undisturbed() throws -> (text: String, outputs: Set<Digest>) {
    let folder = try TemporaryFolder()
    try folder.write(Self.source, to: "nb.md")
    let session = try NotebookSession.open(folder, verbs: ToyTraining().library)
    #expect(session.run(.stale).status == .success)
    let store = try ArtifactStore.open(at: folder("artifacts"), create: false)
    return (try folder.text("nb.md"), Set(try store.list().map(\.output)))
  }

  @Test(arguments: [1, 99, 100, 550, 999])
  func interruptedWorkGoesOnWhereItWas(_ step: Int) throws {
    let expected = try undisturbed()
    #expect(!expected.outputs.isEmpty)
    let folder = try TemporaryFolder()
    try folder.write(Self.source, to: "nb.md")
    let toy = ToyTraining()
    let session = try NotebookSession.open(folder, verbs: toy.library)
    let core = session.core
    toy.stop(before: step) { #expect(!core.interrupt()) }
    let tally = session.run(.stale)
    #expect(tally.status == .interrupted)
    // The cell before is saved, and the one after is untouched.
    #expect(try folder.text("nb.md").contains("poise:end a"))
    #expect(!(try folder.text("nb.md").contains("poise:end b")))
    #expect(toy.taken == Array(0...step))
    let partial = folder.names(in: "artifacts/partial")
    #expect(partial.count == (step < 100 ? 0 : 1))

    // Another process takes over.
    let next = try NotebookSession.open(folder, verbs: toy.library)
    #expect(next.run(.stale).status == .success)
    #expect(Array(toy.taken.dropFirst(step + 1)) == Array(step / 100 * 100..<1000))
    #expect(try folder.text("nb.md") == expected.text)
    #expect(folder.names(in: "artifacts/partial") == [], "nothing is kept once it is recorded")
    let store = try ArtifactStore.open(at: folder("artifacts"), create: false)
    #expect(Set(try store.list().map(\.output)) == expected.outputs)
  }

  @Test func aDamagedStateCostsStepsAndNothingElse() throws {
    let expected = try undisturbed()
    let folder = try TemporaryFolder()
    try folder.write(Self.source, to: "nb.md")
    let toy = ToyTraining()
    let session = try NotebookSession.open(folder, verbs: toy.library)
    let core = session.core
    toy.stop(before: 555) { _ = core.interrupt() }
    _ = session.run(.stale)
    let states = folder.files(below: "artifacts/partial")
    #expect(states.map { $0.split(separator: "/").last ?? "" } == ["call", "state-4", "state-5"])
    var bytes = try folder.read("artifacts/partial/" + states[2])
    bytes[3] ^= 1
    try folder.write(bytes, to: "artifacts/partial/" + states[2])
    let recorder = Recorder()
    let next = try NotebookSession.open(folder, observer: recorder, verbs: toy.library)
    #expect(next.run(.stale).status == .success)
    #expect(recorder.notes.contains { $0.contains("an earlier state is resumed") })
    #expect(Array(toy.taken.dropFirst(556)) == Array(400..<1000))
    #expect(try folder.text("nb.md") == expected.text)
  }

  @Test func otherSettingsNeverTakeTheState() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.source, to: "nb.md")
    let toy = ToyTraining()
    let session = try NotebookSession.open(folder, verbs: toy.library)
    let core = session.core
    toy.stop(before: 555) { _ = core.interrupt() }
    _ = session.run(.stale)
    try folder.write(Self.source.replacing("1000", with: "700"), to: "nb.md")
    let next = try NotebookSession.open(folder, verbs: toy.library)
    #expect(next.run(.stale).status == .success)
    #expect(toy.taken.dropFirst(556).first == 0)
    // Ignoring what is stored is to ignore what was begun, too.
    try folder.write(Self.source, to: "nb.md")
    var options = SessionOptions()
    options.ignoresStored = true
    let again = try NotebookSession.open(folder, options: options, verbs: toy.library)
    let before = toy.taken.count
    #expect(again.run(.all).status == .success)
    #expect(toy.taken.dropFirst(before).first == 0)
  }

  @Test func atThePromptAnInterruptedEntryKeepsEverythingElse() throws {
    let folder = try TemporaryFolder()
    try folder.write(notebook("a = 40 + 2"), to: "nb.md")
    let toy = ToyTraining()
    let session = try NotebookSession.open(folder, verbs: toy.library)
    #expect(session.run(.stale).status == .success)
    let core = session.core
    toy.stop(before: 250) { _ = core.interrupt() }
    #expect(try session.enter("c = toil()", colour: false).status == .interrupted)
    #expect(try session.enter("a", colour: false).status == .accepted)
    #expect(try session.enter("c = toil()", colour: false).status == .accepted)
    #expect(Array(toy.taken.dropFirst(251)) == Array(200..<1000))
  }

  @Test func countsAndKernelAreRecordedAndShown() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      notebook("b = toil(steps: 300)", "l = ledger(b)", "{#show}\nl[0][\"FLOPs\"]\nl[0].steps"),
      to: "nb.md")
    let toy = ToyTraining()
    let recorder = Recorder()
    let session = try NotebookSession.open(folder, observer: recorder, verbs: toy.library)
    let core = session.core
    toy.stop(before: 150) { _ = core.interrupt() }
    _ = session.run(.stale)
    let store = try ArtifactStore.open(at: folder("artifacts"), create: false)
    #expect(try store.unfinishedWork().first?.call == "toil(steps: 300)")
    #expect(try NotebookSession.open(folder, verbs: toy.library).run(.stale).status == .success)
    let toil = try #require(try store.list().first { $0.verb == "toil" })
    let action = try #require(store.action(toil.key))
    // The same as if it had not been stopped.
    #expect(action.cost.counts == ["FLOPs": 6e11, "steps": 300])
    #expect(action.provenance.kernel == "toy")
    let show = try folder.text("nb.md")
    #expect(show.contains("600000000000") || show.contains("6e+11") || show.contains("6e11"))
    #expect(show.contains("300"))
  }

  @Test func whatIsNoCountIsLeftOut() {
    let tally = WorkTally()
    for number in [1.0, 2, .nan, .infinity, -5] { tally.add("n", number) }
    tally.add("m", .nan)
    #expect(tally.counts == ["n": 3])
  }
}
