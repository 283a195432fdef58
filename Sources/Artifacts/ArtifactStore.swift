import FoundationEssentials
import Synchronization

/// Results kept by content: objects under their SHA-256 digest, and actions that say which node
/// made which object. `docs/artifacts.md` gives the layout as numbered rules.
///
/// Whatever is found damaged is reported to the issue sink and counts as not stored. Opening a
/// store reads one small file; `action` and `get` of objects up to 1 MiB read one file each and
/// need no database. Several threads and several processes may use one store.
///
/// This is a final class whose mutable parts (the catalog's SQLite handle, the table of held
/// locks) each sit in a `Mutex`. The evaluator that calls it is synchronous, so an actor would
/// make every cache lookup a suspension; the mutex gives the same single owner of the handle,
/// which is closed when the store goes.
public final class ArtifactStore: Sendable {
  /// The file that marks a folder as a store.
  public static let markerName = "poise-store.json"
  /// The version of the layout that this program reads and writes.
  public static let formatVersion = 1
  /// The fewest digits that a key can be given by.
  public static let shortestPrefix = 4
  /// Objects of more bytes than this are mapped, and verified once instead of at every read.
  public static let largeObjectBytes = 1 << 20

  /// Where problems are told that do not stop the work. May be called from any thread.
  public typealias IssueSink = @Sendable (StoreIssue) -> Void

  /// The store's folder, nil for a store in memory.
  public var folder: String? { storage.folder }

  let storage: any ObjectStorage
  let issues: IssueSink
  let locks: NodeLocks
  let catalog: Catalog
  let scratch = Mutex<String?>(nil)

  package init(storage: any ObjectStorage, issues: @escaping IssueSink) {
    self.storage = storage
    self.issues = issues
    locks = NodeLocks(store: storage.folder, issues: issues)
    catalog = Catalog(folder: storage.folder, issues: issues)
  }

  deinit {
    if folder != nil { flushUses() }
    if let scratch = scratch.withLock({ $0 }) { try? FolderRemoval.remove(scratch) }
  }

  /// Opens the store in `folder`.
  ///
  /// - Parameters:
  ///   - folder: the `artifacts` folder itself; the folder that it is in must exist.
  ///   - create: make a store where there is none; otherwise that is an error.
  ///   - issues: where problems are told that do not stop the work.
  /// - Returns: the store, with nothing but its marker read.
  /// - Throws: ``StoreError``; `unsupportedVersion` for a store of a later format, which is then
  ///   left untouched.
  public static func open(
    at folder: String, create: Bool = true, issues: @escaping IssueSink = { _ in }
  ) throws(StoreError) -> ArtifactStore {
    try open(on: DiskStorage(path: folder), create: create, issues: issues)
  }

  /// A store in memory, for runs that shall leave nothing behind. Its locks hold between threads.
  public static func inMemory(issues: @escaping IssueSink = { _ in }) -> ArtifactStore {
    ArtifactStore(storage: MemoryStorage(), issues: issues)
  }

  /// Whether `folder` is marked as a store, of whatever version.
  public static func isStore(_ folder: String) -> Bool {
    (try? DiskStorage(path: folder).exists(markerName)) == true
  }

  package static func open(
    on storage: any ObjectStorage, create: Bool, issues: @escaping IssueSink
  ) throws(StoreError) -> ArtifactStore {
    let name = storage.folder ?? "the store"
    do {
      // The exact bytes that this version writes need no JSON parser, which takes longer to wake
      // up than all the rest of opening a store.
      if let bytes = try storage.read(markerName, limit: 4096) {
        if bytes == Array(marker.utf8) { return ArtifactStore(storage: storage, issues: issues) }
        let version = try markerVersion(bytes, path: name + "/" + markerName)
        guard version <= formatVersion else {
          throw StoreError.unsupportedVersion(folder: name, found: version, newest: formatVersion)
        }
      } else if create {
        try storage.write(Array(marker.utf8), to: markerName)
      } else {
        throw StoreError.notAStore(folder: name)
      }
    } catch let failure as FileFailure {
      throw StoreError.file(failure)
    } catch let error as StoreError {
      throw error
    } catch {
      throw .malformedMarker(path: name + "/" + markerName)
    }
    return ArtifactStore(storage: storage, issues: issues)
  }

  private static let marker = #"{"format":"poise-store","version":\#(formatVersion)}"# + "\n"

  private struct Marker: Codable {
    var format: String
    var version: Int
  }

  private static func markerVersion(_ bytes: [UInt8], path: String) throws(StoreError) -> Int {
    guard let marker = try? JSONDecoder().decode(Marker.self, from: Data(bytes)),
      marker.format == "poise-store", marker.version >= 1
    else { throw .malformedMarker(path: path) }
    return marker.version
  }

  /// The path of a name in the store, for messages.
  func path(_ name: String) -> String { (folder ?? "memory") + "/" + name }
}

/// Calls `body`, and turns its ``FileFailure`` into a ``StoreError``.
func storing<T>(_ body: () throws(FileFailure) -> T) throws(StoreError) -> T {
  do { return try body() } catch { throw .file(error) }
}

extension ArtifactStore {
  /// Digests of input files, remembered in this store (`file-digests`) from run to run.
  public func makeFileDigests() -> FileDigests {
    FileDigests(cacheAt: folder.map { $0 + "/file-digests" })
  }
}
