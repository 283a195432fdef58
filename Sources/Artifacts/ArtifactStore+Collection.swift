/// What a collection did.
public struct CollectionReport: Hashable, Sendable {
  /// The keys of the results that were removed, the least recently used first.
  public var removedActions: [Digest] = []
  /// How many objects were removed.
  public var removedObjects = 0
  /// How many unfinished computations lost the states that they would have resumed from.
  public var removedUnfinished = 0
  /// How many files left over from interrupted writes, and finished resume states, were removed.
  public var removedLeftovers = 0
  /// Bytes that were freed.
  public var freedBytes = 0
  /// Bytes that are left: objects, actions and resume states.
  public var remainingBytes = 0
  /// How many results were passed over because they are pinned.
  public var keptPinned = 0
  /// How many results were passed over because they are being computed or read under a lock.
  public var keptInUse = 0
}

extension ArtifactStore {
  /// Temporary files older than this were left by a power cut or a kill.
  package static let temporaryAge: Int64 = 3_600_000_000_000
  /// Resume states of nodes that nobody has come back to for this long are given up.
  private static let partialAge: Int64 = 14 * 86_400_000_000_000

  /// Removes what no longer serves, then the least recently used results, until the store has
  /// at most `keepBytes`.
  ///
  /// 1. Temporary files older than an hour, lock files of dead processes, resume states of nodes
  ///    that are recorded, and damaged actions go first, then objects that no action needs. Such
  ///    objects stay if they are younger than an hour or some node is being computed, because
  ///    the action that will need them may be about to be recorded.
  /// 2. Results go in the order of their last use, each with the objects that only it needed.
  ///    Pinned results stay, and so do those whose lock is held.
  /// 3. Where that is not enough, resume states go, the longest left alone first.
  ///
  /// Another process that is about to read what goes finds it missing and computes it again.
  ///
  /// - Parameters:
  ///   - keepBytes: what may stay, bytes.
  ///   - check: called between deletions; throws to stop, and what is gone stays gone.
  /// - Returns: what was removed and what is left, which is more than `keepBytes` where pinned
  ///   results and those in use need more.
  /// - Throws: ``StoreError`` where the folders cannot be listed or a file cannot be deleted;
  ///   what `check` throws.
  public func gc(keepBytes: Int, check: () throws -> Void = {}) throws -> CollectionReport {
    try gc(keepBytes: keepBytes, now: FileStamp.now, check: check)
  }

  package func gc(
    keepBytes: Int, now: Int64, check: () throws -> Void = {}
  ) throws -> CollectionReport {
    var collection = Collection(
      store: self, now: now, inUse: locks.sweep(among: try names(NodeLocks.folder)))
    try collection.readActions(check)
    try collection.sweepTemporaries()
    try collection.sweepPartials()
    try collection.removeOrphans(check)
    try collection.removeLeastRecentlyUsed(keepBytes, check)
    try collection.removeUnfinished(keepBytes)
    return collection.report
  }

  private func names(_ folder: String) throws(StoreError) -> [String] {
    try storing { () throws(FileFailure) in try storage.list(folder) }
  }

  /// One run of the collection.
  private struct Collection {
    let store: ArtifactStore
    let now: Int64
    let inUse: Set<Digest>
    var report = CollectionReport()
    private var actions: [Digest: Action] = [:]
    private var actionSizes: [Digest: Int] = [:]
    private var objects: [Digest: FileStamp] = [:]
    /// How many of `actions` need each object.
    private var needs: [Digest: Int] = [:]

    init(store: ArtifactStore, now: Int64, inUse: Set<Digest>) {
      self.store = store
      self.now = now
      self.inUse = inUse
    }

    /// Reads the actions themselves, not the catalog: what they need must not be believed of a
    /// file that may be stale.
    mutating func readActions(_ check: () throws -> Void) throws {
      for key in try store.actionKeys() {
        try check()
        let name = ArtifactStore.actionName(key)
        let size = try store.storage.size(of: name) ?? 0
        switch store.load(key) {
        case .absent: break
        case .unusable: report.remainingBytes = ByteSize.sum(report.remainingBytes, size)
        case .malformed:
          try remove(name, size: size)
          report.removedLeftovers += 1
        case .action(let action):
          actions[key] = action
          actionSizes[key] = size
          report.remainingBytes = ByteSize.sum(report.remainingBytes, size)
          for object in Set(action.objects) { needs[object, default: 0] += 1 }
        }
      }
      objects = try store.objectFiles()
      for stamp in objects.values {
        report.remainingBytes = ByteSize.sum(report.remainingBytes, stamp.size)
      }
    }

    mutating func sweepTemporaries() throws {
      let folders =
        ["actions", "pins"] + (try store.names("objects")).map { "objects/" + $0 }
      try sweepTemporaries(in: nil, names: store.rootNames())
      for folder in folders {
        // A stray file among the folders cannot be listed, and need not be.
        guard let names = try? store.names(folder) else { continue }
        try sweepTemporaries(in: folder, names: names)
      }
    }

    private mutating func sweepTemporaries(in folder: String?, names: [String]) throws {
      for name in names where name.hasPrefix(DurableFile.temporaryPrefix) {
        let full = folder.map { $0 + "/" + name } ?? name
        guard let stamp = try store.storage.stamp(of: full),
          now - stamp.modified > ArtifactStore.temporaryAge
        else { continue }
        try store.storage.delete(full)
        report.removedLeftovers += 1
        report.freedBytes = ByteSize.sum(report.freedBytes, stamp.size)
      }
    }

    mutating func sweepPartials() throws {
      guard let folder = store.folder else { return }
      for key in try store.names("partial").compactMap({ Digest(hex: $0) }) {
        let partial = try DiskStorage(path: folder).openFolder(["partial"], create: false)
        let size = FolderRemoval.size(of: key.hex, in: partial)
        let age = now - (try store.storage.stamp(of: "partial/\(key.hex)")?.modified ?? now)
        let isDone = actions[key] != nil || age > ArtifactStore.partialAge
        if isDone, !inUse.contains(key) {
          try FolderRemoval.remove(key.hex, in: partial, path: "\(folder)/partial/\(key.hex)")
          report.removedLeftovers += 1
          report.freedBytes = ByteSize.sum(report.freedBytes, size)
        } else {
          report.remainingBytes = ByteSize.sum(report.remainingBytes, size)
        }
      }
    }

    mutating func removeOrphans(_ check: () throws -> Void) throws {
      guard inUse.isEmpty else { return }
      for (digest, stamp) in objects.sorted(by: { $0.key < $1.key }) where needs[digest] == nil {
        try check()
        if now - stamp.modified > ArtifactStore.temporaryAge { try removeObject(digest) }
      }
    }

    mutating func removeLeastRecentlyUsed(_ keepBytes: Int, _ check: () throws -> Void) throws {
      let used = store.catalog.lastUses()
      let pinned = try store.pins()
      let order = actions.values.sorted { a, b in
        (max(a.createdAt, used[a.key] ?? 0), a.key) < (max(b.createdAt, used[b.key] ?? 0), b.key)
      }
      defer { store.catalog.update([], gone: report.removedActions) }
      for action in order where report.remainingBytes > keepBytes {
        try check()
        if pinned.contains(action.key) {
          report.keptPinned += 1
        } else if inUse.contains(action.key) {
          report.keptInUse += 1
        } else {
          // The action first: should the power fail, objects without an action are no harm.
          let size = actionSizes[action.key] ?? 0
          try remove(ArtifactStore.actionName(action.key), size: size)
          report.remainingBytes -= size
          report.removedActions.append(action.key)
          for object in Set(action.objects) {
            let left = (needs[object] ?? 1) - 1
            needs[object] = left
            if left == 0, objects[object] != nil { try removeObject(object) }
          }
        }
      }
    }

    mutating func removeUnfinished(_ keepBytes: Int) throws {
      guard report.remainingBytes > keepBytes, let folder = store.folder else { return }
      for work in try store.unfinishedWork().reversed()
      where report.remainingBytes > keepBytes && !inUse.contains(work.key) {
        let partial = try DiskStorage(path: folder).openFolder(["partial"], create: false)
        let name = work.key.hex
        let size = FolderRemoval.size(of: name, in: partial)
        try FolderRemoval.remove(name, in: partial, path: "\(folder)/partial/\(name)")
        report.removedUnfinished += 1
        report.freedBytes = ByteSize.sum(report.freedBytes, size)
        report.remainingBytes -= min(report.remainingBytes, size)
      }
    }

    private mutating func removeObject(_ digest: Digest) throws {
      guard let stamp = objects.removeValue(forKey: digest) else { return }
      try remove(ArtifactStore.objectName(digest), size: stamp.size)
      report.remainingBytes -= stamp.size
      report.removedObjects += 1
    }

    private mutating func remove(_ name: String, size: Int) throws(StoreError) {
      try storing { () throws(FileFailure) in try store.storage.delete(name) }
      report.freedBytes = ByteSize.sum(report.freedBytes, size)
    }
  }

  /// The names in the store's own folder.
  private func rootNames() throws(StoreError) -> [String] {
    guard let folder else { return [] }
    return try storing { () throws(FileFailure) in
      let opened = try DiskStorage(path: folder).openFolder([], create: false)
      return try FolderListing.names(in: opened, path: folder)
    }
  }
}
