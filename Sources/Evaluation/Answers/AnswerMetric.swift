/// What is measured of answers to questions.
public enum AnswerMetric: String, Sendable, Hashable, CaseIterable {
  /// Right: an exact match, or a refusal where there is no answer.
  case accuracy
  /// Normalised equality with an accepted answer.
  case exactMatch = "exact_match"
  /// Overlap of words with the best accepted answer.
  case f1
  /// Whether an accepted answer stands in the text.
  case contains
  /// The share of the gold evidence that was put before the model.
  case evidenceRecall = "evidence_recall"
  /// Refused, whatever was asked.
  case refusal
  /// Refused although there is an answer.
  case overRefusal = "over_refusal"
  /// Answered although there is no answer.
  case hallucination
  /// Expected calibration error.
  case calibrationError = "ece"
  /// The area under the ROC curve of confidence for being right.
  case rocArea = "auroc"
  /// The median time to an answer.
  case latencyMedian = "latency_p50_ms"
  /// The time within which 95 % were answered.
  case latencyTail = "latency_p95_ms"
  /// Texts put to a language model.
  case modelCalls = "lm_calls"
  /// Searches in indexes.
  case retrieverCalls = "retriever_calls"
  /// Queries to tables.
  case tableQueries = "table_queries"
  /// Tokens read.
  case promptTokens = "prompt_tokens"
  /// Tokens written.
  case generatedTokens = "generated_tokens"
  /// Tokens read and written.
  case tokens
  /// Passages that were found and did not fit.
  case droppedPassages = "dropped_passages"
  /// Changes of a router's state.
  case toggles
  /// Floating-point operations.
  case operations = "flops"

  /// Which questions a metric is over.
  enum Scope: Hashable {
    case all, answerable, unanswerable, withEvidence, withConfidence, withLatency
  }

  var scope: Scope {
    switch self {
    case .exactMatch, .f1, .contains, .overRefusal: .answerable
    case .hallucination: .unanswerable
    case .evidenceRecall: .withEvidence
    case .calibrationError, .rocArea: .withConfidence
    case .latencyMedian, .latencyTail: .withLatency
    default: .all
    }
  }

  /// What it is, in a sentence.
  public var summary: String {
    switch self {
    case .accuracy: "share right: an exact match, or a refusal where there is no answer"
    case .exactMatch: "share of answers that equal an accepted one after SQuAD's normalisation"
    case .f1: "overlap of words with the best accepted answer"
    case .contains: "share of answers within which the text of an accepted one stands"
    case .evidenceRecall: "share of the gold passages that the model was shown"
    case .refusal: "share refused"
    case .overRefusal: "share refused of the questions that have an answer"
    case .hallucination: "share answered of the questions that have none"
    case .calibrationError: "expected calibration error of the confidence, ten bins"
    case .rocArea: "probability that a right answer is more confident than a wrong one"
    case .latencyMedian: "median milliseconds to an answer"
    case .latencyTail: "milliseconds within which 95 % were answered"
    case .modelCalls: "texts put to a language model, a question"
    case .retrieverCalls: "searches, a question"
    case .tableQueries: "queries to tables, a question"
    case .promptTokens: "tokens read, a question"
    case .generatedTokens: "tokens written, a question"
    case .tokens: "tokens read and written, a question"
    case .droppedPassages: "passages found that did not fit, a question"
    case .toggles: "changes of a router's state, a question"
    case .operations: "floating-point operations, a question"
    }
  }

  /// Whether less is better.
  public var isCost: Bool {
    switch self {
    case .accuracy, .exactMatch, .f1, .contains, .evidenceRecall, .rocArea: false
    default: true
    }
  }
}
