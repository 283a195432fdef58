import Glibc
import Synchronization

/// One lock per node, held by at most one thread of one process.
///
/// Between processes it is `flock` on `locks/KEY`, which the kernel lets go when a process dies.
/// Between threads it is a table, which also notices a thread that asks for a lock it holds. Both
/// are polled, so that a waiting thread can be cancelled. Lock files are deleted when let go.
final class NodeLocks: Sendable {
  private static let firstPause: UInt32 = 1000
  private static let longestPause: UInt32 = 20000

  static let folder = "locks"

  private let storage: DiskStorage?
  private let issues: ArtifactStore.IssueSink
  private let holders = Mutex<[Digest: UInt]>([:])

  /// Locks in the store in a folder; between the threads of this process only, where it is nil.
  init(store folder: String?, issues: @escaping ArtifactStore.IssueSink) {
    storage = folder.map { DiskStorage(path: $0) }
    self.issues = issues
  }

  /// Calls `body` while holding a node's lock.
  func with<T>(
    _ key: Digest, cancelled: () throws -> Void, waiting: (() -> Void)?, _ body: () throws -> T
  ) throws -> T {
    let wait = Wait(waiting)
    while !(try claim(key)) {
      try cancelled()
      wait.pause()
    }
    defer { holders.withLock { _ = $0.removeValue(forKey: key) } }
    while true {
      switch attempt(key) {
      case .held(let lock):
        defer { lock.release() }
        return try body()
      case .unavailable:
        return try body()
      case .busy:
        try cancelled()
        wait.pause()
      }
    }
  }

  /// The nodes whose locks are held just now; lock files that dead processes left are deleted.
  func sweep(among names: [String]) -> Set<Digest> {
    var held = holders.withLock { Set($0.keys) }
    for key in names.compactMap({ Digest(hex: $0) }) where !held.contains(key) {
      switch attempt(key) {
      case .held(let lock): lock.release()
      case .busy: held.insert(key)
      case .unavailable: break
      }
    }
    return held
  }

  private func claim(_ key: Digest) throws(StoreError) -> Bool {
    let me = UInt(pthread_self())
    let holder = holders.withLock { holders in
      let holder = holders[key]
      if holder == nil { holders[key] = me }
      return holder
    }
    if holder == me { throw .lockedTwice(key: key) }
    return holder == nil
  }

  private enum Attempt {
    case held(Held)
    case busy
    /// There are no locks in this store: it is in memory, or cannot be written.
    case unavailable
  }

  private func attempt(_ key: Digest) -> Attempt {
    guard let storage else { return .unavailable }
    let name = key.hex
    let path = storage.fullPath("\(Self.folder)/\(name)")
    do throws(FileFailure) {
      let folder = try storage.openFolder([Self.folder[...]], create: true)
      let file = try folder.open(
        name, flags: O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, path: path, .lock)
      if flock(file.number, LOCK_EX | LOCK_NB) != 0 {
        if errno == EWOULDBLOCK || errno == EINTR { return .busy }
        throw FileFailure(.lock, path, code: errno)
      }
      // Whoever held it before may have deleted the file between our open and our lock; then
      // this lock is on a file that nobody else will ever see.
      let mine = FileStamp(try file.status(path: path))
      var current = stat()
      guard fstatat(folder.number, name, &current, AT_SYMLINK_NOFOLLOW) == 0,
        FileStamp(current).inode == mine.inode
      else { return .busy }
      return .held(Held(file: file, name: name, folder: folder))
    } catch {
      switch error.reason {
      case .readOnlyFileSystem, .denied: break
      default: issues(StoreIssue(.noLocks, path: path, detail: error.description))
      }
      return .unavailable
    }
  }

  /// A lock that is held.
  private final class Held {
    private let file: Descriptor
    private let name: String
    private let folder: Descriptor

    init(file: consuming Descriptor, name: String, folder: consuming Descriptor) {
      self.file = file
      self.name = name
      self.folder = folder
    }

    /// Deletes the file while it is still locked; closing it, when this object goes, unlocks it.
    func release() { unlinkat(folder.number, name, 0) }
  }

  /// Pauses that grow, the first of which tells the caller that there is something to wait for.
  private final class Wait {
    private var waiting: (() -> Void)?
    private var microseconds = NodeLocks.firstPause

    init(_ waiting: (() -> Void)?) { self.waiting = waiting }

    func pause() {
      waiting?()
      waiting = nil
      usleep(microseconds)
      microseconds = min(microseconds * 2, NodeLocks.longestPause)
    }
  }
}
