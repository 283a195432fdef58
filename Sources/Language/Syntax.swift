public import Diagnostics

/// An expression with the place it was written at.
public struct Expression: Sendable {
  /// Which form it has, with its parts.
  public let kind: Kind
  /// The place, with the parentheses around it.
  public let span: SourceSpan

  /// An expression of a form at a place.
  public init(_ kind: Kind, _ span: SourceSpan) {
    self.kind = kind
    self.span = span
  }

  /// The forms of an expression, as `docs/language.md` names them.
  public indirect enum Kind: Sendable {
    case number(Double)
    case string([StringPart])
    case boolean(Bool)
    case none
    case name(String)
    case list([Expression])
    case comprehension(Comprehension)
    case record([RecordField])
    case call(callee: Expression, arguments: [Argument])
    case member(Expression, name: String, nameSpan: SourceSpan)
    case index(Expression, Expression)
    case negate(Expression)
    case not(Expression)
    case arithmetic(Expression, ArithmeticOperator, Expression)
    case logical(Expression, LogicalOperator, Expression)
    /// A chain such as `a > b > c`; `rest` is never empty.
    case comparison(first: Expression, rest: [ComparisonLink])
    /// `1...20`, both ends included.
    case range(Expression, Expression)
    case conditional(if: Expression, then: Expression, else: Expression)
    /// What the parser puts where it could not read an expression; always reported already.
    case missing
  }
}

/// A literal piece of a string, or an expression in braces within it.
public enum StringPart: Sendable {
  case text(String)
  case interpolation(Expression)
}

/// `name: value` within a record.
public struct RecordField: Sendable {
  /// The field's name.
  public let name: String
  /// Where the name stands.
  public let nameSpan: SourceSpan
  /// What the field holds.
  public let value: Expression

  /// A field from its parts.
  public init(name: String, nameSpan: SourceSpan, value: Expression) {
    self.name = name
    self.nameSpan = nameSpan
    self.value = value
  }
}

/// An argument of a call; `label` is nil for a positional one.
public struct Argument: Sendable {
  /// The parameter that it is for; nil where its position says so.
  public let label: String?
  /// Where the label stands.
  public let labelSpan: SourceSpan?
  /// What is passed.
  public let value: Expression

  /// An argument from its parts.
  public init(label: String?, labelSpan: SourceSpan?, value: Expression) {
    self.label = label
    self.labelSpan = labelSpan
    self.value = value
  }
}

/// `[body for name in source … if condition from name = initial]`.
public struct Comprehension: Sendable {
  /// `for name in source`: a name that takes each element in turn.
  public struct Generator: Sendable {
    /// The name, known in the generators that follow, the condition and the body.
    public let name: String
    /// Where the name stands.
    public let nameSpan: SourceSpan
    /// The list to go through.
    public let source: Expression

    /// A generator from its parts.
    public init(name: String, nameSpan: SourceSpan, source: Expression) {
      self.name = name
      self.nameSpan = nameSpan
      self.source = source
    }
  }

  /// What each element of the result is.
  public let body: Expression
  /// Outermost first; several make a grid.
  public let generators: [Generator]
  /// What must be true for an element to come about; nil for all.
  public let condition: Expression?
  /// The fold's accumulator: each result is its next value. `source` is the initial value.
  public let fold: Generator?

  /// A comprehension from its parts.
  public init(
    body: Expression, generators: [Generator], condition: Expression?, fold: Generator?
  ) {
    self.body = body
    self.generators = generators
    self.condition = condition
    self.fold = fold
  }
}

/// One further operand of a comparison chain.
public struct ComparisonLink: Sendable {
  /// How the operand is compared with the one before it.
  public let `operator`: ComparisonOperator
  /// The right side of the comparison.
  public let operand: Expression

  /// A link from its operator and operand.
  public init(_ operator: ComparisonOperator, _ operand: Expression) {
    self.operator = `operator`
    self.operand = operand
  }
}

/// The operators on numbers; `+` also joins strings, lists and records.
public enum ArithmeticOperator: String, Sendable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
}

/// The operators that evaluate their right side only where it counts.
public enum LogicalOperator: String, Sendable { case and, or }

/// The operators that compare two values.
public enum ComparisonOperator: String, Sendable, CaseIterable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}

/// A name and where it stands.
public struct NameSyntax: Sendable {
  /// The name as written.
  public let text: String
  /// Where it stands.
  public let span: SourceSpan

  /// A name at a place.
  public init(_ text: String, _ span: SourceSpan) {
    self.text = text
    self.span = span
  }
}

/// A statement of a cell.
public struct Statement: Sendable {
  /// Which form it has, with its parts.
  public let kind: Kind
  /// The place, from its first to its last character.
  public let span: SourceSpan

  /// A statement of a form at a place.
  public init(_ kind: Kind, _ span: SourceSpan) {
    self.kind = kind
    self.span = span
  }

  /// The forms of a statement.
  public enum Kind: Sendable {
    case binding(NameSyntax, Expression)
    case function(FunctionSyntax)
    case parameter(ParameterSyntax)
    case claim(ClaimSyntax)
    case expression(Expression)
  }
}

/// `name(parameters) = body where local = …`.
public struct FunctionSyntax: Sendable {
  /// What the function is called.
  public let name: NameSyntax
  /// Its parameters in order, at least one.
  public let parameters: [NameSyntax]
  /// What a call gives.
  public let body: Expression
  /// Local bindings in order; each sees the parameters and the ones before it.
  public let locals: [LocalBinding]

  /// One binding after `where`.
  public struct LocalBinding: Sendable {
    /// The name, known in the bindings that follow and in the body.
    public let name: NameSyntax
    /// What it stands for.
    public let value: Expression

    /// A local binding from its parts.
    public init(name: NameSyntax, value: Expression) {
      self.name = name
      self.value = value
    }
  }

  /// A function from its parts.
  public init(
    name: NameSyntax, parameters: [NameSyntax], body: Expression, locals: [LocalBinding]
  ) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.locals = locals
  }
}

/// `param name = default in domain`; without a default, what depends on it waits.
public struct ParameterSyntax: Sendable {
  /// The knob's name, which `-p` and `:set` know it by.
  public let name: NameSyntax
  /// Its value where none is given; nil where it has to be given.
  public let defaultValue: Expression?
  /// The values that it may take, a range or list; nil for any.
  public let domain: Expression?

  /// A parameter from its parts.
  public init(name: NameSyntax, defaultValue: Expression?, domain: Expression?) {
    self.name = name
    self.defaultValue = defaultValue
    self.domain = domain
  }
}

/// `claim condition by margin : "text"`, or `predict …`.
public struct ClaimSyntax: Sendable {
  /// Whether it is a `predict`, which decides nothing.
  public let isPrediction: Bool
  /// What is claimed.
  public let condition: Expression
  /// By how much; nil for any difference.
  public let margin: Expression?
  /// The claim in words, for the document.
  public let text: Expression?

  /// A claim from its parts.
  public init(isPrediction: Bool, condition: Expression, margin: Expression?, text: Expression?) {
    self.isPrediction = isPrediction
    self.condition = condition
    self.margin = margin
    self.text = text
  }
}
