import Corpora
import Execution
import TestFolders

extension TemporaryFolder {
  /// Reads the collection in the folder, or in one below it.
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
