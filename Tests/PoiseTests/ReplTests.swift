import Glibc
import TestFolders
import Testing

/// Drives the built program with lines on standard input, as a script would.
@Suite struct ReplTests {
  private static let notebook = """
    ```poise
    param k = 5 in 1...20
    ```

    ```poise {#checks}
    claim k * 2 > 6 : "twice is more than six"
    ```
    """ + "\n"

  @Test func anEmptySessionCalculates() throws {
    let run = try ReplRun([
      "1 + 1", "f(a) = a * b", "  where b = 3", "f(2)", "x = [", "  1,", "  2,", "]",
      "[{k: i} for i in x]",
    ])
    #expect(run.status == 0)
    #expect(run.errors == "")
    #expect(run.output == "2\nf(a): a function\n6\nx: [1, 2]\nk\n─\n1\n2\n")
  }

  @Test func aFailedEntryFailsTheScriptAndNothingElse() throws {
    let run = try ReplRun(["mean([1, 2)", "nope", "load(\"/etc/passwd\")", "3"])
    #expect(run.status == 1)
    #expect(run.output == "3\n")
    #expect(run.errors.contains("in1:1:"))
    #expect(run.errors.contains("unknown name 'nope'"))
  }

  @Test func unknownCommandsAreExplained() throws {
    let run = try ReplRun([":cels", ":help", ":quit", "1 + 1"])
    #expect(run.errors == "error: there is no command ':cels'; did you mean ':cells'?\n")
    #expect(run.output.contains(":artifacts"))
    #expect(!run.output.contains("\n2\n"))
  }

  @Test func aNotebookIsOpenedRunAndTurned() throws {
    let run = try ReplRun(
      [":run", ":set k 2", ":set k", ":cells"], notebook: Self.notebook)
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("notebook.md: 2 cells, 2 missing\n"))
    #expect(run.output.contains("k reaches checks\n  claim \"twice is more than six\"\n"))
    #expect(run.output.contains("claim \"twice is more than six\": held → refuted\n"))
    #expect(run.output.contains("claim \"twice is more than six\": refuted → held\n"))
    #expect(run.output.contains("k       fresh  param k = 5 in 1...20\n"))
    #expect(run.notebook.contains("**claim held**: twice is more than six"))
  }

  @Test func entriesAreAddedOnRequest() throws {
    let run = try ReplRun(["y = k + 1", ":add", ":explain y", ":ledger"], notebook: Self.notebook)
    #expect(run.status == 0)
    #expect(run.output.contains("added to notebook.md: y\n"))
    #expect(run.notebook.contains("```poise\ny = k + 1\n```\n\n<!-- poise:out y key="))
  }

  @Test func staticErrorsAreShownOnOpening() throws {
    let run = try ReplRun(["k"], notebook: "```poise\nk = 1\n```\n\n```poise {#b}\nkk\n```\n")
    #expect(run.errors.contains("notebook.md:6:1: error: unknown name 'kk'"))
    #expect(run.output.hasSuffix("1\n"))
    #expect(run.status == 0)
  }

  @Test func aNotebookThatIsNotThereIsAUsageError() throws {
    let run = try ReplRun([], arguments: ["missing.md"])
    #expect(run.status == 2)
    #expect(run.errors.contains("missing.md"))
  }

  @Test func anEmptySessionLeavesNothingInItsFolder() throws {
    let run = try ReplRun(["1 + 1", ":run"])
    #expect(run.files == [])
    #expect(!run.errors.contains("saved"))
  }
}

/// One run of the program in a folder of its own.
private struct ReplRun {
  let status: Int32
  let output: String
  let errors: String
  /// The notebook's text afterwards.
  let notebook: String
  /// What the working folder holds afterwards.
  let files: [String]

  init(_ lines: [String], notebook: String? = nil, arguments: [String] = []) throws {
    var template = Array("/tmp/poise-repl-XXXXXX".utf8CString)
    let root = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { Self.remove(root) }
    let work = root + "/work"
    mkdir(work, 0o700)
    try Self.write(lines.map { $0 + "\n" }.joined(), to: root + "/input")
    if let notebook { try Self.write(notebook, to: work + "/notebook.md") }
    let words = arguments + (notebook == nil ? [] : ["notebook.md"])
    status = try Self.spawn(words, in: work, root: root)
    output = try Self.read(root + "/output")
    errors = try Self.read(root + "/errors")
    self.notebook = notebook == nil ? "" : try Self.read(work + "/notebook.md")
    files = Self.names(in: work)
  }

  /// The program beside the tests' own executable.
  private static func program() throws -> String {
    let own = try #require(realpath("/proc/self/exe", nil))
    defer { free(own) }
    let path = String(cString: own)
    let folder = path[..<(try #require(path.lastIndex(of: "/")))]
    return folder + "/poise"
  }

  private static func spawn(_ words: [String], in folder: String, root: String) throws -> Int32 {
    let script = "cd \"$1\" && shift && exec \"$@\""
    let command = ["/bin/sh", "-c", script, "sh", folder, try program()] + words
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    let settings = [
      "PATH=/usr/bin:/bin", "HOME=\(root)/home", "XDG_CACHE_HOME=\(root)/cache",
      "XDG_STATE_HOME=\(root)/state",
    ]
    var environment: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
    defer { for pointer in arguments + environment { free(pointer) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, root + "/input", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, root + "/output", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, root + "/errors", O_WRONLY | O_CREAT, 0o600)
    var pid = pid_t()
    try #require(posix_spawn(&pid, "/bin/sh", &actions, nil, &arguments, &environment) == 0)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
  }

  private static func write(_ text: String, to path: String) throws {
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    fputs(text, file)
  }

  private static func read(_ path: String) throws -> String {
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func remove(_ path: String) {
    for name in names(in: path) { remove("\(path)/\(name)") }
    if rmdir(path) != 0 { unlink(path) }
  }
}
