public import Diagnostics

/// An expression with the place it was written at.
public struct Expression: Sendable {
  /// What it is.
  public let kind: Kind
  /// Its text, enclosing parentheses included.
  public let span: SourceSpan

  /// An expression of a kind at a place.
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
  /// What it is bound to.
  public let value: Expression

  /// A field with its value.
  public init(name: String, nameSpan: SourceSpan, value: Expression) {
    self.name = name
    self.nameSpan = nameSpan
    self.value = value
  }
}

/// An argument of a call; `label` is nil for a positional one.
public struct Argument: Sendable {
  /// The name before the colon.
  public let label: String?
  /// Where the label stands.
  public let labelSpan: SourceSpan?
  /// What is given.
  public let value: Expression

  /// An argument with or without a label.
  public init(label: String?, labelSpan: SourceSpan?, value: Expression) {
    self.label = label
    self.labelSpan = labelSpan
    self.value = value
  }
}

/// `[body for name in source … if condition from name = initial]`.
public struct Comprehension: Sendable {
  /// A name and where its values come from.
  public struct Generator: Sendable {
    /// The local name.
    public let name: String
    /// Where the name stands.
    public let nameSpan: SourceSpan
    /// The list behind `in`, or the start behind `from`.
    public let source: Expression

    /// A generator of values for a name.
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
  /// Keeps the elements for which it is true.
  public let condition: Expression?
  /// The fold's accumulator: each result is its next value. `source` is the initial value.
  public let fold: Generator?

  /// A comprehension with its parts.
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
  /// How the operand before is compared with this one.
  public let `operator`: ComparisonOperator
  /// The right side.
  public let operand: Expression

  /// A link with its right side.
  public init(_ operator: ComparisonOperator, _ operand: Expression) {
    self.operator = `operator`
    self.operand = operand
  }
}

/// What combines two numbers; `+` joins strings, lists and records as well.
public enum ArithmeticOperator: String, Sendable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
}

/// What combines two truth values; the second is evaluated only where it decides.
public enum LogicalOperator: String, Sendable { case and, or }

/// What compares two values.
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
  /// The name.
  public let text: String
  /// Its place.
  public let span: SourceSpan

  /// A name at a place.
  public init(_ text: String, _ span: SourceSpan) {
    self.text = text
    self.span = span
  }
}

/// A statement of a cell.
public struct Statement: Sendable {
  /// What it is.
  public let kind: Kind
  /// From its first to its last token.
  public let span: SourceSpan

  /// A statement of a kind at a place.
  public init(_ kind: Kind, _ span: SourceSpan) {
    self.kind = kind
    self.span = span
  }

  /// The forms of a statement, as `docs/language.md` names them.
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
  /// The function's name.
  public let name: NameSyntax
  /// The names of its arguments, in order.
  public let parameters: [NameSyntax]
  /// What a call gives; sees the parameters and the local names.
  public let body: Expression
  /// Local bindings in order; each sees the parameters and the ones before it.
  public let locals: [LocalBinding]

  /// `name = value` behind `where`.
  public struct LocalBinding: Sendable {
    /// The local name.
    public let name: NameSyntax
    /// What it is bound to.
    public let value: Expression

    /// A local name and its value.
    public init(name: NameSyntax, value: Expression) {
      self.name = name
      self.value = value
    }
  }

  /// A function with its parts.
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
  /// The parameter's name.
  public let name: NameSyntax
  /// The value where none is given; nil where it has to be given.
  public let defaultValue: Expression?
  /// What it may be: a range or a list.
  public let domain: Expression?

  /// A parameter with its parts.
  public init(name: NameSyntax, defaultValue: Expression?, domain: Expression?) {
    self.name = name
    self.defaultValue = defaultValue
    self.domain = domain
  }
}

/// `claim condition by margin : "text"`, or `predict …`.
public struct ClaimSyntax: Sendable {
  /// Whether it is a `predict`, which states an expectation and decides nothing.
  public let isPrediction: Bool
  /// What is claimed.
  public let condition: Expression
  /// By how much the comparisons must hold.
  public let margin: Expression?
  /// The claim in words.
  public let text: Expression?

  /// A claim with its parts.
  public init(isPrediction: Bool, condition: Expression, margin: Expression?, text: Expression?) {
    self.isPrediction = isPrediction
    self.condition = condition
    self.margin = margin
    self.text = text
  }
}
