import Glibc
import Workbench

/// What standard output and error are connected to.
enum Terminal {
  static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1

  /// Whether colour may be used on a stream: it is a terminal that can, and NO_COLOR is not set.
  static func usesColour(isTerminal: Bool) -> Bool {
    isTerminal && Workspace.environment("NO_COLOR") == nil
      && Workspace.environment("TERM") != "dumb"
  }

  /// Columns of the terminal on standard output, nil where there is none.
  static var width: Int? { outputIsTerminal ? width(of: STDOUT_FILENO) ?? 80 : nil }

  /// Columns of the terminal that a file is; nil where it is none, or does not say.
  static func width(of file: Int32) -> Int? {
    var size = winsize()
    guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  static var style: NotebookSession.TerminalStyle {
    NotebookSession.TerminalStyle(
      usesColour: usesColour(isTerminal: outputIsTerminal), width: width)
  }

  /// Writes results. A reader that went away is not an error of ours.
  static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  /// Writes diagnostics.
  static func printError(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  static func write(_ text: String, to file: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        return
      }
      bytes = bytes.dropFirst(count)
    }
  }
}
