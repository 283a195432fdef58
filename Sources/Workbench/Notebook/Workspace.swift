package import Artifacts
import Glibc

/// Where a notebook's store is, and what the notebook may read.
package struct Workspace: Sendable {
  /// The folder that holds the notebook; relative paths start here.
  package let notebookFolder: String
  /// The notebook's real path; nil where it is not in a file.
  let notebook: String?
  /// The `artifacts` folder.
  package let storeFolder: String
  /// What the notebook may read.
  package let scope: ReadScope

  /// Finds the workspace of a notebook: the nearest folder above it whose `artifacts` holds a
  /// store, else the notebook's own folder. The root and the home folder are never a workspace, nor
  /// is a folder above the notebook that anybody may write to, such as `/tmp`: else a store that a
  /// stranger put there would open all of it.
  ///
  /// - Parameters:
  ///   - folder: The notebook's folder.
  ///   - notebook: The notebook's real path, where it is in a file.
  ///   - store: A store named by the user, with `--store` or `$POISE_STORE`.
  ///   - granted: Folders and files that may be read besides the workspace.
  package init(
    notebookFolder folder: String, notebook: String? = nil, store: String?, granted: [String]
  ) {
    self.notebook = notebook
    let real = RealPath.resolve(folder) ?? folder
    notebookFolder = real
    let home = Self.environment("HOME").flatMap { RealPath.resolve($0) }
    func mayServe(_ folder: String) -> Bool { folder != "/" && folder != home }

    var candidate = real
    var found: String?
    while mayServe(candidate) {
      if candidate == real || !Self.isOpenToAll(candidate),
        ArtifactStore.isStore(candidate + "/artifacts")
      {
        found = candidate
        break
      }
      guard let slash = candidate.lastIndex(of: "/"), slash != candidate.startIndex else { break }
      candidate = String(candidate[..<slash])
    }
    let workspace = found ?? (mayServe(real) ? real : nil)
    storeFolder = store ?? (workspace ?? real) + "/artifacts"
    scope = ReadScope(roots: (workspace.map { [$0] } ?? []) + granted)
  }

  /// Whether anybody may write to a folder.
  private static func isOpenToAll(_ folder: String) -> Bool {
    var status = stat()
    return stat(folder, &status) != 0 || status.st_mode & S_IWOTH != 0
  }

  /// An environment variable that is set and not empty.
  package static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}
