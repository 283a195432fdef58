import Artifacts

/// `poise new`: a notebook to start from.
package enum NotebookTemplate {
  /// Writes a first notebook; an existing file is never replaced.
  ///
  /// - Throws: ``SessionError``.
  package static func create(at path: String) throws {
    guard !NotebookFile.exists(path) else {
      throw SessionError("'\(path)' exists already", status: .usage)
    }
    let stem = NotebookFile.lastComponent(path).split(separator: ".").first.map(String.init)
    do {
      try DurableFile.write(Array(text(title: stem ?? "Notebook").utf8), to: path)
    } catch {
      throw SessionError(
        "'\(path)' can't be written: \(InputProblem.reason(error))", status: .usage)
    }
  }

  private static func text(title: String) -> String {
    """
    # \(title)

    Point `load` at a folder of Markdown or text beside this notebook, here `docs`, then run
    `poise run` on it, or open it with `poise` and change things as you look.

    ```poise
    docs = load("docs")
    index = bm25(docs.corpus)
    ```

    ```poise {#look}
    search(index, "what this project is about", k: 3)
    ```

    """
  }
}
