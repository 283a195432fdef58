/// How far a verification is.
public struct VerifyProgress: Hashable, Sendable {
  /// Bytes of objects read so far.
  public var bytes: Int
  /// Bytes of objects in all.
  public var totalBytes: Int
}

/// What a verification found.
public struct VerifyReport: Hashable, Sendable {
  /// How many objects there are.
  public var objects = 0
  /// Their bytes.
  public var bytes = 0
  /// How many actions could be read.
  public var actions = 0
  /// Objects whose bytes do not have their digest.
  public var corrupt: [Digest] = []
  /// Keys whose action is damaged, swapped, or of a later format.
  public var malformed: [Digest] = []
  /// Keys whose action needs objects that are not there, with those objects.
  public var missing: [Digest: [Digest]] = [:]
  /// Objects that no action needs; collection removes them.
  public var orphans: [Digest] = []
  /// Objects that could not be read.
  public var unreadable: [Digest] = []
  /// How many damaged files were deleted.
  public var removed = 0

  /// Whether everything that is there can be used. Orphans are no fault.
  public var isSound: Bool {
    corrupt.isEmpty && malformed.isEmpty && missing.isEmpty && unreadable.isEmpty
  }
}

extension ArtifactStore {
  /// Reads everything in the store and compares it with what it should be; the catalog's rows
  /// are made anew.
  ///
  /// - Parameters:
  ///   - removeCorrupt: delete damaged objects and actions, so that they are computed again.
  ///   - check: called between every 16 MB; throws to stop.
  ///   - progress: called after every object.
  /// - Returns: what was found, each list in order. Details go to the issue sink.
  /// - Throws: ``StoreError`` where the folders cannot be listed; what `check` throws.
  /// - Complexity: reads every byte.
  public func verify(
    removeCorrupt: Bool = false, check: () throws -> Void = {},
    progress: (VerifyProgress) -> Void = { _ in }
  ) throws -> VerifyReport {
    var report = VerifyReport()
    let objects = try objectFiles()
    report.objects = objects.count
    report.bytes = objects.values.reduce(0) { ByteSize.sum($0, $1.size) }
    var read = 0
    for (digest, stamp) in objects.sorted(by: { $0.key < $1.key }) {
      try check()
      switch try state(of: digest, check: check) {
      case .sound: break
      case .unreadable: report.unreadable.append(digest)
      case .corrupt:
        report.corrupt.append(digest)
        if removeCorrupt {
          discard(Self.objectName(digest))
          report.removed += 1
        }
      }
      read = ByteSize.sum(read, stamp.size)
      progress(VerifyProgress(bytes: read, totalBytes: report.bytes))
    }
    let usable = Set(objects.keys).subtracting(report.corrupt).subtracting(report.unreadable)
    var needed: Set<Digest> = []
    for key in try actionKeys() {
      try check()
      switch load(key) {
      case .absent: break
      case .action(let action):
        report.actions += 1
        needed.formUnion(action.objects)
        let missing = action.objects.filter { !usable.contains($0) }
        if !missing.isEmpty { report.missing[key] = missing }
      case .unusable: report.malformed.append(key)
      case .malformed:
        report.malformed.append(key)
        if removeCorrupt {
          discard(Self.actionName(key))
          report.removed += 1
        }
      }
    }
    report.orphans = objects.keys.filter { !needed.contains($0) }.sorted()
    catalog.forgetRows()
    _ = try synchronizedRows()
    return report
  }

  private enum ObjectState {
    case sound, corrupt, unreadable
  }

  /// Reads an object in full, whatever is remembered about it, and leaves it where it is.
  private func state(of digest: Digest, check: () throws -> Void) throws -> ObjectState {
    let name = Self.objectName(digest)
    let file: StoredFile
    do throws(FileFailure) {
      // Deleted since it was listed: nobody's fault.
      guard
        let found = try storage.open(name, limit: .max, mapFrom: Self.largeObjectBytes + 1)
      else { return .sound }
      file = found
    } catch {
      issues(StoreIssue(.unreadable, path: path(name), detail: error.description))
      return .unreadable
    }
    let large = file.bytes.count > Self.largeObjectBytes
    let actual = try Self.digest(of: file.bytes, check: check)
    guard actual == digest else {
      issues(
        StoreIssue(
          .corruptObject(digest), path: path(name),
          detail: "\(file.bytes.count) bytes with digest \(actual.short)"))
      if large { catalog.forgetVerified(digest) }
      return .corrupt
    }
    if large { catalog.rememberVerified(digest, file.stamp) }
    return .sound
  }
}
