/// What a call is expected to take, as far as it is known before the run.
package struct PlannedWork: Sendable, Hashable {
  /// The most memory that it holds at once, bytes.
  package var memoryBytes: Int?
  /// Floating-point operations, as the verb will count them under ``WorkCount/operations``.
  package var operations: Double?
  /// A word on it for people, such as `3 epochs of 1,240 batches`.
  package var note: String?

  package init(memoryBytes: Int? = nil, operations: Double? = nil, note: String? = nil) {
    self.memoryBytes = memoryBytes
    self.operations = operations
    self.note = note
  }
}

/// What a plan knows of a call that would run: what the verb expects, or what that waits for.
package struct WorkEstimate: Sendable, Hashable {
  package let work: PlannedWork?
  /// The call that has to be computed before more can be said.
  package let waitsFor: String?

  /// Asks a verb; nil where it has nothing to say about the call.
  init?(_ verb: Verb, _ arguments: Arguments, _ inputs: [String: ResolvedInput]) {
    guard let estimate = verb.estimate else { return nil }
    do {
      guard let work = try estimate(arguments, inputs) else { return nil }
      self.work = work
      waitsFor = nil
    } catch let error as Arguments.NotComputed {
      work = nil
      waitsFor = error.call
    } catch {
      // What is wrong with an argument is told when the call runs.
      return nil
    }
  }
}
