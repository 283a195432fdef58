import Artifacts
import Diagnostics
import Execution
import Glibc
import Language

extension NotebookSession {
  /// Writes a value for other programs. A record is written by its fields.
  ///
  /// - Parameters:
  ///   - name: A name that the notebook binds, with members behind dots where wanted.
  ///   - folder: Where to write; made if it is not there.
  ///   - format: As what.
  ///   - formats: All formats, to tell which ones the value has.
  /// - Returns: The files written. All are, or none.
  /// - Throws: ``SessionError``.
  package func save(
    _ name: String, to folder: String, as format: ExportFormat,
    formats: [ExportFormat] = ExportFormat.all
  ) throws -> [String] {
    let value = try value(named: name)
    let parts = Self.parts(value, name: name)
    let fitting = parts.filter { format.kinds.contains($0.handle.kind) }
    guard !fitting.isEmpty else {
      let own = formats.filter { other in
        parts.contains { other.kinds.contains($0.handle.kind) }
      }
      throw SessionError(
        "'\(name)' is \(value.typeName); '\(format.name)' writes "
          + alternatives(format.kinds.map(\.article))
          + (own.isEmpty
            ? ", and there is no format for this"
            : "; this can be had as \(alternatives(own.map { "'\($0.name)'" }))"),
        status: .usage)
    }
    guard fitting.count == 1 || format.namesAfterValue else {
      throw SessionError(
        "'\(format.name)' writes one value to a folder, and '\(name)' holds \(fitting.count)",
        status: .usage, help: "name one of them: \(fitting.map(\.name).joined(separator: ", "))")
    }
    do {
      let files = try fitting.flatMap { try format.files($0.handle, $0.name) }
      try NotebookFile.makeFolder(folder)
      for file in files { try Self.checkReplaceable(folder + "/" + file.name, file.kind) }
      let cancellation = core.cancellation
      try DurableFolder.write(
        files.map { file in
          DurableFolder.File(name: file.name) { try file.write($0.pieces) }
        }, to: folder, check: { try cancellation.check() })
      return files.map { folder + "/" + $0.name }
    } catch let error as SessionError {
      throw error
    } catch is CancellationRequested {
      throw SessionError("interrupted; nothing was written", status: .interrupted)
    } catch let error as VerbError {
      throw SessionError(error.message, status: .failed, help: error.help)
    } catch {
      throw SessionError("\(error)", status: .failed)
    }
  }

  /// The value that a name of the notebook has, evaluated with what is stored. Members may follow
  /// behind dots.
  func value(named path: String) throws -> Value {
    let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let name = names.first, evaluator.globals[name] != nil else {
      let unknown = evaluator.unknown(names.first ?? path, at: .init(0, 0))
      throw SessionError(unknown.message, status: .usage, help: unknown.help)
    }
    do {
      var value = try evaluator.value(ofGlobal: name, at: .init(0, 0))
      for member in names.dropFirst() {
        do {
          value = try evaluator.member(member, of: value, at: .init(0, 0))
        } catch let error as Diagnostic {
          throw SessionError(error.message, status: .usage, help: error.help)
        }
      }
      return value
    } catch let error as SessionError {
      throw error
    } catch is CancellationRequested {
      throw SessionError("interrupted; what was finished is stored", status: .interrupted)
    } catch let Evaluator.Blocked.byParameter(parameter) {
      throw SessionError("'\(name)' waits for '\(parameter)': give it with -p", status: .usage)
    } catch let Evaluator.Blocked.byFailure(cell) {
      throw SessionError("'\(name)' can't be had: cell '\(cell)' has failed", status: .failed)
    } catch {
      throw SessionError(rendered(error), status: .failed)
    }
  }

  /// The engine objects in a value with what the notebook calls them.
  private static func parts(
    _ value: Value, name: String
  ) -> [(name: String, handle: ArtifactHandle)] {
    switch value {
    case .record(let record):
      return record.fields.flatMap { parts($0.value, name: "\(name).\($0.name)") }
    case .artifact(let handle): return [(name, handle)]
    default: return []
    }
  }

  /// Refuses to write over a file of another kind.
  private static func checkReplaceable(_ path: String, _ kind: FileKind) throws {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      if errno == ENOENT { return }
      throw FileFailure(.read, path, code: errno)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileFailure(.write, path, reason: .notRegular)
    }
    var head = [UInt8](repeating: 0, count: FileKind.headSize)
    let count = read(file, &head, head.count)
    guard count >= 0 else { throw FileFailure(.read, path, code: errno) }
    guard kind.fits(Array(head[..<count])) else {
      throw SessionError(
        "'\(path)' is there and is not \(kind.words), so it is not written over", status: .failed,
        help: "choose another folder, or move the file away")
    }
  }
}
