public import Diagnostics

/// A cell as the checker takes it: its id and its parsed statements.
public struct CellSource: Sendable {
  /// The cell's id, unique in the notebook.
  public let id: String
  /// Its statements; what is wrong with their text is reported by the parser.
  public let statements: [Statement]

  /// A cell with its statements.
  public init(id: String, statements: [Statement]) {
    self.id = id
    self.statements = statements
  }
}

/// What is known of a cell before anything runs.
public struct CheckedCell: Sendable {
  /// The cell's id.
  public let id: String
  /// Names that the cell binds, in order.
  public let binds: [String]
  /// Ids of the cells whose names it reads itself, in document order, without its own. A function
  /// counts where it is defined: what its body reads are that cell's dependencies.
  public let dependencies: [String]
  /// Parameters that it reads or defines itself, in order of the notebook.
  public let parameters: [String]
  /// Parameters without a value that it needs: those that its own statements read, and those that
  /// its dependencies wait for. Defining one is no need for it.
  public let waitsFor: [String]
  /// Verbs called or passed in the cell's own syntax, with their versions.
  public let verbs: [String: Int]
  /// Files and folders that checking the cell's statements met, through functions too.
  public let inputs: [InputPath]
  /// Whether its values hold measurements: it calls a measured verb, or reads a name that does.
  public let isMeasured: Bool
  /// Whether any of its statements has an error.
  public let hasErrors: Bool
  /// What the checker found in the cell, by place.
  public let diagnostics: [Diagnostic]
}

/// A file or folder that a call of a verb reads.
public struct InputPath: Hashable, Sendable {
  /// The verb that takes the path.
  public let verb: String
  /// The parameter it is given for.
  public let parameter: String
  /// The path as the notebook has it.
  public let path: String
  /// The argument's place.
  public let span: SourceSpan
  /// Whether the text comes unchanged from an override (`-p`), and so resolves from the current
  /// folder and grants reading.
  public let isOverride: Bool
}

/// A parameter of the notebook.
public struct ParameterInfo: Sendable {
  /// Its name.
  public let name: String
  /// The cell that defines it.
  public let cell: String
  /// Where its name stands.
  public let span: SourceSpan
  /// Whether the statement has a default, known or not. Without one, and without an override, what
  /// depends on it waits.
  public let hasDefault: Bool
  /// The default, where it is known before the run.
  public let defaultValue: Constant?
  /// What it may be, where the statement says so.
  public let domain: ParameterDomain?
  /// The override or else the default; nil while the parameter waits, or where the default is
  /// known only when the notebook runs.
  public let value: Constant?
  /// Whether the value is an override's.
  public let isOverridden: Bool

  /// Whether what depends on it has to wait.
  public var isWaiting: Bool { !hasDefault && value == nil }
}

/// What is known of a notebook before anything runs.
public struct CheckedNotebook: Sendable {
  /// The cells in the order they were given.
  public let cells: [CheckedCell]
  /// Everything that was found, in order of the cells; problems of overrides come first.
  public let diagnostics: [Diagnostic]
  /// The parameters in order.
  public let parameters: [ParameterInfo]
  /// The names that the notebook binds, in order; with completion in mind.
  public let names: [NameInfo]
}

/// A name that the notebook binds.
public struct NameInfo: Sendable {
  /// The name.
  public let name: String
  /// The cell that binds it.
  public let cell: String
  /// Where it is bound.
  public let span: SourceSpan
  /// The parameters of a function; nil for a value.
  public let functionParameters: [String]?
  let value: Abstract

  /// What is known of the value's type. Costs a walk over what is known of the value.
  public var type: StaticType { functionParameters == nil ? value.staticType : .function }
}

/// The members of the engine's objects, by kind. A kind that is not listed is open: it may have any
/// member.
public struct ArtifactMembers: Sendable {
  /// The members of one kind of object.
  public struct Kind: Sendable {
    /// Names and types of the members.
    public let members: [RecordType.Field]
    /// Whether a string in brackets reads a number from it, as `report["ndcg@10"]` does.
    public let isIndexedByString: Bool

    /// A kind with its members.
    public init(members: [RecordType.Field], isIndexedByString: Bool = false) {
      self.members = members
      self.isIndexedByString = isIndexedByString
    }
  }

  /// The kinds that are known.
  public let kinds: [String: Kind]

  /// Members by kind of object.
  public init(_ kinds: [String: Kind] = [:]) {
    self.kinds = kinds
  }
}
