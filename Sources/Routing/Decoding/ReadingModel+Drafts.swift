public import Execution
package import LanguageModels

extension ReadingModel {
  /// Sequences that are continued at once; answers do not depend on it.
  private static let batch = 16
  /// Prompts that begin with so many tokens in common have them read once.
  private static let leastShared = 32

  /// What the model writes after each prompt, the likeliest token each time, up to the end of the
  /// line.
  ///
  /// - Parameters:
  ///   - prompts: In tokens; none is empty, and each leaves room in the context.
  ///   - context: Threads, cancellation, progress.
  /// - Returns: A draft a prompt, each the same whatever else is asked.
  /// - Throws: `InferenceError`; cancellation.
  public func drafts(after prompts: [[Int32]], context: WorkContext) throws -> [AnswerDraft] {
    try drafts(after: prompts, sampling: .greedy, streams: [], context: context) { _, _, _ in }
  }

  /// As ``drafts(after:context:)``, with tokens drawn at random.
  ///
  /// - Parameters:
  ///   - prompts: In tokens.
  ///   - sampling: How tokens are chosen.
  ///   - streams: What each prompt's tokens are drawn by; none for the likeliest tokens.
  ///   - context: Threads, cancellation, progress.
  ///   - observe: Told of each token that was chosen: its prompt, and the logits before it.
  /// - Returns: A draft a prompt.
  /// - Throws: As ``drafts(after:context:)``, and what `observe` throws.
  package func drafts(
    after prompts: [[Int32]], sampling: Sampling, streams: [RandomStream], context: WorkContext,
    observe: (Int, Int32, UnsafeBufferPointer<Float>) throws -> Void
  ) throws -> [AnswerDraft] {
    guard let first = prompts.first else { return [] }
    let shared = Self.sharedPrefix(of: prompts)
    let session = try session(for: prompts, shared: shared, context: context)
    let prefix =
      shared > 0 ? try session.prefill([Array(first[..<shared])]).sequences.first : nil
    var drafts = [AnswerDraft?](repeating: nil, count: prompts.count)
    var waiting = Array(prompts.indices.reversed())
    var running: [DraftInProgress] = []
    var done = 0
    while !waiting.isEmpty || !running.isEmpty {
      try context.check()
      var starting: [DraftInProgress] = []
      while running.count + starting.count < session.limits.batch, let index = waiting.popLast() {
        starting.append(
          DraftInProgress(
            index: index, sequence: try prefix.map { try session.fork($0) } ?? session.begin(),
            promptTokens: prompts[index].count, tokenizer: tokenizer,
            stream: index < streams.count ? streams[index] : RandomStream(seed: 0, purpose: "")))
      }
      // What is new to each sequence: the last token of those that run, the prompt of the others.
      let groups = [
        (running, running.map { Array($0.tokens.suffix(1)) }),
        (starting, starting.map { Array(prompts[$0.index][shared...]) }),
      ]
      running = []
      for (members, tokens) in groups where !members.isEmpty {
        let logits = try session.extend(members.map(\.sequence), by: tokens)
        for (place, member) in members.enumerated() {
          var member = member
          let token = try member.choose(logits[place], self, sampling)
          try observe(member.index, token, logits[place])
          if let draft = member.draft {
            try session.drop(member.sequence)
            drafts[member.index] = draft
            done += 1
          } else {
            running.append(member)
          }
        }
      }
      context.report(
        Progress(task: "answering", completed: done, total: prompts.count, unit: "prompts"))
    }
    return drafts.compactMap(\.self)
  }

  /// Tokens that all prompts begin with; none where that would not pay. One of each is left, since
  /// only what is read gives logits.
  private static func sharedPrefix(of prompts: [[Int32]]) -> Int {
    guard let first = prompts.first, prompts.count > 1 else { return 0 }
    let shared = prompts.dropFirst().reduce(first.count - 1) { shared, prompt in
      let most = min(shared, prompt.count - 1)
      return zip(first, prompt).prefix(max(most, 0)).prefix { $0 == $1 }.count
    }
    return shared >= leastShared ? shared : 0
  }

  /// A session with room for as many prompts at once as there is memory for.
  private func session(
    for prompts: [[Int32]], shared: Int, context: WorkContext
  ) throws -> DecoderSession {
    let configuration = model.configuration
    let longest = prompts.reduce(1) { max($0, $1.count) }
    let length = min(configuration.context, longest + maxTokens)
    var batch = min(Self.batch, prompts.count)
    while true {
      // Whole blocks of 32 positions, with one to copy the shared part's last into.
      let own = (length - shared) / 32 + 2
      let limits = DecoderSession.Limits(
        batch: batch, length: length, positions: 32 * (shared / 32 + 1 + batch * own))
      let bytes = DecoderSession.bytes(configuration, limits, threads: context.threads)
      guard batch > 1, bytes > Double(limits.bytes) else {
        return try DecoderSession(model, limits: limits, context: context)
      }
      batch /= 2
    }
  }
}
