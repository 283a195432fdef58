/// What a token is. Words of the language are kinds of their own; a name's text stays in the file
/// until somebody needs it as a string.
enum TokenKind: UInt8, Sendable {
  case name, number
  /// A whole string without interpolation, quotes included.
  case string
  /// The opening quote of a string with interpolation; then text, braces and tokens, then the end.
  case stringStart, stringText, interpolationStart, interpolationEnd, stringEnd
  case leftParenthesis, rightParenthesis, leftBracket, rightBracket, leftBrace, rightBrace
  case comma, colon, dot, ellipsis, assign
  case plus, minus, star, slash, percent
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  case `true`, `false`, none, `if`, then, `else`, and, or, not, `for`, `in`, from, `where`
  case claim, predict, param, by
  // Spellings of other languages, read so that the parser can say what is written here instead.
  case andSymbol, orSymbol, bang, walrus, compoundAssign, power, arrow
  /// A character that belongs to nothing; reported by the lexer.
  case stray
  case end

  /// Whether this is a word of the language.
  var isKeyword: Bool {
    rawValue >= TokenKind.true.rawValue && rawValue <= TokenKind.by.rawValue
  }

  var isOpener: Bool {
    self == .leftParenthesis || self == .leftBracket || self == .leftBrace
  }

  var isCloser: Bool {
    self == .rightParenthesis || self == .rightBracket || self == .rightBrace
  }

  /// The bracket that closes this one, or `end` for what is no opening bracket.
  var closer: TokenKind {
    switch self {
    case .leftParenthesis: .rightParenthesis
    case .leftBracket: .rightBracket
    case .leftBrace: .rightBrace
    default: .end
    }
  }

  /// Whether an expression can start with this token.
  var startsExpression: Bool {
    switch self {
    case .name, .number, .string, .stringStart, .leftParenthesis, .leftBracket, .leftBrace, .minus,
      .true, .false, .none, .if, .not, .bang:
      true
    default: false
    }
  }
}

/// A token: its kind and its bytes in the file.
struct Token: Sendable {
  let kind: TokenKind
  /// First on its line, at the cell's left margin.
  let isAtMargin: Bool
  /// First on its line.
  let startsLine: Bool
  /// Strings: whether the closing quote is there.
  let isClosed: Bool
  let lower: Int
  let upper: Int
}

/// A comment from `#` to the end of its line.
struct Comment: Sendable {
  let lower: Int
  let upper: Int
  /// Index of the token that follows it.
  let nextToken: Int
  /// Whether nothing but space stands before it on its line.
  let isOwnLine: Bool
}

/// A cell's text as tokens; the last is always `end`.
struct LexedCell: Sendable {
  var tokens: [Token] = []
  var comments: [Comment] = []
  var problems: [LocatedProblem] = []
}

/// The words of the language, which are no names; for completion and for help.
public let languageWords: [String] = Keywords.all.map(\.text)

/// The words of the language, packed into integers so that names are told apart without a string
/// per token.
enum Keywords {
  static let all: [(text: String, kind: TokenKind)] = [
    ("true", .true), ("false", .false), ("none", .none), ("if", .if), ("then", .then),
    ("else", .else), ("and", .and), ("or", .or), ("not", .not), ("for", .for), ("in", .in),
    ("from", .from), ("where", .where), ("claim", .claim), ("predict", .predict),
    ("param", .param), ("by", .by),
  ]

  private static let packed: [(UInt64, TokenKind)] = all.map { (pack($0.text.utf8), $0.kind) }

  /// The kind of the word in the bytes, or `name`.
  static func kind(of bytes: Slice<UnsafeBufferPointer<UInt8>>) -> TokenKind {
    guard bytes.count >= 2, bytes.count <= 7 else { return .name }
    let word = pack(bytes)
    for (keyword, kind) in packed where keyword == word { return kind }
    return .name
  }

  private static func pack(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var word: UInt64 = 0
    for byte in bytes { word = word << 8 | UInt64(byte) }
    return word
  }
}
