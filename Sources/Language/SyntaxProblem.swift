import Diagnostics

/// What can be wrong with the text of a cell. The wording is here, beside the rule it states.
enum SyntaxProblem: Hashable, Sendable {
  // Lexer.
  case unterminatedString
  case badEscape(String)
  case badUnicodeEscape
  case badNumber(String)
  case numberNeedsLeadingZero(String)
  case numberTooLarge(String)
  case strayCharacter(String)
  case singleQuotes
  case commentInString
  case twoDots
  // Statements.
  case indentedStart
  case unexpected(found: String)
  case expectedName(after: String, found: String)
  case keywordAsName(String)
  case expectedAssign(name: String, found: String)
  case onlyNamesAreBound
  case walrus
  case compoundAssign(String)
  case parameterIsPlainName
  case parameterDefault
  case nestedFunction
  case whereOutsideFunction
  case expectedClaimText(found: String)
  case foreignWord(String, help: String)
  // Expressions.
  case expectedExpression(found: String)
  case assignInExpression
  case labelWithAssign(String)
  case otherSpelling(found: String, write: String)
  case power
  case arrow
  case conditionalNeedsParentheses
  case notNeedsParentheses
  case expectedThen(found: String)
  case expectedElse(found: String)
  case conditionAfterValue
  case rangeOfRange
  case expectedMember(found: String)
  case numberedMember(String)
  case unclosed(opener: String, closer: String, found: String)
  case missingSeparator(closer: String, found: String)
  case expectedFieldName(found: String)
  case quotedFieldName(String)
  case expectedFieldColon(name: String, found: String)
  case comprehensionNeedsBrackets
  case comprehensionOrder(String)
  case expectedFor
  case expectedIn(found: String)
  case inOperator
  case tooDeep
  case emptyInterpolation
  case unclosedInterpolation(found: String)

  /// One sentence, as diagnostics have it.
  var message: String {
    switch self {
    case .unterminatedString: "the string is not closed on its line"
    case .badEscape(let text): "unknown escape '\(text)' in a string"
    case .badUnicodeEscape: "'\\u{…}' takes the number of a character, in hexadecimal"
    case .badNumber(let text): "'\(text)' is not a number"
    case .numberNeedsLeadingZero(let text): "'\(text)' is not a number"
    case .numberTooLarge(let text): "the number \(text) is too large"
    case .strayCharacter(let text): "unexpected character '\(text)'"
    case .singleQuotes: "strings are written with double quotes"
    case .commentInString: "a comment can't stand inside a string"
    case .twoDots: "a range is written with three dots"
    case .indentedStart: "a statement starts at the left margin"
    case .unexpected(let found):
      // Without its article: "unexpected string", "unexpected number 3".
      "unexpected " + (found.first == "'" ? found[...] : found.drop { $0 != " " }.dropFirst())
    case .expectedName(let after, let found): "expected a name after \(after), found \(found)"
    case .keywordAsName(let word): "'\(word)' is a word of the language and can't be a name"
    case .expectedAssign(let name, let found): "expected '=' after '\(name)', found \(found)"
    case .onlyNamesAreBound: "only a name can be bound with '='"
    case .walrus: "a name is bound with '='"
    case .compoundAssign(let text): "there is no '\(text)': a name is bound once"
    case .parameterIsPlainName: "a function's parameter is a plain name"
    case .parameterDefault: "a function's parameter has no default"
    case .nestedFunction: "a function can't be defined inside another"
    case .whereOutsideFunction: "'where' belongs to a function"
    case .expectedClaimText(let found): "expected the claim's text in quotes, found \(found)"
    case .foreignWord(let word, _): "'\(word)' is not part of the language"
    case .expectedExpression(let found): "expected an expression, found \(found)"
    case .assignInExpression: "'=' binds a name and does not compare"
    case .labelWithAssign: "an argument is labelled with ':'"
    case .otherSpelling(let found, _): "'\(found)' is not part of the language"
    case .power: "there is no power operator"
    case .arrow: "there are no anonymous functions"
    case .conditionalNeedsParentheses: "an 'if' inside an expression needs parentheses"
    case .notNeedsParentheses: "a 'not' here needs parentheses"
    case .expectedThen(let found): "expected 'then' after the condition, found \(found)"
    case .expectedElse(let found): "expected 'else': an 'if' always has both, found \(found)"
    case .conditionAfterValue: "the condition comes first"
    case .rangeOfRange: "a range has two ends"
    case .expectedMember(let found): "expected a member's name after '.', found \(found)"
    case .numberedMember: "a member's name is not a number"
    case .unclosed(let opener, let closer, let found):
      "expected '\(closer)' to close '\(opener)', found \(found)"
    case .missingSeparator(let closer, let found): "expected ',' or '\(closer)', found \(found)"
    case .expectedFieldName(let found): "expected a field's name, found \(found)"
    case .quotedFieldName: "a field's name is written without quotes"
    case .expectedFieldColon(let name, let found): "expected ':' after '\(name)', found \(found)"
    case .comprehensionNeedsBrackets: "a 'for' belongs in square brackets"
    case .comprehensionOrder(let word): "'\(word)' is out of place in this list"
    case .expectedFor: "a list with a condition or a fold needs a 'for'"
    case .expectedIn(let found): "expected 'in' after the name, found \(found)"
    case .inOperator: "'in' does not test for membership"
    case .tooDeep: "this is nested too deeply: at most \(Parser.depthLimit) levels"
    case .emptyInterpolation: "the braces in this string are empty"
    case .unclosedInterpolation(let found): "expected '}' after the expression, found \(found)"
    }
  }

  /// What to write instead, where that can be told.
  var help: String? {
    switch self {
    case .unterminatedString: "close it with '\"'"
    case .badEscape: "a string knows \\\" \\\\ \\n \\t \\{ \\} and \\u{…}"
    case .badUnicodeEscape: "as in \\u{e9}"
    case .numberNeedsLeadingZero(let text): "write 0\(text)"
    case .strayCharacter(let text): SyntaxProblem.replacement[text].map { "write \($0)" }
    case .twoDots: "write 1...20"
    case .indentedStart: "remove the spaces before it"
    case .keywordAsName: "choose another name"
    case .onlyNamesAreBound: "to compare, write '=='"
    case .walrus: "write '='"
    case .compoundAssign: "bind a new name"
    case .parameterDefault: "give the value in the call"
    case .nestedFunction: "define it at the left margin, before this one"
    case .whereOutsideFunction: "bind the names in statements of their own"
    case .foreignWord(_, let help): help
    case .assignInExpression: "to compare, write '=='"
    case .labelWithAssign(let name): "write '\(name): …'"
    case .otherSpelling(_, let write): "write '\(write)'"
    case .power: "write x * x"
    case .arrow: "define a function, f(x) = …, and pass its name"
    case .conditionalNeedsParentheses: "write (if … then … else …)"
    case .notNeedsParentheses: "write (not …)"
    case .expectedThen, .expectedElse, .conditionAfterValue: "write if … then … else …"
    case .numberedMember(let text): "write [\(text)]"
    case .quotedFieldName(let name): "write \(name): …"
    case .comprehensionNeedsBrackets: "write [… for … in …]"
    case .comprehensionOrder: "the order is: for … in …, then if …, then from … = …"
    case .inOperator: "'in' stands in [… for x in list] and in param k = 5 in 1...20"
    case .tooDeep: "bind a part of it to a name"
    case .emptyInterpolation: "for a plain brace, write \\{"
    default: nil
    }
  }

  /// Characters that editors and other languages put where this one has ASCII.
  private static let replacement: [String: String] = [
    "“": "'\"'", "”": "'\"'", "„": "'\"'", "‘": "'\"'", "’": "'\"'", "`": "'\"'",
    "…": "'...'", "–": "'-'", "—": "'-'", "−": "'-'", "×": "'*'", "÷": "'/'", "≤": "'<='",
    "≥": "'>='", "≠": "'!='", ";": "each statement on a line of its own", "&": "'and'",
    "|": "'or'", "?": "if … then … else …", "^": "x * x", "\u{A0}": "a plain space",
  ]
}

/// A problem and its place.
struct LocatedProblem: Sendable {
  let problem: SyntaxProblem
  let span: SourceSpan
  var related: [Diagnostic.Related] = []

  var diagnostic: Diagnostic {
    Diagnostic(.error, problem.message, at: span, help: problem.help, related: related)
  }
}
