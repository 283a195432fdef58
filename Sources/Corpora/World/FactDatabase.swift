import Bytes
import CSQLite
import Glibc

/// One connection: made in `init`, closed in `deinit`.
final class FactDatabase {
  private let handle: OpaquePointer
  /// What the connection reads in place.
  private let viewed: SharedBytes?

  /// An empty database in memory.
  init() throws(FactTablesError) {
    handle = try Self.open()
    viewed = nil
  }

  /// A database in bytes, which are not copied and not written.
  init(reading bytes: SharedBytes) throws(FactTablesError) {
    handle = try Self.open()
    viewed = bytes
    let flags = UInt32(SQLITE_DESERIALIZE_READONLY)
    let code = sqlite3_deserialize(
      handle, "main", bytes.base.assumingMemoryBound(to: UInt8.self), Int64(bytes.count),
      Int64(bytes.count), flags)
    guard code == SQLITE_OK else { throw failure("open") }
    try execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 1 << 20)
    sqlite3_set_authorizer(
      handle,
      { _, action, name, _, _, _ in
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE: SQLITE_OK
        // Asked by the table-valued pragma that lists columns.
        case SQLITE_PRAGMA: name.map { strcmp($0, "table_info") } == 0 ? SQLITE_OK : SQLITE_DENY
        default: SQLITE_DENY
        }
      }, nil)
    // A statement that would take minutes is cut off: about a second of SQLite's own steps.
    sqlite3_progress_handler(handle, 20_000_000, { _ in 1 }, nil)
  }

  deinit { sqlite3_close_v2(handle) }

  private static func open() throws(FactTablesError) -> OpaquePointer {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY
    let code = sqlite3_open_v2(":memory:", &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      sqlite3_close_v2(opened)
      throw FactTablesError(
        message: String(cString: sqlite3_errstr(code)), statement: "open")
    }
    return opened
  }

  private func failure(_ statement: String) -> FactTablesError {
    FactTablesError(message: String(cString: sqlite3_errmsg(handle)), statement: statement)
  }

  func execute(_ statements: String) throws(FactTablesError) {
    guard sqlite3_exec(handle, statements, nil, nil, nil) == SQLITE_OK else {
      throw failure(statements)
    }
  }

  func run(
    _ text: String, _ values: [String?] = []
  ) throws(FactTablesError) -> FactTables.Answer {
    var prepared: OpaquePointer?
    guard sqlite3_prepare_v2(handle, text, -1, &prepared, nil) == SQLITE_OK,
      let statement = prepared
    else { throw failure(text) }
    defer { sqlite3_finalize(statement) }
    for (index, value) in values.enumerated() {
      let place = Int32(truncatingIfNeeded: index + 1)
      let code =
        if let value, let length = Int32(exactly: value.utf8.count) {
          csqlite_bind_text(statement, place, value, length)
        } else {
          sqlite3_bind_null(statement, place)
        }
      guard code == SQLITE_OK else { throw failure(text) }
    }
    let width = sqlite3_column_count(statement)
    var answer = FactTables.Answer(
      columns: (0..<width).map {
        sqlite3_column_name(statement, $0).map { String(cString: $0) } ?? ""
      },
      rows: [])
    while true {
      let code = sqlite3_step(statement)
      if code == SQLITE_DONE { return answer }
      guard code == SQLITE_ROW else { throw failure(text) }
      guard answer.rows.count < FactTables.rowLimit else {
        throw FactTablesError(
          message: "it gives more than \(FactTables.rowLimit) rows", statement: text)
      }
      answer.rows.append(
        (0..<width).map { sqlite3_column_text(statement, $0).map { String(cString: $0) } })
    }
  }

  /// The database as the bytes of its file.
  func serialized() throws(FactTablesError) -> SharedBytes {
    var size: Int64 = 0
    guard let bytes = sqlite3_serialize(handle, "main", &size, 0), size > 0 else {
      throw FactTablesError(message: "out of memory", statement: "serialize")
    }
    defer { sqlite3_free(bytes) }
    return SharedBytes(Array(UnsafeBufferPointer(start: bytes, count: Int(size))))
  }
}
