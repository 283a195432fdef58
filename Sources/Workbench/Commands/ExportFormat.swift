package import Execution

/// A file of an export.
package struct ExportedFile {
  /// Its name in the folder.
  package let name: String
  /// What tells a file of this kind, which may be written over, from one that is somebody's.
  package let kind: FileKind
  /// Gives its bytes, in pieces.
  package let write: (ByteSink) throws -> Void

  package init(name: String, kind: FileKind, write: @escaping (ByteSink) throws -> Void) {
    self.name = name
    self.kind = kind
    self.write = write
  }

  /// A text file.
  package init(name: String, kind: FileKind, text: String) {
    self.init(name: name, kind: kind) { try $0.write(Array(text.utf8)) }
  }
}

/// What kind of file something is, by how it begins. An export replaces a file with one of the same
/// kind only.
package enum FileKind: Sendable, Hashable {
  /// An object or a list in JSON.
  case json
  /// Tensors: a length of the header, then the header's JSON.
  case safetensors
  /// Lines of so many words.
  case lines(words: Int)
  /// Any text in UTF-8.
  case text

  /// As a message names it.
  package var words: String {
    switch self {
    case .json: "JSON"
    case .safetensors: "safetensors"
    case .lines(let words): "lines of \(words) words"
    case .text: "text"
    }
  }

  /// How many bytes of a file ``fits(_:)`` wants to see.
  package static let headSize = 4096

  /// Whether a file that begins so is of this kind; an empty file is of any.
  package func fits(_ head: [UInt8]) -> Bool {
    if head.isEmpty { return true }
    switch self {
    case .json:
      let first = head.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
      return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    case .safetensors:
      guard head.count > 8, head[8] == UInt8(ascii: "{") else { return false }
      // A header of more than 100 MB is refused by every reader.
      let length = head[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return (2...100_000_000).contains(length)
    case .lines(let words):
      let line = head.prefix { $0 != 0x0A }
      return line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.count == words
    case .text: return !head.contains(0)
    }
  }
}

/// A format in which `poise save` writes values for other programs.
///
/// A new format is a value of this type in ``all``: which kinds it takes, and which files it makes
/// of one. Help, messages and what may be written over follow from it.
package struct ExportFormat: Sendable {
  /// What `--as` is given.
  package let name: String
  /// What it writes, for the help: `run and qrel files`.
  package let summary: String
  /// The kinds of values that have this format.
  package let kinds: [ArtifactKind]
  /// Whether the files are named after the value. Others have the names that their readers look for,
  /// so a folder holds one value.
  package let namesAfterValue: Bool
  /// The files of a value; the name is what the notebook calls it, `report` or `loaded.test`.
  package let files: @Sendable (ArtifactHandle, _ name: String) throws -> [ExportedFile]

  package init(
    _ name: String, summary: String, kinds: [ArtifactKind], namesAfterValue: Bool,
    files: @escaping @Sendable (ArtifactHandle, _ name: String) throws -> [ExportedFile]
  ) {
    self.name = name
    self.summary = summary
    self.kinds = kinds
    self.namesAfterValue = namesAfterValue
    self.files = files
  }

  /// All formats, in the order of the help.
  package static let all: [ExportFormat] = [
    .huggingFace, .huggingFaceBrain, .peft, .adapter, .trec,
  ]
}
