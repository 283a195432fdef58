import Glibc
import TestFolders
import Testing

/// The tests of the built program: one after the other, since several of them aim signals at a
/// moment of a run.
@Suite(.serialized) enum ProgramTests {}

/// How a process ended and what it wrote.
struct Outcome {
  /// The exit status, or 128 + the signal that ended it.
  let status: Int32
  /// The signal that ended it.
  let signal: Int32?
  let output: String
  let errors: String
  /// Whether it ran into the time limit, and was killed for it.
  let timedOut: Bool
}

/// Starts the `poise` that was built beside the tests.
enum PoiseProgram {
  /// Nothing that a test starts lives longer than this, seconds.
  static let timeLimit = 60.0

  /// The program's path.
  ///
  /// Products stand in one folder, whatever the configuration: that of the test bundle, which is
  /// the running executable or is given to it as its first word.
  static let path: String? = {
    var starts: [String] = []
    if let real = realpath("/proc/self/exe", nil) {
      starts.append(String(cString: real))
      free(real)
    }
    starts += CommandLine.arguments.filter { $0.contains(".xctest") }
    for start in starts {
      var folder = start[...]
      while let slash = folder.lastIndex(of: "/") {
        folder = folder[..<slash]
        let candidate = String(folder) + "/poise"
        var status = stat()
        if stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
          access(candidate, X_OK) == 0
        {
          return candidate
        }
        // Above `.build` there are no products.
        if folder.hasSuffix("/.build") { break }
      }
    }
    return nil
  }()

  /// Runs `poise` to its end.
  ///
  /// `words` are what follows the program's name, `folder` is the current folder of the process,
  /// and `environment` holds variables beside a bare PATH, HOME and locale.
  @discardableResult
  static func run(
    _ words: [String], in folder: TemporaryFolder, environment: [String: String] = [:],
    timeLimit: Double = timeLimit
  ) throws -> Outcome {
    try start(words, in: folder, environment: environment).wait(timeLimit: timeLimit)
  }

  /// Starts `poise`.
  static func start(
    _ words: [String], in folder: TemporaryFolder, environment: [String: String] = [:]
  ) throws -> RunningProgram {
    let program = try #require(path, "the program 'poise' was not built")
    return try RunningProgram(
      program, [program] + words, in: folder.path, environment: environment)
  }

  /// Runs `poise` through a line of the shell, in which `"$POISE"` is the program.
  static func shell(_ line: String, in folder: TemporaryFolder) throws -> Outcome {
    let program = try #require(path, "the program 'poise' was not built")
    return try RunningProgram(
      "/bin/sh", ["sh", "-c", line], in: folder.path, environment: ["POISE": program]
    ).wait(timeLimit: timeLimit)
  }
}

/// A process that was started, killed at the latest when this object goes.
final class RunningProgram {
  private let process: pid_t
  private let captured: TemporaryFolder
  private var hasEnded = false

  /// Starts a program in a process group of its own, with files for its output.
  init(
    _ program: String, _ words: [String], in folder: String, environment: [String: String]
  ) throws {
    captured = try TemporaryFolder()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 1, captured("output"), flags, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, captured("errors"), flags, 0o600)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Signals as at login, whatever the test runner has done to its own.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let variables = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"]
      .merging(environment) { $1 }
    // The C library's own way to change the folder is hidden from Swift; the shell becomes the
    // program, so the process id is the program's.
    let line = ["sh", "-c", #"cd "$0" && exec "$@""#, folder, program] + words.dropFirst()
    var argv: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) }
    var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") }
    argv.append(nil)
    envp.append(nil)
    defer { for pointer in argv + envp { free(pointer) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, "/bin/sh", &actions, &attributes, argv, envp)
    try #require(code == 0, "\(program) can't be started: \(code)")
    self.process = process
  }

  deinit {
    guard !hasEnded else { return }
    kill(-process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }

  /// Sends a signal, unless the process has ended.
  func send(_ signal: Int32) {
    if !hasEnded { kill(process, signal) }
  }

  /// Sends a signal to the process and to what it has started.
  func sendToGroup(_ signal: Int32) {
    if !hasEnded { kill(-process, signal) }
  }

  /// What it has written on standard output so far.
  var outputSoFar: String { (try? captured.text("output")) ?? "" }

  /// What it has written on standard error so far.
  var errorsSoFar: String { (try? captured.text("errors")) ?? "" }

  /// Waits until a condition holds, or the time is up.
  ///
  /// - Returns: Whether it holds.
  func wait(until condition: () -> Bool, timeLimit: Double = PoiseProgram.timeLimit) -> Bool {
    let deadline = monotonicSeconds() + timeLimit
    while !condition() {
      if monotonicSeconds() > deadline { return false }
      usleep(1_000)
    }
    return true
  }

  /// Waits for the end; a process that takes too long is killed.
  func wait(timeLimit: Double = PoiseProgram.timeLimit) -> Outcome {
    let deadline = monotonicSeconds() + timeLimit
    var status: Int32 = 0
    var timedOut = false
    while !hasEnded {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process || (ended < 0 && errno != EINTR) {
        hasEnded = true
      } else if monotonicSeconds() > deadline {
        timedOut = true
        kill(-process, SIGKILL)
        waitpid(process, &status, 0)
        hasEnded = true
      } else {
        usleep(500)
      }
    }
    let signal = status & 0x7F
    return Outcome(
      status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
      signal: signal == 0 ? nil : signal, output: outputSoFar, errors: errorsSoFar,
      timedOut: timedOut)
  }
}

/// Seconds of the monotonic clock.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
