/// One stored result, as `poise artifacts list` shows it.
public struct ArtifactRow: Hashable, Sendable {
  /// The node's key.
  public var key: Digest
  /// The verb that made it.
  public var verb: String
  /// The call as readable text.
  public var label: String
  /// The object that came out.
  public var output: Digest
  /// The size of that object, bytes.
  public var outputBytes: Int
  /// What it took to compute, seconds.
  public var seconds: Double
  /// When it was recorded, seconds since 1970.
  public var createdAt: Int
  /// When it was last used, seconds since 1970; when it was recorded, if that is not known.
  public var lastUsed: Int
  /// Whether collection spares it.
  public var isPinned: Bool
}

/// One stored thing in full, as `poise artifacts show` shows it.
public enum ArtifactDetail: Hashable, Sendable {
  /// A record, and which of its objects are not in the store.
  case action(Action, lastUsed: Int, isPinned: Bool, missing: [Digest])
  /// An object: its size in bytes, and the nodes that need it.
  case object(Digest, bytes: Int, neededBy: [Digest])
}

extension ArtifactStore {
  /// All results, the last used first.
  ///
  /// Rows come from the catalog, brought up to date with the actions' files; an action that
  /// cannot be read is reported and left out. Cost: one look at every action's file, and one
  /// read of each that is new.
  public func list() throws(StoreError) -> [ArtifactRow] {
    let rows = try synchronizedRows()
    let used = catalog.lastUses()
    let pinned = try pins()
    return rows.map { row in
      ArtifactRow(
        key: row.key, verb: row.verb, label: row.label, output: row.output,
        outputBytes: row.bytes, seconds: row.seconds, createdAt: row.created,
        lastUsed: max(row.created, used[row.key] ?? row.created),
        isPinned: pinned.contains(row.key))
    }.sorted { ($1.lastUsed, $0.key) < ($0.lastUsed, $1.key) }
  }

  /// The result or object whose key or digest begins with `prefix`.
  ///
  /// - Parameter prefix: at least four hexadecimal digits.
  /// - Returns: the action if it is a node's key, otherwise the object.
  /// - Throws: ``StoreError`` where nothing, or more than one thing, begins so.
  public func show(_ prefix: String) throws(StoreError) -> ArtifactDetail {
    let keys = try actionKeys()
    let objects = try objectFiles()
    let digest = try Self.match(prefix, among: keys + objects.keys)
    if case .action(let action) = load(digest) {
      return .action(
        action, lastUsed: max(action.createdAt, catalog.lastUses()[digest] ?? 0),
        isPinned: try pins().contains(digest),
        missing: action.objects.filter { objects[$0] == nil })
    }
    guard let stamp = objects[digest] else { throw .unknownPrefix(prefix) }
    let users = keys.filter { key in
      if case .action(let action) = load(key) { action.objects.contains(digest) } else { false }
    }
    return .object(digest, bytes: stamp.size, neededBy: users)
  }

  /// Keeps a result from being collected, with all objects that it needs.
  ///
  /// A pin is a file of its own, so it survives the catalog.
  ///
  /// - Parameter prefix: the first digits of the node's key, at least four.
  /// - Returns: the key.
  /// - Throws: ``StoreError`` where no key, or more than one, begins so.
  @discardableResult
  public func pin(_ prefix: String) throws(StoreError) -> Digest {
    let key = try Self.match(prefix, among: actionKeys())
    try storing { () throws(FileFailure) in try storage.write([], to: Self.pinName(key)) }
    return key
  }

  /// Lets a pinned result be collected again.
  ///
  /// - Parameter prefix: the first digits of the pinned key, at least four.
  /// - Returns: the key.
  /// - Throws: ``StoreError`` where no pinned key, or more than one, begins so.
  @discardableResult
  public func unpin(_ prefix: String) throws(StoreError) -> Digest {
    let key = try Self.match(prefix, among: pins().sorted())
    try storing { () throws(FileFailure) in try storage.delete(Self.pinName(key)) }
    return key
  }

  /// The pinned keys.
  public func pins() throws(StoreError) -> Set<Digest> {
    let names = try storing { () throws(FileFailure) in try storage.list("pins") }
    return Set(names.compactMap { Digest(hex: $0) })
  }

  private static func pinName(_ key: Digest) -> String { "pins/\(key.hex)" }

  /// The one digest that begins with `prefix`; a digest that is there twice counts once.
  static func match(_ prefix: String, among digests: [Digest]) throws(StoreError) -> Digest {
    let prefix = prefix.lowercased()
    guard (shortestPrefix...64).contains(prefix.utf8.count),
      prefix.utf8.allSatisfy({ Digest.value(ofHexDigit: $0) != nil })
    else { throw .invalidPrefix(prefix) }
    let found = Set(digests.filter { $0.hex.hasPrefix(prefix) })
    guard let first = found.first else { throw .unknownPrefix(prefix) }
    guard found.count == 1 else {
      throw .ambiguousPrefix(prefix, candidates: Array(found.sorted().prefix(8)))
    }
    return first
  }

  // MARK: What is in the folders

  /// The keys that have an action's file, in order. Other names are passed over.
  func actionKeys() throws(StoreError) -> [Digest] {
    let names = try storing { () throws(FileFailure) in try storage.list("actions") }
    return names.compactMap { name in
      name.hasSuffix(".json") ? Digest(hex: name.dropLast(5)) : nil
    }
  }

  /// The objects' files with their stamps. Other names are passed over.
  func objectFiles() throws(StoreError) -> [Digest: FileStamp] {
    var found: [Digest: FileStamp] = [:]
    do throws(FileFailure) {
      for folder in try storage.list("objects") where folder.utf8.count == 2 {
        let names: [String]
        do {
          names = try storage.list("objects/" + folder)
        } catch {
          issues(
            StoreIssue(
              .unreadable, path: path("objects/" + folder), detail: error.description))
          continue
        }
        for name in names {
          guard let digest = Digest(hex: folder + name) else { continue }
          found[digest] = try storage.stamp(of: "objects/\(folder)/\(name)")
        }
      }
    } catch {
      throw .file(error)
    }
    return found
  }

  /// The catalog's rows after it was brought up to date with the actions' files.
  func synchronizedRows() throws(StoreError) -> [Catalog.Row] {
    let old = catalog.rows()
    var rows: [Catalog.Row] = []
    var changed: [Catalog.Row] = []
    var gone = Set(old.keys)
    for key in try actionKeys() {
      guard let stamp = try? storage.stamp(of: Self.actionName(key)) else { continue }
      if let row = old[key], row.stamp.inode == stamp.inode, row.stamp.size == stamp.size,
        row.stamp.changed == stamp.changed
      {
        rows.append(row)
        gone.remove(key)
      } else if case .action(let action) = load(key) {
        let row = Catalog.Row(
          key: key, stamp: stamp, verb: action.verb, label: action.label, output: action.output,
          bytes: action.outputBytes, seconds: action.cost.seconds, created: action.createdAt)
        rows.append(row)
        changed.append(row)
        gone.remove(key)
      }
    }
    catalog.update(changed, gone: Array(gone))
    return rows
  }
}
