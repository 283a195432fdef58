extension FactTables {
  /// A question as a statement, with what stands for its `?`.
  public struct Statement: Sendable, Hashable {
    /// What kind of question it is: `lookup`, `join` or `count`.
    public var operation: String
    /// The SELECT.
    public var sql: String
    /// Values for its `?`.
    public var values: [String]

    /// The statement with its values written in, to be shown.
    public var shown: String {
      var parts = sql.split(separator: "?", omittingEmptySubsequences: false).map(String.init)
      for (index, value) in values.enumerated() where index < parts.count - 1 {
        parts[index] +=
          "'"
          + value.split(separator: "'", omittingEmptySubsequences: false)
          .joined(separator: "''") + "'"
      }
      return parts.joined()
    }
  }

  /// The statement that answers a question, by its wording; nil for wordings that it does not know.
  ///
  /// Known are the forms of ``QuestionKind``: facts of people by name or by two other facts, seats
  /// of companies and of employers, who has a value and works in a city, and how many do.
  ///
  /// - Parameter question: The question's text.
  /// - Returns: The statement, or nil.
  /// - Throws: ``FactTablesError`` where the tables can't be read.
  public func statement(for question: String) throws(FactTablesError) -> Statement? {
    var text = Substring(question)
    guard text.removeSuffix(Wording.link) else { return nil }
    let columns = Set(try attributes())
    if text.removePrefix(Wording.countHead) { return Self.count(text, columns) }
    if text.removePrefix(Wording.personHead) { return Self.person(text, columns) }
    if text.removePrefix(Wording.seatLead) {
      return text.removePrefix(Wording.employerMiddle)
        ? Statement(
          operation: "join",
          sql: "SELECT companies.city FROM people JOIN companies ON companies.name = "
            + "people.employer WHERE people.name = ?", values: [String(text)])
        : Statement(
          operation: "lookup", sql: "SELECT city FROM companies WHERE name = ?",
          values: [String(text.drop { $0 == " " })])
    }
    if text.removePrefix(Wording.aboutHead) {
      let parts = text.split(separator: " ")
      guard parts.count == 4, parts[2] == "the", columns.contains(String(parts[3])) else {
        return nil
      }
      return Self.lookup(String(parts[3]), name: parts[..<2].joined(separator: " "))
    }
    for attribute in Attribute.all where columns.contains(attribute.name) {
      for lead in attribute.leads {
        var rest = text
        guard rest.removePrefix(lead + " ") else { continue }
        guard rest.removePrefix(Wording.describedHead) else {
          return Self.lookup(attribute.name, name: String(rest))
        }
        let words = rest.split(separator: " ").map(String.init)
        guard words.count == 5, words[2] == "and", columns.contains(words[0]),
          columns.contains(words[3])
        else { return nil }
        return Statement(
          operation: "lookup",
          sql: "SELECT \(attribute.name) FROM people WHERE \(words[0]) = ? AND \(words[3]) = ?",
          values: [words[1], words[4]])
      }
    }
    return nil
  }

  private static func lookup(_ column: String, name: String) -> Statement {
    Statement(
      operation: "lookup", sql: "SELECT \(column) FROM people WHERE name = ?", values: [name])
  }

  private static func count(_ text: Substring, _ columns: Set<String>) -> Statement? {
    var text = text
    if text.removePrefix(String(Wording.employerIn.dropFirst())) {
      return Statement(
        operation: "count",
        sql: "SELECT count(*) FROM people JOIN companies ON companies.name = people.employer "
          + "WHERE companies.city = ?", values: [String(text)])
    }
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 2, columns.contains(words[0]) else { return nil }
    return Statement(
      operation: "count", sql: "SELECT count(*) FROM people WHERE \(words[0]) = ?",
      values: [words[1]])
  }

  private static func person(_ text: Substring, _ columns: Set<String>) -> Statement? {
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 6, columns.contains(words[0]),
      Array(words[2...4]) == ["and", "employer", "in"]
    else { return nil }
    return Statement(
      operation: "join",
      sql: "SELECT people.name FROM people JOIN companies ON companies.name = people.employer "
        + "WHERE people.\(words[0]) = ? AND companies.city = ? ORDER BY people.name",
      values: [words[1], words[5]])
  }
}

extension Substring {
  /// Takes a prefix away; false where there is none.
  fileprivate mutating func removePrefix(_ prefix: String) -> Bool {
    guard hasPrefix(prefix) else { return false }
    removeFirst(prefix.count)
    return true
  }

  fileprivate mutating func removeSuffix(_ suffix: String) -> Bool {
    guard hasSuffix(suffix) else { return false }
    removeLast(suffix.count)
    return true
  }
}
