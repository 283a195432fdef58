import Artifacts
import Glibc

/// The lines typed in earlier sessions, kept in a file that only the user can read.
///
/// An entry is a line; within it, `\n` stands for a line's end and `\\` for a backslash. Sessions
/// that run at the same time append, so that none loses the lines of another.
package struct HistoryFile: Sendable {
  /// As many entries are kept.
  package static let limit = 5_000
  /// A longer file was not written by Poise, and is not read.
  private static let maximumBytes = 16 << 20
  /// A longer entry is not worth recalling.
  private static let maximumEntryBytes = 64 << 10

  private let path: String

  /// The history in a file, which need not exist.
  package init(path: String) { self.path = path }

  /// The user's own history; nil where there is no home.
  package static func ofUser() -> HistoryFile? {
    UserFolders.state().map { HistoryFile(path: $0 + "/history") }
  }

  /// The entries, oldest first, at most ``limit``. A file with many more is cut.
  package func load() -> [String] {
    guard let file = try? NotebookFile.read(path), file.bytes.count <= Self.maximumBytes else {
      return []
    }
    let lines = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n")
    let kept = lines.suffix(Self.limit)
    if lines.count > Self.limit + Self.limit / 10 {
      let text = kept.map { $0 + "\n" }.joined()
      try? DurableFile.write(Array(text.utf8), to: path, replacing: file.stamp)
    }
    return kept.map { Self.decoded($0) }
  }

  /// Adds an entry. That it can't be written is no reason to stop anybody's work.
  package func append(_ entry: String) {
    guard entry.utf8.count <= Self.maximumEntryBytes else { return }
    let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return }
    defer { close(file) }
    let bytes = Array((Self.encoded(entry) + "\n").utf8)
    // One write, so that two sessions never mix within a line.
    _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
  }

  package static func encoded(_ entry: String) -> String {
    var text = ""
    for scalar in entry.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  package static func decoded(_ line: some StringProtocol) -> String {
    var text = ""
    var isEscaped = false
    for scalar in line.unicodeScalars {
      if isEscaped {
        text.unicodeScalars.append(scalar == "n" ? "\n" : scalar == "r" ? "\r" : scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
