import Glibc

/// Runs a program with an input, collects what it writes, and ends it when it takes too long.
enum ChildProcess {
  /// What a program that ended by itself left behind.
  struct Result {
    let output: [UInt8]
    let errors: [UInt8]
    /// The exit status, or 128 + the signal that ended it.
    let status: Int32
  }

  /// More output than this is no plot.
  static let outputLimit = 64 << 20

  /// Runs a program with the environment `LC_ALL=C.UTF-8` and nothing else.
  ///
  /// - Throws: ``GnuplotRenderer/Failure``. The program has ended in any case.
  static func run(
    _ program: String, arguments: [String], input: [UInt8], timeout: Int
  ) throws -> Result {
    let pipes = try Pipes()
    defer { pipes.closeAll() }
    let process = try spawn(program, arguments, pipes)
    pipes.closeChildEnds()
    var hasEnded = false
    defer {
      if !hasEnded {
        kill(-process, SIGKILL)
        kill(process, SIGKILL)
        _ = try? wait(for: process, until: .infinity, timeout: timeout)
      }
    }
    let deadline = now() + Double(timeout)
    let (output, errors) = try exchange(pipes, input: input, until: deadline, timeout: timeout)
    let status = try wait(for: process, until: deadline, timeout: timeout)
    hasEnded = true
    return Result(output: output, errors: errors, status: status)
  }

  // MARK: Starting

  /// Descriptors of both sides; all close on exec.
  private final class Pipes {
    var input: (parent: Int32, child: Int32) = (-1, -1)
    var output: (parent: Int32, child: Int32) = (-1, -1)
    var errors: (parent: Int32, child: Int32) = (-1, -1)

    /// Sockets rather than pipes: `send` can be told not to raise SIGPIPE.
    init() throws {
      do {
        input = try Self.pair()
        output = try Self.pair()
        errors = try Self.pair()
      } catch {
        closeAll()
        throw error
      }
    }

    private static func pair() throws -> (parent: Int32, child: Int32) {
      var ends: [Int32] = [-1, -1]
      let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
        throw GnuplotRenderer.Failure.system(call: "socketpair", code: errno)
      }
      // Above the standard descriptors, which the child's ends are about to replace.
      let raised = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
      let code = errno
      for end in ends { close(end) }
      guard raised.allSatisfy({ $0 >= 0 }) else {
        for end in raised where end >= 0 { close(end) }
        throw GnuplotRenderer.Failure.system(call: "fcntl", code: code)
      }
      return (raised[0], raised[1])
    }

    func closeChildEnds() {
      Self.shut(&input.child)
      Self.shut(&output.child)
      Self.shut(&errors.child)
    }

    func closeInput() { Self.shut(&input.parent) }

    func closeAll() {
      closeChildEnds()
      closeInput()
      Self.shut(&output.parent)
      Self.shut(&errors.parent)
    }

    private static func shut(_ descriptor: inout Int32) {
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
  }

  private static func spawn(
    _ program: String, _ arguments: [String], _ pipes: Pipes
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipes.input.child, 0)
    posix_spawn_file_actions_adddup2(&actions, pipes.output.child, 1)
    posix_spawn_file_actions_adddup2(&actions, pipes.errors.child, 2)

    // A group of its own, so that Ctrl-C in the terminal is ours to handle; signals as at login.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("LC_ALL=C.UTF-8")]
    argv.append(nil)
    environment.append(nil)
    defer { for pointer in argv + environment { free(pointer) } }

    var process: pid_t = 0
    let code = posix_spawnp(&process, program, &actions, &attributes, argv, environment)
    switch code {
    case 0: return process
    case ENOENT, EACCES, ENOTDIR:
      throw GnuplotRenderer.Failure.missing(
        program: program, install: "sudo apt-get install gnuplot-nox")
    default: throw GnuplotRenderer.Failure.system(call: "posix_spawn", code: code)
    }
  }

  // MARK: Talking

  private static func exchange(
    _ pipes: Pipes, input: [UInt8], until deadline: Double, timeout: Int
  ) throws -> (output: [UInt8], errors: [UInt8]) {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var sent = 0
    var isOutputOpen = true
    var isErrorsOpen = true
    if input.isEmpty { pipes.closeInput() }

    while isOutputOpen || isErrorsOpen {
      let left = deadline - now()
      guard left > 0 else { throw GnuplotRenderer.Failure.timedOut(seconds: timeout) }
      // A negative descriptor is passed over by poll.
      var polled = [
        pollfd(fd: pipes.input.parent, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: isOutputOpen ? pipes.output.parent : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isErrorsOpen ? pipes.errors.parent : -1, events: Int16(POLLIN), revents: 0),
      ]
      let ready = poll(&polled, nfds_t(polled.count), Int32(min(left * 1_000 + 1, 1e6)))
      if ready < 0, errno != EINTR {
        throw GnuplotRenderer.Failure.system(call: "poll", code: errno)
      }
      guard ready > 0 else { continue }
      if polled[0].revents != 0 {
        sent = try send(input, from: sent, to: pipes.input.parent)
        if sent >= input.count { pipes.closeInput() }
      }
      if polled[1].revents != 0 {
        isOutputOpen = try receive(pipes.output.parent, into: &output)
      }
      if polled[2].revents != 0 {
        isErrorsOpen = try receive(pipes.errors.parent, into: &errors)
      }
    }
    return (output, errors)
  }

  /// Sends what fits; a reader that went away counts as having read all.
  private static func send(_ bytes: [UInt8], from start: Int, to socket: Int32) throws -> Int {
    let count = bytes.withUnsafeBytes { buffer in
      let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
      return Glibc.send(
        socket, rest.baseAddress, rest.count,
        Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
    if count >= 0 { return start + count }
    switch errno {
    case EAGAIN, EINTR: return start
    case EPIPE, ECONNRESET: return bytes.count
    default: throw GnuplotRenderer.Failure.system(call: "send", code: errno)
    }
  }

  /// Reads once; false at the end.
  private static func receive(_ socket: Int32, into bytes: inout [UInt8]) throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(socket, &buffer, buffer.count)
    if count > 0 {
      guard bytes.count + count <= outputLimit else {
        throw GnuplotRenderer.Failure.badOutput(bytes: bytes.count + count)
      }
      bytes += buffer[..<count]
      return true
    }
    if count < 0, errno == EINTR || errno == EAGAIN { return true }
    if count < 0, errno != ECONNRESET {
      throw GnuplotRenderer.Failure.system(call: "read", code: errno)
    }
    return false
  }

  private static func wait(for process: pid_t, until deadline: Double, timeout: Int) throws -> Int32
  {
    var status: Int32 = 0
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { break }
      // Somebody else collected the status, or signals are set to drop it.
      if ended < 0, errno != EINTR { return 0 }
      guard now() < deadline else { throw GnuplotRenderer.Failure.timedOut(seconds: timeout) }
      usleep(1_000)
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
