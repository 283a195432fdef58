import CSQLite

/// An error of SQLite, with the statement that failed.
struct SQLiteFailure: Error, Hashable {
  var code: Int32
  var message: String
  var statement: String

  /// Whether the file is damaged or is no database, so that only making it anew helps.
  var isDamage: Bool {
    [SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT].contains(code & 0xff)
  }

  /// A database that is sound, and another program's or another version's.
  static func foreign(_ message: String) -> SQLiteFailure {
    SQLiteFailure(code: SQLITE_FORMAT, message: message, statement: "open")
  }
}

/// One connection: made in `init`, closed in `deinit`.
///
/// `@unchecked Sendable`: the handle never changes, and SQLite serialises its use (`FULLMUTEX`).
final class SQLiteDatabase: @unchecked Sendable {
  private let handle: OpaquePointer

  /// Opens or makes the database at `path`; `:memory:` is one without a file.
  init(path: String) throws(SQLiteFailure) {
    var opened: OpaquePointer?
    let flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      let message = String(cString: sqlite3_errstr(code))
      sqlite3_close_v2(opened)
      throw SQLiteFailure(code: code, message: message, statement: "open")
    }
    handle = opened
    sqlite3_busy_timeout(handle, 2000)
    sqlite3_extended_result_codes(handle, 1)
  }

  deinit { sqlite3_close_v2(handle) }

  private func failure(_ code: Int32, _ statement: String) -> SQLiteFailure {
    SQLiteFailure(
      code: code, message: String(cString: sqlite3_errmsg(handle)), statement: statement)
  }

  /// Runs statements that return nothing of interest.
  func execute(_ statements: String) throws(SQLiteFailure) {
    let code = sqlite3_exec(handle, statements, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code, statements) }
  }

  /// Runs one statement with its values, calling `row` for each row of its result.
  func run(
    _ text: String, _ values: [SQLiteValue] = [], row: (SQLiteRow) -> Void = { _ in }
  ) throws(SQLiteFailure) {
    var prepared: OpaquePointer?
    var code = sqlite3_prepare_v2(handle, text, -1, &prepared, nil)
    guard code == SQLITE_OK, let statement = prepared else { throw failure(code, text) }
    defer { sqlite3_finalize(statement) }
    for (index, value) in values.enumerated() {
      code = value.bind(to: statement, at: Int32(index + 1))
      guard code == SQLITE_OK else { throw failure(code, text) }
    }
    while true {
      code = sqlite3_step(statement)
      if code == SQLITE_DONE { return }
      guard code == SQLITE_ROW else { throw failure(code, text) }
      row(SQLiteRow(statement: statement))
    }
  }

  /// Runs `body` in one transaction, which is undone if it throws.
  func transaction(
    _ body: (SQLiteDatabase) throws(SQLiteFailure) -> Void
  ) throws(SQLiteFailure) {
    try execute("BEGIN IMMEDIATE")
    do {
      try body(self)
      try execute("COMMIT")
    } catch {
      try? execute("ROLLBACK")
      throw error
    }
  }
}

/// A value for a statement.
enum SQLiteValue {
  case text(String)
  case integer(Int64)
  case real(Double)

  fileprivate func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
    switch self {
    case .text(let text):
      guard let length = Int32(exactly: text.utf8.count) else { return SQLITE_TOOBIG }
      return csqlite_bind_text(statement, index, text, length)
    case .integer(let value): return sqlite3_bind_int64(statement, index, value)
    case .real(let value): return sqlite3_bind_double(statement, index, value)
    }
  }
}

/// The row that a statement is at; valid only in the call that hands it out.
struct SQLiteRow {
  fileprivate let statement: OpaquePointer

  func text(_ column: Int32) -> String {
    sqlite3_column_text(statement, column).map { String(cString: $0) } ?? ""
  }

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

  func real(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }
}
