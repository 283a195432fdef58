extension ArtifactStore {
  /// The name of an action's file.
  static func actionName(_ key: Digest) -> String { "actions/\(key.hex).json" }

  /// The record of a node, nil where it was not computed, or its record cannot be used.
  ///
  /// A file that is damaged, of another key or of a later format is reported and left alone:
  /// recording the node again replaces it. Says nothing about whether the objects are there.
  public func action(_ key: Digest) -> Action? {
    guard let action = readAction(key, report: true) else { return nil }
    catalog.noteUse(key)
    return action
  }

  /// Whether a node has a record, unread. One look at the file system.
  public func hasAction(_ key: Digest) -> Bool {
    (try? storage.exists(Self.actionName(key))) == true
  }

  func readAction(_ key: Digest, report: Bool) -> Action? {
    let name = Self.actionName(key)
    do {
      guard let bytes = try storage.read(name, limit: ActionFile.limit) else { return nil }
      return try ActionFile.decode(bytes, key: key)
    } catch let malformed as ActionFile.Malformed {
      if report {
        issues(
          StoreIssue(.malformedAction(key), path: path(name), detail: malformed.description))
      }
    } catch let failure as FileFailure {
      if report {
        issues(StoreIssue(.unreadable, path: path(name), detail: failure.description))
      }
    } catch {
      // Nothing else is thrown.
    }
    return nil
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
