/// What a call is expected to take, as far as it is known before the run.
package struct PlannedWork: Sendable, Hashable {
  /// The most memory that it holds at once, bytes.
  package var memoryBytes: Int?
  /// Floating-point operations, as the verb will count them under ``WorkCount/operations``.
  package var operations: Double?
  /// A word on it for people, such as `3 epochs of 1,240 batches`.
  package var note: String?
  /// What takes the time, where that is not the verb's own ``operations`` alone.
  package var parts: [Part]

  /// Work of one kind, whose speed is that of the latest call of a verb that counted it.
  package struct Part: Sendable, Hashable {
    /// The verb that does it on the way; nil for the verb that is asked.
    package var verb: String?
    /// What it is counted under, a name of ``WorkCount``.
    package var count: String
    /// How much it is.
    package var amount: Double
    /// How much of it a second does, where no call has been measured.
    package var assumedRate: Double

    package init(
      verb: String? = nil, count: String = WorkCount.operations, amount: Double,
      assumedRate: Double = Self.assumedOperations
    ) {
      self.verb = verb
      self.count = count
      self.amount = amount
      self.assumedRate = assumedRate
    }

    /// What one core of a recent processor does a second on the matrices of a small model.
    package static let assumedOperations = 1e11
  }

  package init(
    memoryBytes: Int? = nil, operations: Double? = nil, note: String? = nil, parts: [Part] = []
  ) {
    self.memoryBytes = memoryBytes
    self.operations = operations
    self.note = note
    self.parts = parts
  }

  /// What takes the time, of which something is to be done.
  package var timed: [Part] {
    let all = parts.isEmpty ? operations.map { [Part(amount: $0)] } ?? [] : parts
    return all.filter { $0.amount.isFinite && $0.amount > 0 && $0.assumedRate > 0 }
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
