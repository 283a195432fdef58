/// Why a store cannot do what was asked.
public enum StoreError: Error, Hashable, Sendable {
  /// The folder holds no `poise-store.json`.
  case notAStore(folder: String)
  /// The store was written by a later version of poise.
  case unsupportedVersion(folder: String, found: Int, newest: Int)
  /// `poise-store.json` is there and says something else than a store's should.
  case malformedMarker(path: String)
  /// A file operation failed.
  case file(FileFailure)
  /// An action that cannot be recorded, and why.
  case invalidAction(key: Digest, reason: String)
  /// The thread that holds a node's lock asked for it again.
  case lockedTwice(key: Digest)
  /// What was given as the start of a key or digest is none.
  case invalidPrefix(String)
  /// Nothing in the store begins so.
  case unknownPrefix(String)
  /// Several things in the store begin so; the first few of them.
  case ambiguousPrefix(String, candidates: [Digest])
}

extension StoreError: CustomStringConvertible {
  /// One line: what is wrong, and what to do about it.
  public var description: String {
    switch self {
    case .notAStore(let folder):
      "\(folder) is not an artifact store (it has no \(ArtifactStore.markerName)); "
        + "name another with `--store DIR`"
    case .unsupportedVersion(let folder, let found, let newest):
      "the store \(folder) has format version \(found), and this poise reads up to \(newest); "
        + "use a newer poise, or another store with `--store DIR`"
    case .malformedMarker(let path):
      "\(path) does not say that this is an artifact store; if it is one, restore the line "
        + #"`{"format":"poise-store","version":\#(ArtifactStore.formatVersion)}`"#
    case .file(let failure): failure.description
    case .invalidAction(let key, let reason):
      "the action \(key.short) cannot be recorded: it has an impossible \(reason)"
    case .lockedTwice(let key):
      "the node \(key.short) needs itself: its lock was asked for by the thread that holds it"
    case .invalidPrefix(let text):
      "`\(text)` is not the start of a key: give at least \(ArtifactStore.shortestPrefix) "
        + "hexadecimal digits, as `poise artifacts list` shows them"
    case .unknownPrefix(let text):
      "nothing in the store begins with `\(text)`; `poise artifacts list` shows what there is"
    case .ambiguousPrefix(let text, let candidates):
      "`\(text)` begins several keys: "
        + candidates.map { String($0.hex.prefix(max(12, text.count + 4))) }.joined(separator: ", ")
        + "; give more digits"
    }
  }
}

/// Something wrong in a store that does not stop the work: it is reported, and what it concerns
/// counts as not stored.
public struct StoreIssue: Hashable, Sendable {
  /// What is wrong.
  public enum Kind: Hashable, Sendable {
    /// An object's bytes do not have its digest.
    case corruptObject(Digest)
    /// An action's file is damaged, swapped, or of a version that cannot be read.
    case malformedAction(Digest)
    /// A state to resume a node from is damaged.
    case damagedState(Digest)
    /// A file could not be read, or is a link or a folder.
    case unreadable
    /// Something could not be written or deleted where that is only a convenience.
    case notWritten
    /// The catalog was damaged, and made anew.
    case catalogRebuilt
    /// The file system has no locks: two processes may compute the same node twice.
    case noLocks
  }

  /// What is wrong.
  public var kind: Kind
  /// The file concerned.
  public var path: String
  /// What was found there.
  public var detail: String

  /// An issue from its parts.
  public init(_ kind: Kind, path: String, detail: String) {
    self.kind = kind
    self.path = path
    self.detail = detail
  }
}

extension StoreIssue: CustomStringConvertible {
  /// One line: what was found where, and what happens now.
  public var description: String {
    switch kind {
    case .corruptObject: "\(path) is damaged (\(detail)); it will be computed again"
    case .malformedAction: "\(path) is not used: \(detail); it will be computed again"
    case .damagedState: "\(path) is damaged (\(detail)); an earlier state is resumed, if any"
    case .unreadable: "\(path) cannot be used: \(detail); it counts as not stored"
    case .notWritten: "\(path): \(detail)"
    case .catalogRebuilt: "\(path) was damaged (\(detail)) and has been made anew"
    case .noLocks: "\(path): \(detail); do not run two notebooks on this store at once"
    }
  }
}
