import Glibc
import Workbench

/// Where the lines of a session come from.
protocol LineSource: AnyObject {
  /// The next line, without its end.
  ///
  /// - Parameter pending: What was typed of the entry before; not empty where this line goes on.
  /// - Returns: The line, or why there is none.
  func next(pending: String) -> LineEvent
  /// The line after the last one, where it is known without waiting.
  func peek() -> String?
  /// Takes an entry into the history.
  func remember(_ entry: String)
}

/// What a source of lines gives.
enum LineEvent {
  case line(String)
  /// Ctrl-C: what was being typed is dropped.
  case interrupted
  case end
}

/// Lines of a file or pipe: no prompt, no history.
final class PlainLines: LineSource {
  private var buffer: [UInt8] = []
  private var isAtEnd = false

  func next(pending: String) -> LineEvent {
    guard let line = take(keeps: false) else { return .end }
    return .line(line)
  }

  func peek() -> String? { take(keeps: true) }

  func remember(_ entry: String) {}

  private func take(keeps: Bool) -> String? {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let line = Self.text(buffer[..<end])
        if !keeps { buffer.removeSubrange(...end) }
        return line
      }
      if isAtEnd {
        guard !buffer.isEmpty else { return nil }
        let line = Self.text(buffer[...])
        if !keeps { buffer = [] }
        return line
      }
      fill()
    }
  }

  private func fill() {
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    let count = chunk.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
    if count > 0 {
      buffer += chunk[..<count]
    } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
      isAtEnd = true
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.last == 0x0D ? bytes.dropLast() : bytes, as: UTF8.self)
  }
}
