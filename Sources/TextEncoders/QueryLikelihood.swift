public import Corpora
public import Execution
public import LanguageModels

/// Scores a document by how likely a language model finds the query after it (Ponte and Croft
/// 1998; with neural models Sachan et al. 2022).
///
/// The score is the mean log-probability of the query's tokens after the document and a line
/// break, in nats. Documents longer than the model's context are cut.
public struct QueryLikelihood: PairScorer {
  private let scorer: Scorer

  /// - Parameter model: What predicts; it has to have a tokenizer.
  /// - Throws: `InferenceError.noTokenizer`.
  public init(_ model: DecoderModel) throws {
    guard model.tokenizer != nil else { throw InferenceError.noTokenizer }
    scorer = Scorer(model)
  }

  /// `query likelihood`.
  public var name: String { "query-likelihood" }

  /// Mean log-probabilities, one a document.
  ///
  /// - Throws: `InferenceError`, also for a query without a token or one that fills the context;
  ///   cancellation.
  public func scores(
    of documents: [Document], for query: String, context: WorkContext
  ) throws -> [Double] {
    try scorer.meanLogProbabilities(
      of: query, after: documents.map { $0.encodedText + "\n" }, context: context
    ).values
  }
}
