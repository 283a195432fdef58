public import Corpora
import Evaluation
public import LanguageModels
public import Tokenizers

/// A language model that is asked questions: its wording, how long answers may be, and what its
/// logits are divided by where it says how sure it is.
public struct ReadingModel: Sendable {
  /// What answers.
  public let model: DecoderModel
  /// How questions are put.
  public let template: PromptTemplate
  /// What logits are divided by for confidences, as calibration found it; answers do not depend
  /// on it.
  public let temperature: Double
  /// Tokens of an answer at most.
  public let maxTokens: Int
  /// The model's tokenizer.
  public let tokenizer: Tokenizer
  /// What reading and writing take.
  let cost: InferenceCost

  /// A model that is asked.
  ///
  /// - Parameters:
  ///   - model: What answers.
  ///   - template: How questions are put.
  ///   - temperature: What logits are divided by for confidences.
  ///   - maxTokens: Tokens of an answer at most.
  /// - Throws: ``RoutingError`` for a model without a tokenizer and settings out of range.
  public init(
    _ model: DecoderModel, template: PromptTemplate = .standard, temperature: Double = 1,
    maxTokens: Int = 32
  ) throws(RoutingError) {
    guard let tokenizer = model.tokenizer else { throw .noTokenizer }
    guard temperature >= 0.01, temperature <= 100 else {
      throw .setting(name: "the temperature", got: temperature, allowed: "from 0.01 to 100")
    }
    guard maxTokens >= 1 else {
      throw .setting(
        name: "the number of tokens", got: Double(maxTokens), allowed: "at least 1")
    }
    self.model = model
    self.template = template
    self.temperature = temperature
    self.maxTokens = maxTokens
    self.tokenizer = tokenizer
    cost = InferenceCost(model.configuration)
  }

  /// What puts prompts together: they leave room for an answer, a quarter of the context at most.
  public var assembler: PromptAssembler {
    let context = model.configuration.context
    return PromptAssembler(
      template: template, tokenizer: tokenizer,
      room: context - min(maxTokens, max(1, context / 4)))
  }

  /// The tokens that end an answer.
  var ends: Set<Int32> {
    Set(model.configuration.endTokens + (tokenizer.endOfText.map { [$0] } ?? []))
  }

  /// What a draft cost, or its first `generated` tokens.
  func usage(of draft: AnswerDraft, generated: Int? = nil, dropped: Int = 0) -> AnswerUsage {
    let generated = generated ?? draft.tokens.count
    return AnswerUsage(
      modelCalls: 1, promptTokens: draft.promptTokens, generatedTokens: generated,
      droppedPassages: dropped,
      operations: cost.operations(
        promptTokens: draft.promptTokens, generatedTokens: generated))
  }

  /// A draft as an answer.
  func answer(
    to question: Query, _ draft: AnswerDraft, evidence: [String] = [], usage: AnswerUsage
  ) -> GivenAnswer {
    let refused =
      !draft.text.isEmpty
      && NormalizedAnswer(draft.text).text == NormalizedAnswer(template.refusal).text
    return GivenAnswer(
      question: question.id, text: refused ? "" : draft.text, refused: refused,
      evidence: evidence, confidence: draft.probability, usage: usage)
  }
}
