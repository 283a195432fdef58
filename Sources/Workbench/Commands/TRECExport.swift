import Artifacts
import Corpora
import Diagnostics
import Language

extension NotebookSession {
  /// Writes a value for trec_eval and its kin: a report or run as `NAME.run`, a data set as
  /// `NAME.qrels`, and a record of such values as several files.
  ///
  /// - Parameters:
  ///   - name: A name that the notebook binds.
  ///   - folder: Where to write; made if it is not there.
  /// - Returns: The files written.
  /// - Throws: ``SessionError``.
  package func saveTREC(_ name: String, to folder: String) throws -> [String] {
    let value = try value(named: name)
    do {
      let files = try Self.trecFiles(value, name: name)
      guard !files.isEmpty else {
        throw SessionError(
          "'\(name)' is \(value.typeName); 'trec' writes reports, runs and data sets",
          status: .usage)
      }
      try NotebookFile.makeFolder(folder)
      return try files.map { file in
        let path = folder + "/" + file.name
        try DurableFile.write(Array(file.text.utf8), to: path)
        return path
      }
    } catch let error as FileFailure {
      throw SessionError("\(error)", status: .failed)
    }
  }

  /// The value that a name of the notebook has, evaluated with what is stored.
  func value(named name: String) throws -> Value {
    guard evaluator.globals[name] != nil else {
      throw SessionError("\(evaluator.unknown(name, at: .init(0, 0)).message)", status: .usage)
    }
    do {
      return try evaluator.value(ofGlobal: name, at: .init(0, 0))
    } catch let Evaluator.Blocked.byParameter(parameter) {
      throw SessionError("'\(name)' waits for '\(parameter)': give it with -p", status: .usage)
    } catch let Evaluator.Blocked.byFailure(cell) {
      throw SessionError("'\(name)' can't be had: cell '\(cell)' has failed", status: .failed)
    } catch {
      throw SessionError(rendered(error), status: .failed)
    }
  }

  private static func trecFiles(
    _ value: Value, name: String
  ) throws -> [(name: String, text: String)] {
    switch value {
    case .record(let record):
      return try record.fields.flatMap { try trecFiles($0.value, name: "\(name).\($0.name)") }
    case .artifact(let handle):
      switch handle.kind {
      case .report:
        let report = try handle.object(as: EvaluationReport.self)
        return [(name + ".run", TRECFiles.text(of: report.run))]
      case .run: return [(name + ".run", TRECFiles.text(of: try handle.object(as: Run.self)))]
      case .questions:
        let set = try handle.object(as: JudgedSet.self)
        return [(name + ".qrels", TRECFiles.text(ofJudgements: set))]
      case .corpus, .index: return []
      }
    default: return []
    }
  }
}
