import Corpora
import Evaluation
import Language
import Retrieval
import Routing
import Tokenizers

extension ArtifactHandle {
  /// One line about the object, such as `a corpus of 5,183 documents`.
  func summaryLine() throws -> String {
    switch kind {
    case .corpus:
      return "a corpus of \(counted(try object(as: Corpus.self).count, "document"))"
    case .questions:
      let set = try object(as: JudgedSet.self)
      let queries = set.queries.count == 1 ? "1 query" : "\(grouped(set.queries.count)) queries"
      return "a data set of \(queries) with \(counted(set.judgementCount, "judgement"))"
    case .index:
      return try object(as: StoredIndex.self).summaryLine()
    case .encoder: return try object(as: StoredEncoder.self).summaryLine()
    case .vectors:
      let vectors = try object(as: VectorMatrix.self)
      return "\(counted(vectors.count, "vector")) of \(vectors.dimension) components"
    case .tokenVectors:
      let tokens = try object(as: TokenMatrix.self)
      return "\(counted(tokens.tokenCount, "vector")) of the tokens of "
        + counted(tokens.count, "text")
    case .graph:
      return "a graph over \(counted(try object(as: StoredGraph.self).graph.count, "vector"))"
    case .postings:
      let segment = try object(as: StoredPostings.self).segment
      return "the postings of \(counted(segment.documentCount, "document"))"
    case .run:
      let run = try object(as: Run.self)
      let entries = run.rankings.reduce(0) { $0 + $1.entries.count }
      return "a run of \(grouped(run.rankings.count)) queries with \(counted(entries, "hit"))"
    case .model: return try object(as: StoredModel.self).summaryLine
    case .tokenizer:
      return "a tokenizer of \(counted(try object(as: Tokenizer.self).tokenCount, "token"))"
    case .world:
      return "a world of \(counted(try object(as: World.self).people.count, "person", "people"))"
    case .lessons:
      let lessons = try object(as: Lessons.self)
      return "lessons about a world of \(counted(lessons.world.people.count, "person", "people"))"
    case .tables:
      let tables = try object(as: FactTables.self)
      return "the tables \(try tables.names().joined(separator: " and "))"
    case .outcomes:
      let count = try object(as: RecordedOutcomes.self).outcomes.count
      return "recorded answers to \(counted(count, "question"))"
    case .answers:
      return try object(as: StoredAnswers.self).summaryLine
    case .comparison: return try object(as: ComparisonReport.self).summaryLine
    case .arm: return try object(as: ComparedArm.self).summaryLine
    case .report:
      let report = try object(as: EvaluationReport.self)
      let count = report.results.queries.count
      var line = "a report on \(count == 1 ? "1 query" : "\(grouped(count)) queries")"
      if report.results.unanswered > 0 {
        line += "; \(grouped(report.results.unanswered)) found nothing and score 0"
      }
      return line
    }
  }
}
