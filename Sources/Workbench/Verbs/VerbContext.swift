package import Artifacts
package import Execution

/// What a running verb is handed besides its arguments.
package struct VerbContext: Sendable {
  package let work: WorkContext
  /// The resolved files of each path argument.
  package let inputs: [String: ResolvedInput]
  /// Whether seeded work went into the arguments, or the call itself takes a seed.
  package let isSeeded: Bool
  private let maker: @Sendable (ArtifactKind, any Sendable, Bool) throws -> ArtifactHandle
  private let caller: (@Sendable (FunctionValue, [Value]) throws -> Value)?
  private let lineage: @Sendable (Value) throws -> [Action]

  package init(
    work: WorkContext, inputs: [String: ResolvedInput], isSeeded: Bool,
    maker: @escaping @Sendable (ArtifactKind, any Sendable, Bool) throws -> ArtifactHandle,
    caller: (@Sendable (FunctionValue, [Value]) throws -> Value)?,
    lineage: @escaping @Sendable (Value) throws -> [Action]
  ) {
    self.work = work
    self.inputs = inputs
    self.isSeeded = isSeeded
    self.maker = maker
    self.caller = caller
    self.lineage = lineage
  }

  /// Stores an engine object and gives the value that stands for it.
  package func artifact(_ kind: ArtifactKind, _ object: any Sendable) throws -> Value {
    .artifact(try maker(kind, object, isSeeded))
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
