public import Bytes

/// Facts as two tables in a SQLite database, `people` and `companies`, kept as bytes and only read.
///
/// Every attribute is a column of `people`; `companies` has a name and a city.
public struct FactTables: Sendable, Hashable {
  /// A database file.
  public let bytes: SharedBytes

  /// What a statement gave.
  public struct Answer: Sendable, Hashable {
    /// The names of the columns.
    public var columns: [String]
    /// The rows; nil for NULL.
    public var rows: [[String?]]

    /// The first column without what is NULL.
    public var values: [String] { rows.compactMap { $0.first ?? nil } }
  }

  /// The most rows that a statement gives.
  public static let rowLimit = 100_000

  /// Tables of stored bytes.
  ///
  /// - Throws: ``FactTablesError`` where they are no database with these tables.
  public init(decoding bytes: SharedBytes) throws(FactTablesError) {
    self.bytes = bytes
    let tables = try names()
    for table in ["companies", "people"] where !tables.contains(table) {
      throw FactTablesError(message: "there is no table \(table)", statement: "open")
    }
  }

  /// The tables of people and their companies.
  ///
  /// - Throws: ``FactTablesError`` where SQLite fails.
  init(
    people: [World.Person], attributes: [Attribute], companies: [World.Company],
    date: (Int) -> String
  ) throws(FactTablesError) {
    let database = try FactDatabase()
    let columns = attributes.map { "\($0.name) TEXT" }.joined(separator: ", ")
    try database.execute(
      """
      CREATE TABLE people(name TEXT PRIMARY KEY, \(columns), date TEXT);
      CREATE TABLE companies(name TEXT PRIMARY KEY, city TEXT);
      BEGIN
      """)
    let places = Array(repeating: "?", count: attributes.count + 2).joined(separator: ", ")
    for (index, person) in people.enumerated() {
      let values = attributes.indices.map { attribute in
        person.values[attribute].map { attributes[attribute].values[$0] }
      }
      _ = try database.run(
        "INSERT INTO people VALUES(\(places))", [person.name] + values + [date(index)])
    }
    for company in companies {
      _ = try database.run("INSERT INTO companies VALUES(?, ?)", [company.name, company.cityName])
    }
    try database.execute("COMMIT")
    bytes = try database.serialized()
  }

  /// Runs one SELECT. Nothing else is allowed: no other statement, no file, no second database.
  ///
  /// - Parameters:
  ///   - statement: The statement, with `?` for each value.
  ///   - values: What stands for them.
  /// - Returns: Its rows.
  /// - Throws: ``FactTablesError`` with the statement.
  public func run(
    _ statement: String, _ values: [String] = []
  ) throws(FactTablesError) -> Answer {
    try FactDatabase(reading: bytes).run(statement, values)
  }

  /// The names of the tables, sorted.
  public func names() throws(FactTablesError) -> [String] {
    try run("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").values
  }

  /// The statements that make the tables, a line each.
  public func schema() throws(FactTablesError) -> String {
    try run("SELECT sql FROM sqlite_schema WHERE type = 'table' ORDER BY name").values
      .joined(separator: "\n")
  }

  /// The columns of `people` that are attributes.
  public func attributes() throws(FactTablesError) -> [String] {
    try run("SELECT name FROM pragma_table_info('people')").values
      .filter { $0 != "name" && $0 != "date" }
  }
}

/// What SQLite could not do.
public struct FactTablesError: Error, Hashable, Sendable, CustomStringConvertible {
  /// SQLite's words.
  public let message: String
  /// The statement.
  public let statement: String

  /// The message, in words.
  public var description: String { "the tables can't do '\(statement)': \(message)" }
}
