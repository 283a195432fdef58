import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// Colour and cursor movement are for terminals that want them.
  @Suite struct TerminalTests {
    static let text = "```poise {#one}\n1 + 1\n```\n\n```poise {#two}\nunknown(1)\n```\n"

    @Test(arguments: [[:], ["TERM": "xterm-256color"], ["CLICOLOR_FORCE": "1"]])
    func whatIsNoTerminalGetsPlainText(_ environment: [String: String]) throws {
      let folder = try TemporaryFolder(["a.md": Self.text])
      let outcome = try PoiseProgram.run(["run", "a.md"], in: folder, environment: environment)
      #expect(!(outcome.output + outcome.errors).contains("\u{1B}"))
      #expect(!(outcome.output + outcome.errors).contains("\r"))
    }

    @Test func aTerminalGetsColourUnlessItIsUnwanted() throws {
      #expect(try Self.onTerminal(["TERM": "xterm"]).contains("\u{1B}["))
      #expect(!(try Self.onTerminal(["TERM": "xterm", "NO_COLOR": "1"]).contains("\u{1B}[")))
      #expect(!(try Self.onTerminal(["TERM": "dumb"]).contains("\u{1B}[")))
    }

    @Test func aReaderThatGoesAwayLosesNoOutput() throws {
      let folder = try SampleNotebook.folder()
      let outcome = try PoiseProgram.shell(
        "{ \"$POISE\" run notebook.md; echo \"status $?\" >&2; } | head -n 1", in: folder)
      #expect(outcome.errors.contains("status 0\n"), "\(outcome.errors)")
      #expect(try folder.text("notebook.md").contains("poise:end held"))
    }

    /// What the program writes when all its streams are a terminal.
    static func onTerminal(_ environment: [String: String]) throws -> String {
      let folder = try TemporaryFolder(["a.md": text])
      // The C library's functions for this are hidden from Swift: unlock the other end
      // (TIOCSPTLCK) and ask for its number (TIOCGPTN).
      let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
      try #require(terminal >= 0)
      defer { close(terminal) }
      var locked: Int32 = 0
      var number: UInt32 = 0
      try #require(ioctl(terminal, 0x4004_5431, &locked) == 0)
      try #require(ioctl(terminal, 0x8004_5430, &number) == 0)
      let name = "/dev/pts/\(number)"
      // Held open, so that what was written can still be read once the program has ended.
      let other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
      defer { close(other) }
      let program = try #require(PoiseProgram.path)
      let process = try RunningProgram(
        "/bin/sh", ["sh", "-c", "\"$POISE\" run a.md <\(name) >\(name) 2>&1"], in: folder.path,
        environment: environment.merging(["POISE": program]) { $1 })
      var written: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      _ = fcntl(terminal, F_SETFL, O_NONBLOCK)
      let isDone = process.wait {
        let count = Glibc.read(terminal, &buffer, buffer.count)
        if count > 0 { written += buffer[..<count] }
        return String(decoding: written, as: UTF8.self).contains("a.md: ran")
      }
      #expect(isDone, "\(String(decoding: written, as: UTF8.self))")
      #expect(process.wait().status == 1)
      return String(decoding: written, as: UTF8.self)
    }
  }
}
