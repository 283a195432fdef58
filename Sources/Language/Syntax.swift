public import Diagnostics

/// An expression with the place it was written at.
public struct Expression: Sendable {
  public let kind: Kind
  public let span: SourceSpan

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
  public let name: String
  public let nameSpan: SourceSpan
  public let value: Expression

  public init(name: String, nameSpan: SourceSpan, value: Expression) {
    self.name = name
    self.nameSpan = nameSpan
    self.value = value
  }
}

/// An argument of a call; `label` is nil for a positional one.
public struct Argument: Sendable {
  public let label: String?
  public let labelSpan: SourceSpan?
  public let value: Expression

  public init(label: String?, labelSpan: SourceSpan?, value: Expression) {
    self.label = label
    self.labelSpan = labelSpan
    self.value = value
  }
}

/// `[body for name in source … if condition from name = initial]`.
public struct Comprehension: Sendable {
  public struct Generator: Sendable {
    public let name: String
    public let nameSpan: SourceSpan
    public let source: Expression

    public init(name: String, nameSpan: SourceSpan, source: Expression) {
      self.name = name
      self.nameSpan = nameSpan
      self.source = source
    }
  }

  public let body: Expression
  /// Outermost first; several make a grid.
  public let generators: [Generator]
  public let condition: Expression?
  /// The fold's accumulator: each result is its next value. `source` is the initial value.
  public let fold: Generator?

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
  public let `operator`: ComparisonOperator
  public let operand: Expression

  public init(_ operator: ComparisonOperator, _ operand: Expression) {
    self.operator = `operator`
    self.operand = operand
  }
}

public enum ArithmeticOperator: String, Sendable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
}

public enum LogicalOperator: String, Sendable { case and, or }

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
  public let text: String
  public let span: SourceSpan

  public init(_ text: String, _ span: SourceSpan) {
    self.text = text
    self.span = span
  }
}

/// A statement of a cell.
public struct Statement: Sendable {
  public let kind: Kind
  public let span: SourceSpan

  public init(_ kind: Kind, _ span: SourceSpan) {
    self.kind = kind
    self.span = span
  }

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
  public let name: NameSyntax
  public let parameters: [NameSyntax]
  public let body: Expression
  /// Local bindings in order; each sees the parameters and the ones before it.
  public let locals: [LocalBinding]

  public struct LocalBinding: Sendable {
    public let name: NameSyntax
    public let value: Expression

    public init(name: NameSyntax, value: Expression) {
      self.name = name
      self.value = value
    }
  }

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
  public let name: NameSyntax
  public let defaultValue: Expression?
  public let domain: Expression?

  public init(name: NameSyntax, defaultValue: Expression?, domain: Expression?) {
    self.name = name
    self.defaultValue = defaultValue
    self.domain = domain
  }
}

/// `claim condition by margin : "text"`, or `predict …`.
public struct ClaimSyntax: Sendable {
  public let isPrediction: Bool
  public let condition: Expression
  public let margin: Expression?
  public let text: Expression?

  public init(isPrediction: Bool, condition: Expression, margin: Expression?, text: Expression?) {
    self.isPrediction = isPrediction
    self.condition = condition
    self.margin = margin
    self.text = text
  }
}
