extension StaticType {
  /// The type as a message names it: `a number`, `a list of strings`, `an index or none`.
  public var words: String {
    switch self {
    case .any: return "anything"
    case .number: return "a number"
    case .string: return "a string"
    case .boolean: return "true or false"
    case .none: return "none"
    case .list(.record): return "a table"
    case .list(let element): return element.plural.map { "a list of \($0)" } ?? "a list"
    case .record: return "a record"
    // Questions with their answers and judgements are one thing to those who use it.
    case .artifact("questions"): return "a data set"
    case .artifact(let kind): return StaticType.withArticle(kind)
    case .option(let verb): return "\(verb)(…)"
    case .function: return "a function's name"
    case .metric: return "a metric's name"
    case .path: return "a path"
    case .union(let types):
      var seen: [String] = []
      for words in types.map(\.words) where !seen.contains(words) { seen.append(words) }
      guard let last = seen.last, seen.count > 1 else { return seen.first ?? "anything" }
      return seen.dropLast().joined(separator: ", ") + " or " + last
    }
  }

  private var plural: String? {
    switch self {
    case .number: return "numbers"
    case .string: return "strings"
    case .boolean: return "truth values"
    case .list: return "lists"
    case .artifact(let kind):
      if kind.hasSuffix("corpus") { return kind.dropLast(2) + "ora" }
      return kind + (kind.hasSuffix("s") || kind.hasSuffix("x") ? "es" : "s")
    case .option(let verb): return "\(verb)(…)"
    case .function: return "functions' names"
    case .metric: return "metrics' names"
    case .path: return "paths"
    case .record: return "records"
    case .any, .none, .union: return nil
    }
  }

  private static func withArticle(_ noun: String) -> String {
    let vowels: [Character] = ["a", "e", "i", "o", "u"]
    return (noun.first.map(vowels.contains) == true ? "an " : "a ") + noun
  }

  /// Whether a string that is given for it is a path: a path, or a path among other things. (A list
  /// of paths is none.)
  public var takesPath: Bool {
    switch self {
    case .path: true
    case .union(let types): types.contains(where: \.takesPath)
    default: false
    }
  }

  /// Whether this is a path, or may be one among others.
  var holdsPath: Bool {
    switch self {
    case .path: true
    case .list(let element): element.holdsPath
    case .union(let types): types.contains(where: \.holdsPath)
    default: false
    }
  }

  /// Whether a function's name may be given for it.
  var takesFunction: Bool {
    switch self {
    case .function: true
    case .union(let types): types.contains(where: \.takesFunction)
    default: false
    }
  }
}
