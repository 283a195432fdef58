import Execution
import FoundationEssentials
import Glibc

extension BenchCommand {
  /// `poise run` on a ten-cell notebook whose results are all saved: the whole process, from
  /// start to exit, median over runs.
  static let replay = BenchCommand(
    name: "replay", arguments: "[--runs N] [--poise PROGRAM]",
    summary: "whole-process time of a run of ten cells that are all cached"
  ) { arguments in
    let runs = try arguments.integer("--runs", default: 30, in: 3...1000)
    let bench = try ProgramBench(program: arguments.text("--poise"))
    defer { bench.folder.remove() }
    try bench.folder.write(ProgramBench.documents, to: "documents.jsonl")
    try bench.folder.write(ProgramBench.tenCells, to: "ten.md")
    try bench.run(["run", "ten.md"])
    let times = try (0..<runs).map { _ in try bench.time(["run", "ten.md"]) }.sorted()
    print(
      """
      {"peer":"poise","work":"replay of ten cached cells","median_ms":\(rounded(times[runs / 2], 2)),\
      "min_ms":\(rounded(times[0], 2)),"max_ms":\(rounded(times[runs - 1], 2)),"runs":\(runs)}
      """)
  }

  /// `poise check` on a notebook of many cells, and on one of many megabytes: the whole process.
  static let notebook = BenchCommand(
    name: "notebook", arguments: "[--cells N] [--megabytes N] [--poise PROGRAM]",
    summary: "whole-process time of checking 1,000 cells, and of opening 10 MB"
  ) { arguments in
    let cells = try arguments.integer("--cells", default: 1000, in: 1...100_000)
    let megabytes = try arguments.integer("--megabytes", default: 10, in: 1...30)
    let bench = try ProgramBench(program: arguments.text("--poise"))
    defer { bench.folder.remove() }
    try bench.folder.write(ProgramBench.many(cells), to: "many.md")
    try bench.folder.write(ProgramBench.large(megabytes << 20), to: "large.md")
    let many = try (0..<5).map { _ in try bench.time(["check", "many.md"], expecting: 4) }.sorted()
    let large = try (0..<3).map { _ in try bench.time(["check", "large.md"], expecting: 4) }
      .sorted()
    print(
      """
      {"peer":"poise","work":"check","cells":\(cells),"cells_ms":\(rounded(many[2], 1)),\
      "megabytes":\(megabytes),"megabytes_ms":\(rounded(large[1], 1))}
      """)
  }
}

/// Runs the `poise` program and takes its time.
private struct ProgramBench {
  let program: String
  let folder: BenchFolder

  init(program: String?) throws {
    let own = CommandLine.arguments[0]
    let beside = own.lastIndex(of: "/").map { String(own[...$0]) + "poise" } ?? "./poise"
    guard let path = realpath(program ?? beside, nil) else {
      throw BenchError.noProgram(program ?? beside)
    }
    defer { free(path) }
    self.program = String(cString: path)
    folder = try BenchFolder()
  }

  func run(_ arguments: [String], expecting status: Int32 = 0) throws {
    _ = try time(arguments, expecting: status)
  }

  /// Milliseconds from before the process is made to its end.
  func time(_ arguments: [String], expecting expected: Int32 = 0) throws -> Double {
    // The last argument is the notebook.
    var arguments = arguments
    if let name = arguments.popLast() { arguments.append("\(folder.path)/\(name)") }
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for stream in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
    }
    let start = ContinuousClock.now
    var child = pid_t()
    guard posix_spawn(&child, program, &actions, nil, &words, environ) == 0 else {
      throw BenchError.noProgram(program)
    }
    var status: Int32 = 0
    waitpid(child, &status, 0)
    let elapsed = seconds(.now - start) * 1e3
    guard status & 0x7F == 0, (status >> 8) & 0xFF == expected else {
      throw BenchError.failed(arguments.joined(separator: " "), status: (status >> 8) & 0xFF)
    }
    return elapsed
  }

  /// 2,000 documents, so that a replay that read them would show.
  static var documents: String {
    var stream = RandomStream(seed: 1, purpose: "bench/documents")
    return (0..<2000).map { index in
      let words = (0..<60).map { _ in "word\(stream.below(5000))" }.joined(separator: " ")
      return "{\"id\": \"d\(index)\", \"text\": \"\(words)\"}\n"
    }.joined()
  }

  static let tenCells = """
    # Ten cells

    ```poise
    docs = load("documents.jsonl")
    ```
    ```poise
    index = bm25(docs.corpus)
    ```
    ```poise
    other = bm25(docs.corpus, k1: 0.9, b: 0.4)
    ```
    ```poise {#first}
    search(index, "word1 word2 word3", k: 5)
    ```
    ```poise {#second}
    search(other, "word1 word2 word3", k: 5)
    ```
    ```poise
    judged = judge(docs.corpus, [{query: "word{n} word{n + 1}", relevant: ["d{n}"]} for n in 1...50])
    ```
    ```poise
    report = evaluate(index, on: judged)
    ```
    ```poise {#both}
    report
    evaluate(other, on: judged)
    ```
    ```poise
    sweep = [{k1: k1, ndcg: evaluate(bm25(docs.corpus, k1: k1), on: judged)["ndcg@10"]} for k1 in [0.6, 1.2]]
    ```
    ```poise {#last}
    sweep
    claim report["recall@100"] > 0.01 : "something is found"
    ```

    """

  /// Cells of five statements, each reading the one before.
  static func many(_ cells: Int) -> String {
    var text = "# Many cells\n\n```poise\nx0 = 1\n```\n"
    for cell in 1..<max(2, cells) {
      text += """

        Some text between cell \(cell - 1) and cell \(cell).

        ```poise
        x\(cell) = x\(cell - 1) + 1
        f\(cell)(a, b) = a * b + c where c = {k: x\(cell), name: "cell {a}"}.k
        t\(cell) = [{i: i, y: f\(cell)(i, 2)} for i in 1...5]
        m\(cell) = mean(t\(cell).y)
        claim m\(cell) > 0 and x\(cell) < 5000 : "it grows"
        ```

        """
    }
    return text
  }

  /// Prose with lists, code and tables, and a cell every 100 kB.
  static func large(_ bytes: Int) -> String {
    var text = "# A large notebook\n"
    var cell = 0
    while text.utf8.count < bytes {
      cell += 1
      text += "\n```poise\nname\(cell) = \(cell)\n```\n"
      for paragraph in 0..<160 {
        text += """

          Paragraph \(paragraph) of part \(cell) says that *retrieval* and `fine-tuning` differ; see
          [the figure](figure-\(paragraph).svg). It goes on for a while, as paragraphs do, so that
          its lines are of the usual length, and then it ends.

          - one item with some words in it
          - another one, **set off**

          | column | value |
          | :- | -: |
          | row | \(paragraph) |

          """
      }
    }
    return text
  }
}

/// A temporary folder for one benchmark.
private struct BenchFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/poise-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchError.noFolder }
    path = String(
      decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func write(_ text: String, to name: String) throws {
    guard let file = fopen("\(path)/\(name)", "we") else { throw BenchError.noFolder }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw BenchError.noFolder }
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: path)
  }
}

/// Why a program could not be timed.
private enum BenchError: Error, CustomStringConvertible {
  case noProgram(String)
  case failed(String, status: Int32)
  case noFolder

  var description: String {
    switch self {
    case .noProgram(let path): "there is no program '\(path)'; name one with --poise"
    case .failed(let command, let status): "'poise \(command)' ended with status \(status)"
    case .noFolder: "no temporary folder could be written"
    }
  }
}
