import Glibc
import Synchronization
import TestFolders
import Testing
import Workbench

/// A notebook in a folder of its own, which goes when the test ends.
final class PromptFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/poise-prompt-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit { Self.remove(path) }

  func write(_ text: String, to name: String = "notebook.md") throws {
    let file = try #require(fopen("\(path)/\(name)", "w"))
    defer { fclose(file) }
    fputs(text, file)
  }

  func read(_ name: String = "notebook.md") throws -> String {
    let file = try #require(fopen("\(path)/\(name)", "r"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self)
  }

  func session(_ text: String, observer: PromptLog = PromptLog()) throws -> NotebookSession {
    try write(text)
    return try NotebookSession(path: "\(path)/notebook.md", observer: observer)
  }

  private static func remove(_ path: String) {
    if let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { remove("\(path)/\(name)") }
      }
      closedir(stream)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

/// Keeps what a session shows.
final class PromptLog: SessionObserver {
  private let outputs = Mutex<[String]>([])

  var last: String? { outputs.withLock { $0.last } }

  func willRun(cell: String, index: Int, of count: Int) {}
  func didRun(cell: String, status: CellResult.Status, output: String, seconds: Double) {
    outputs.withLock { $0.append(output) }
  }
  func didProgress(_ progress: WorkProgress) {}
  func note(_ message: String) {}
}

let knobNotebook = """
  # Knobs

  ```poise
  param k = 5 in 1...20
  other = 1
  ```

  ```poise
  double = k * 2
  ```

  ```poise {#checks}
  claim double > 6 : "double is more than six"
  predict other == 1 : "nothing to do with it"
  ```

  ```poise {#apart}
  other + 1
  ```
  """ + "\n"
