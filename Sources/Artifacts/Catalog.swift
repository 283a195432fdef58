import Glibc
import Synchronization

/// The index `catalog.sqlite`: rows about actions, when each was last used, and which large
/// objects were verified in which state.
///
/// Nothing depends on it. It is opened when first needed, filled from the actions' files when
/// asked for rows, made anew when it is damaged, and kept in memory where its folder cannot be
/// written. Times of use are collected in memory and written in one transaction.
final class Catalog: Sendable {
  static let fileName = "catalog.sqlite"

  private static let tables: [(name: String, definition: String)] = [
    (
      "actions",
      """
      CREATE TABLE actions(key TEXT PRIMARY KEY NOT NULL, inode INTEGER NOT NULL, \
      size INTEGER NOT NULL, changed INTEGER NOT NULL, verb TEXT NOT NULL, label TEXT NOT NULL, \
      output TEXT NOT NULL, bytes INTEGER NOT NULL, seconds REAL NOT NULL, \
      created INTEGER NOT NULL) WITHOUT ROWID
      """
    ),
    (
      "uses",
      "CREATE TABLE uses(key TEXT PRIMARY KEY NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID"
    ),
    (
      "verified",
      """
      CREATE TABLE verified(digest TEXT PRIMARY KEY NOT NULL, device INTEGER NOT NULL, \
      inode INTEGER NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID
      """
    ),
  ]

  private let folder: String?
  private let issues: ArtifactStore.IssueSink
  private let connection = Mutex<SQLiteDatabase?>(nil)
  /// Verified by this process, known without asking the database.
  private let verified = Mutex<[Digest: FileStamp]>([:])
  private let uses = Mutex<[Digest: Int64]>([:])

  init(folder: String?, issues: @escaping ArtifactStore.IssueSink) {
    self.folder = folder
    self.issues = issues
  }

  // MARK: Verified objects

  /// Whether an object's file was verified in full in the state that `stamp` tells.
  ///
  /// The times in it are set by the kernel alone, to the nanosecond, so a catalog that came with
  /// a stranger's store cannot know them beforehand.
  func isVerified(_ digest: Digest, _ stamp: FileStamp) -> Bool {
    if let known = verified.withLock({ $0[digest] }) { return Self.same(known, stamp) }
    var found = false
    perform { database throws(SQLiteFailure) in
      try database.run(
        "SELECT device, inode, size, changed FROM verified WHERE digest = ?", [.text(digest.hex)]
      ) { row in
        found =
          row.integer(0) == Int64(bitPattern: stamp.device)
          && row.integer(1) == Int64(bitPattern: stamp.inode)
          && row.integer(2) == Int64(stamp.size) && row.integer(3) == stamp.changed
      }
    }
    return found
  }

  func rememberVerified(_ digest: Digest, _ stamp: FileStamp) {
    let isNew = verified.withLock { verified in
      let old = verified.updateValue(stamp, forKey: digest)
      return old.map { !Self.same($0, stamp) } ?? true
    }
    guard isNew else { return }
    perform { database throws(SQLiteFailure) in
      try database.run(
        "INSERT OR REPLACE INTO verified VALUES(?, ?, ?, ?, ?)",
        [
          .text(digest.hex), .integer(Int64(bitPattern: stamp.device)),
          .integer(Int64(bitPattern: stamp.inode)), .integer(Int64(stamp.size)),
          .integer(stamp.changed),
        ])
    }
  }

  func forgetVerified(_ digest: Digest) {
    verified.withLock { _ = $0.removeValue(forKey: digest) }
    perform { database throws(SQLiteFailure) in
      try database.run("DELETE FROM verified WHERE digest = ?", [.text(digest.hex)])
    }
  }

  /// Whether two stamps tell the same state; the time of modification may be set by anyone.
  private static func same(_ a: FileStamp, _ b: FileStamp) -> Bool {
    a.device == b.device && a.inode == b.inode && a.size == b.size && a.changed == b.changed
  }

  // MARK: Uses

  /// Takes down that an action was used now.
  func noteUse(_ key: Digest) {
    let now = FileStamp.now / 1_000_000_000
    uses.withLock { $0[key] = now }
  }

  func flushUses() {
    let pending = uses.withLock { uses in
      defer { uses = [:] }
      return uses
    }
    guard !pending.isEmpty else { return }
    perform { database throws(SQLiteFailure) in
      try database.transaction { database throws(SQLiteFailure) in
        for (key, used) in pending {
          try database.run(
            "INSERT OR REPLACE INTO uses VALUES(?, ?)", [.text(key.hex), .integer(used)])
        }
      }
    }
  }

  /// When each action was last used, seconds since 1970; what was never used is missing.
  func lastUses() -> [Digest: Int] {
    flushUses()
    var result: [Digest: Int] = [:]
    perform { database throws(SQLiteFailure) in
      try database.run("SELECT key, used FROM uses") { row in
        if let key = Digest(hex: row.text(0)) { result[key] = Int(row.integer(1)) }
      }
    }
    return result
  }

  // MARK: Actions

  /// One row about an action, and the state of the file it was read from.
  struct Row {
    var key: Digest
    var stamp: FileStamp
    var verb: String
    var label: String
    var output: Digest
    var bytes: Int
    var seconds: Double
    var created: Int
  }

  /// The rows that are there, each for the state of a file that it tells.
  func rows() -> [Digest: Row] {
    var result: [Digest: Row] = [:]
    perform { database throws(SQLiteFailure) in
      try database.run(
        """
        SELECT key, inode, size, changed, verb, label, output, bytes, seconds, created FROM actions
        """
      ) { row in
        guard let key = Digest(hex: row.text(0)), let output = Digest(hex: row.text(6)) else {
          return
        }
        let stamp = FileStamp(
          device: 0, inode: UInt64(bitPattern: row.integer(1)), size: Int(row.integer(2)),
          modified: 0, changed: row.integer(3))
        result[key] = Row(
          key: key, stamp: stamp, verb: row.text(4), label: row.text(5), output: output,
          bytes: Int(row.integer(7)), seconds: row.real(8), created: Int(row.integer(9)))
      }
    }
    return result
  }

  /// Writes rows that are new and drops those whose action is gone, with its time of use.
  func update(_ changed: [Row], gone: [Digest]) {
    guard !changed.isEmpty || !gone.isEmpty else { return }
    perform { database throws(SQLiteFailure) in
      try database.transaction { database throws(SQLiteFailure) in
        for row in changed {
          try database.run(
            "INSERT OR REPLACE INTO actions VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
              .text(row.key.hex), .integer(Int64(bitPattern: row.stamp.inode)),
              .integer(Int64(row.stamp.size)), .integer(row.stamp.changed), .text(row.verb),
              .text(row.label), .text(row.output.hex), .integer(Int64(row.bytes)),
              .real(row.seconds), .integer(Int64(row.created)),
            ])
        }
        for key in gone {
          try database.run("DELETE FROM actions WHERE key = ?", [.text(key.hex)])
          try database.run("DELETE FROM uses WHERE key = ?", [.text(key.hex)])
        }
      }
    }
  }

  /// Drops every row about actions, so that all are read again.
  func forgetRows() {
    perform { database throws(SQLiteFailure) in try database.run("DELETE FROM actions") }
  }

  // MARK: The connection

  /// Calls `body` with the open database. A damaged one is made anew and `body` called again;
  /// any other error (busy, full, read-only) is swallowed, for nothing depends on the catalog.
  private func perform(_ body: (SQLiteDatabase) throws(SQLiteFailure) -> Void) {
    connection.withLock { connection in
      for isLast in [false, true] {
        guard let database = connection ?? openDatabase() else { return }
        connection = database
        do throws(SQLiteFailure) {
          return try body(database)
        } catch {
          guard error.isDamage, !isLast else { return }
          connection = nil
          discardFile(because: error.message)
        }
      }
    }
  }

  /// The database in the store's folder, or one in memory where none can be had there.
  private func openDatabase() -> SQLiteDatabase? {
    // SQLite refuses links anywhere in a path (SQLITE_OPEN_NOFOLLOW). Those above the store are
    // its owner's choice, so they are resolved first; a link in the catalog's place is not.
    if let folder, let real = RealPath.resolve(folder) {
      let path = real + "/" + Self.fileName
      var status = stat()
      if lstat(path, &status) == 0, !status.isRegularFile {
        discardFile(because: "it is not a regular file")
      }
      // A rollback journal may name another file for SQLite to delete. A catalog has none but
      // for the moment in which it is made.
      unlink(path + "-journal")
      for isLast in [false, true] {
        do throws(SQLiteFailure) {
          return try Self.prepare(path)
        } catch {
          guard error.isDamage, !isLast else { break }
          discardFile(because: error.message)
        }
      }
    }
    return try? Self.prepare(":memory:")
  }

  /// Opens a database, makes the tables of a new one, and refuses one with any other tables,
  /// views or triggers than these.
  private static func prepare(_ path: String) throws(SQLiteFailure) -> SQLiteDatabase {
    let database = try SQLiteDatabase(path: path)
    try database.execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    var found = try schema(of: database)
    if found.isEmpty {
      try database.execute("PRAGMA journal_mode = WAL")
      try database.transaction { database throws(SQLiteFailure) in
        // Another process may have made them while this one waited for the transaction.
        guard try schema(of: database).isEmpty else { return }
        for table in tables { try database.execute(table.definition) }
      }
      found = try schema(of: database)
    }
    guard found == Dictionary(uniqueKeysWithValues: tables) else {
      throw .foreign("its tables are not those of a catalog of this version")
    }
    // A power cut may cost the last uses and verifications, never the database.
    try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
    return database
  }

  private static func schema(of database: SQLiteDatabase) throws(SQLiteFailure) -> [String: String]
  {
    var found: [String: String] = [:]
    try database.run("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL") { row in
      found[row.text(0)] = row.text(1)
    }
    return found
  }

  private func discardFile(because reason: String) {
    guard let folder else { return }
    let path = folder + "/" + Self.fileName
    issues(StoreIssue(.catalogRebuilt, path: path, detail: reason))
    // Another process may still have the old file open: it keeps the unlinked one to itself.
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
  }
}
