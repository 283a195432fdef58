import Corpora
import Language

extension ExportFormat {
  /// For trec_eval and its kin: a report or run as `NAME.run`, a data set as `NAME.qrels`.
  static let trec = ExportFormat(
    "trec", summary: "run and qrel files", kinds: [.report, .run, .questions],
    namesAfterValue: true
  ) { handle, name in
    switch handle.kind {
    case .report:
      let report = try handle.object(as: EvaluationReport.self)
      return [ranking(TRECFiles.text(of: report.run), name)]
    case .run: return [ranking(TRECFiles.text(of: try handle.object(as: Run.self)), name)]
    case .questions:
      let set = try handle.object(as: JudgedSet.self)
      return [
        ExportedFile(
          name: name + ".qrels", kind: .lines(words: 4), text: TRECFiles.text(ofJudgements: set))
      ]
    default: return []
    }
  }

  private static func ranking(_ text: String, _ name: String) -> ExportedFile {
    ExportedFile(name: name + ".run", kind: .lines(words: 6), text: text)
  }
}
