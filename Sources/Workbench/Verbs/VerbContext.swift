package import Artifacts
package import Execution

/// What a running verb is handed besides its arguments.
package struct VerbContext: Sendable {
  package let work: WorkContext
  /// The resolved files of each path argument.
  package let inputs: [String: ResolvedInput]
  /// Whether seeded work went into the arguments, or the call itself takes a seed.
  package let isSeeded: Bool
  /// Where a long computation keeps what it needs to go on after it was stopped. Nothing is kept
  /// for verbs that never ask, nor once the result is recorded.
  package let checkpoints: any CheckpointStore
  private let tally: WorkTally
  private let maker: @Sendable (ArtifactKind, any Sendable, Bool) throws -> ArtifactHandle
  private let caller: (@Sendable (FunctionValue, [Value]) throws -> Value)?
  private let lineage: @Sendable (Value) throws -> [Action]
  private let computer: (@Sendable (String, Record) throws -> Value)?

  package init(
    work: WorkContext, inputs: [String: ResolvedInput], isSeeded: Bool,
    tally: WorkTally = WorkTally(), checkpoints: any CheckpointStore = NoCheckpoints(),
    maker: @escaping @Sendable (ArtifactKind, any Sendable, Bool) throws -> ArtifactHandle,
    caller: (@Sendable (FunctionValue, [Value]) throws -> Value)?,
    lineage: @escaping @Sendable (Value) throws -> [Action],
    computer: (@Sendable (String, Record) throws -> Value)? = nil
  ) {
    self.work = work
    self.inputs = inputs
    self.isSeeded = isSeeded
    self.tally = tally
    self.checkpoints = checkpoints
    self.maker = maker
    self.caller = caller
    self.lineage = lineage
    self.computer = computer
  }

  /// The result of another compute verb, stored under a key of its own: what several verbs need is
  /// computed once, such as the vectors of a corpus. Only verbs whose results are stored may ask,
  /// and on the thread that they were called on.
  ///
  /// - Parameters:
  ///   - verb: The verb's name; none that reads files.
  ///   - arguments: All its arguments by parameter name; what is left out is none.
  /// - Returns: The value, whose cost is counted as its own and not as the caller's.
  /// - Throws: What the verb throws.
  package func compute(_ verb: String, _ arguments: Record) throws -> Value {
    guard let computer else { throw VerbError("'\(verb)' can't be computed here") }
    return try computer(verb, arguments)
  }

  /// Adds to a count that is recorded with the result, such as ``WorkCount/operations``. Counts
  /// follow from the arguments alone, so they are the same on every machine; times are measured
  /// by themselves. What a resumed computation did before it was stopped counts, too.
  package func count(_ name: String, _ number: Double) { tally.add(name, number) }

  /// Says which numeric kernels were in use, such as `avx512 + Cooperlake`; recorded as provenance.
  package func kernel(_ name: String) { tally.use(kernel: name) }

  /// Stores an engine object and gives the value that stands for it.
  package func artifact(_ kind: ArtifactKind, _ object: any Sendable) throws -> Value {
    .artifact(try maker(kind, object, isSeeded))
  }

  /// Stores an engine object that others are made of, and gives its handle.
  package func handle(_ kind: ArtifactKind, _ object: any Sendable) throws -> ArtifactHandle {
    try maker(kind, object, isSeeded)
  }

  package func input(_ parameter: String) throws -> ResolvedInput {
    guard let input = inputs[parameter] else {
      throw VerbError("expected a path", parameter: parameter)
    }
    return input
  }

  /// Calls a function of the notebook; only verbs whose results are not stored may.
  package func call(_ function: FunctionValue, _ arguments: [Value]) throws -> Value {
    guard let caller else { throw VerbError("functions can't be called here") }
    return try caller(function, arguments)
  }

  /// The recorded actions behind a value, inputs before what was made from them.
  package func actions(behind value: Value) throws -> [Action] { try lineage(value) }
}

/// A path argument after resolution: what it was in the notebook, where it really is, and the
/// digest of all that it stands for.
package struct ResolvedInput: Sendable, Hashable {
  package let written: String
  package let path: String
  package let files: [String]
  package let digest: Digest
  /// What told the files apart from changed ones when they were hashed.
  package let stamps: [FileStamp]
}
