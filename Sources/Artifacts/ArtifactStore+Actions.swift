extension ArtifactStore {
  /// The name of an action's file.
  static func actionName(_ key: Digest) -> String { "actions/\(key.hex).json" }

  /// The record of a node, nil where it was not computed, or its record cannot be used.
  ///
  /// A file that is damaged, of another key or of a later format is reported and left alone:
  /// recording the node again replaces it. Says nothing about whether the objects are there.
  public func action(_ key: Digest) -> Action? {
    guard case .action(let action) = load(key) else { return nil }
    catalog.noteUse(key)
    return action
  }

  /// Whether a node has a record, unread. One look at the file system.
  public func hasAction(_ key: Digest) -> Bool {
    (try? storage.exists(Self.actionName(key))) == true
  }

  /// What the file of a node's action holds.
  enum LoadedAction {
    case action(Action)
    case absent
    /// Damaged: it can be thrown away.
    case malformed
    /// Of a later format, or unreadable: not ours to judge.
    case unusable
  }

  /// Reads a node's action; what is wrong with it is reported.
  func load(_ key: Digest) -> LoadedAction {
    let name = Self.actionName(key)
    let bytes: [UInt8]
    do {
      guard let found = try storage.read(name, limit: ActionFile.limit) else { return .absent }
      bytes = found
    } catch {
      issues(StoreIssue(.unreadable, path: path(name), detail: error.description))
      return .unusable
    }
    do {
      return .action(try ActionFile.decode(bytes, key: key))
    } catch {
      issues(StoreIssue(.malformedAction(key), path: path(name), detail: error.description))
      if case .format = error { return .unusable }
      return .malformed
    }
  }

  /// Records that a node was computed, replacing an earlier record.
  ///
  /// Its objects should be stored before: a record whose objects are missing is of no use.
  ///
  /// - Throws: ``StoreError/invalidAction(key:reason:)`` for a cost that is not finite or is
  ///   negative, ``StoreError/file(_:)`` where it cannot be written.
  public func record(_ action: Action) throws(StoreError) {
    if let reason = ActionFile.impossible(in: action) {
      throw .invalidAction(key: action.key, reason: reason)
    }
    let name = Self.actionName(action.key)
    guard let bytes = try? ActionFile.encode(action), bytes.count <= ActionFile.limit else {
      throw .invalidAction(key: action.key, reason: "size")
    }
    try storing { () throws(FileFailure) in try storage.write(bytes, to: name) }
  }

  /// Writes down when which action was last used, for collection to go by.
  ///
  /// Done by itself when the store goes; one transaction, nothing where nothing was used. A
  /// store that cannot be written does without.
  public func flushUses() { catalog.flushUses() }
}
