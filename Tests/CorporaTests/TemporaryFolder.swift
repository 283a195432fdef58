import Corpora
import Execution
import FoundationEssentials
import Testing

/// A folder of made-up files that is gone when the test ends.
final class TemporaryFolder {
  let path: String

  init(_ files: [String: String] = [:]) throws {
    path = FileManager.default.temporaryDirectory.path + "/corpora-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, text) in files { try write(name, Array(text.utf8)) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = path + "/" + name
    let parent = file.split(separator: "/").dropLast().joined(separator: "/")
    try FileManager.default.createDirectory(
      atPath: "/" + parent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: file))
  }

  func load(
    _ name: String = "", words: Int = CollectionReader.defaultPassageWords
  ) throws -> LoadedCollection {
    let found = try CollectionReader.detect(path: name.isEmpty ? path : path + "/" + name)
    return try CollectionReader(passageWords: words).read(found, context: WorkContext())
  }

  /// The message with which loading fails, with this folder's path as `DIR`.
  func failure(_ name: String = "") -> String {
    do {
      return "read: " + (try load(name).summary)
    } catch {
      return "\(error)".replacing(path, with: "DIR")
    }
  }
}
