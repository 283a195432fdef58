import Glibc
import Synchronization

/// Digests of files by their contents, remembered by (device, inode, size, times).
///
/// A file whose times are younger than two seconds is hashed each time: it may be written again
/// within one tick of the clock that times are taken from, and look the same.
public final class FileDigests: Sendable {
  /// How long a file must have been left alone for its digest to be remembered, nanoseconds.
  package static let settleTime: Int64 = 2_000_000_000
  /// How much is read between two checks for cancellation, bytes.
  private static let chunk = 16 << 20

  private struct State {
    var known: [FileStamp: Digest] = [:]
    var isLoaded = false
    var isChanged = false
  }

  /// A storage, because that replaces a link in the file's place instead of following it.
  private let cache: (storage: DiskStorage, name: String)?
  private let now: @Sendable () -> Int64
  private let state = Mutex(State())

  /// Digests that are remembered in the file at `path`, or in memory only where that is nil.
  ///
  /// The file is read at first use; one that is damaged is ignored and replaced.
  public convenience init(cacheAt path: String? = nil) {
    self.init(cacheAt: path, now: { FileStamp.now })
  }

  package init(cacheAt path: String?, now: @escaping @Sendable () -> Int64) {
    cache = path.map { path in
      let name = String(path.reversed().prefix { $0 != "/" }.reversed())
      let folder = path.dropLast(name.count + 1)
      let isRelative = !path.utf8.contains(UInt8(ascii: "/"))
      return (DiskStorage(path: isRelative ? "." : folder.isEmpty ? "/" : String(folder)), name)
    }
    self.now = now
  }

  deinit { save() }

  /// The stamp of a file: the same before and after a run means that it was not changed.
  ///
  /// Within one tick of the kernel's clock, a few milliseconds, a change can go unseen.
  public func stamp(ofFile path: String) throws(FileFailure) -> FileStamp {
    try FileStamp.of(path)
  }

  /// The SHA-256 digest of a regular file's contents; symbolic links are followed.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - check: called between every 16 MB; throws to stop.
  /// - Returns: the digest of what was in the file during the call.
  /// - Throws: ``FileFailure``, with `changed` where the file changes while it is read and does
  ///   so again at a second try; and what `check` throws.
  /// - Complexity: O(size), or one `stat` where the digest is remembered.
  public func digest(
    ofFile path: String, check: () throws -> Void = {}
  ) throws -> Digest {
    for _ in 0..<2 {
      // O_NONBLOCK: opening a fifo must not wait for a writer.
      let file = try Descriptor.open(path, flags: O_RDONLY | O_NONBLOCK, .read)
      let status = try file.status(path: path)
      guard status.isRegularFile else { throw FileFailure(.read, path, reason: .notRegular) }
      let stamp = FileStamp(status)
      let started = now()
      if let known = recall(stamp, at: started) { return known }
      var stream = DigestStream()
      var total = 0
      while true {
        try check()
        let piece = try file.read(min(Self.chunk, max(1, stamp.size - total)), path: path)
        if piece.isEmpty { break }
        stream.add(piece)
        total += piece.count
        // It grows while it is read, perhaps without end.
        if total > stamp.size { break }
      }
      guard total == stamp.size, FileStamp(try file.status(path: path)) == stamp else { continue }
      let digest = stream.finish()
      remember(digest, for: stamp, at: started)
      return digest
    }
    throw FileFailure(.read, path, reason: .changed)
  }

  /// Writes what was learnt to the cache file, together with what other processes wrote there.
  ///
  /// Done by itself when this object goes. A place that cannot be written is let be.
  public func save() {
    guard let cache else { return }
    let known = state.withLock { state -> [FileStamp: Digest]? in
      defer { state.isChanged = false }
      return state.isChanged ? state.known : nil
    }
    guard let known else { return }
    let merged = FileDigestCache.read(cache).merging(known) { $1 }
    try? cache.storage.write(FileDigestCache.encode(merged), to: cache.name)
  }

  private func isSettled(_ stamp: FileStamp, at now: Int64) -> Bool {
    // Times in the future are as good as none.
    let limit = now - Self.settleTime
    return stamp.modified < limit && stamp.changed < limit
  }

  private func recall(_ stamp: FileStamp, at now: Int64) -> Digest? {
    guard isSettled(stamp, at: now) else { return nil }
    return state.withLock { state in
      if !state.isLoaded {
        state.isLoaded = true
        if let cache {
          state.known = FileDigestCache.read(cache).merging(state.known) { $1 }
        }
      }
      return state.known[stamp]
    }
  }

  private func remember(_ digest: Digest, for stamp: FileStamp, at now: Int64) {
    guard isSettled(stamp, at: now) else { return }
    state.withLock { state in
      state.known[stamp] = digest
      state.isChanged = true
    }
  }
}

/// The cache file of ``FileDigests``, numbers little-endian:
///
/// 1. eight bytes `POISEFD1`;
/// 2. entries of 72 bytes: device, inode, size, time of modification, time of change (8 bytes
///    each), digest (32 bytes);
/// 3. the SHA-256 digest of all that comes before it.
///
/// A file with any other length or sum counts as empty.
enum FileDigestCache {
  private static let magic = Array("POISEFD1".utf8)
  private static let entrySize = 72
  /// Past this many entries those of the files that changed longest ago are dropped.
  private static let mostEntries = 50_000
  private static var largestFile: Int { magic.count + mostEntries * entrySize + Digest.byteCount }

  static func encode(_ known: [FileStamp: Digest]) -> [UInt8] {
    let entries = known.sorted { ($0.key.changed, $0.value) > ($1.key.changed, $1.value) }
    var bytes = magic
    for (stamp, digest) in entries.prefix(mostEntries) {
      for word in [
        stamp.device, stamp.inode, UInt64(bitPattern: Int64(stamp.size)),
        UInt64(bitPattern: stamp.modified), UInt64(bitPattern: stamp.changed),
      ] {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
      }
      bytes.append(contentsOf: digest.bytes)
    }
    return bytes + Digest(hashing: bytes).bytes
  }

  static func decode(_ bytes: [UInt8]) -> [FileStamp: Digest] {
    let entryBytes = bytes.count - magic.count - Digest.byteCount
    guard entryBytes >= 0, entryBytes % entrySize == 0, bytes.starts(with: magic) else {
      return [:]
    }
    let body = Array(bytes.dropLast(Digest.byteCount))
    guard Digest(bytes: bytes.suffix(Digest.byteCount)) == Digest(hashing: body) else { return [:] }
    var known: [FileStamp: Digest] = [:]
    known.reserveCapacity(entryBytes / entrySize)
    body.withUnsafeBytes { body in
      for start in stride(from: magic.count, to: body.count, by: entrySize) {
        func word(_ index: Int) -> UInt64 {
          UInt64(
            littleEndian: body.loadUnaligned(fromByteOffset: start + 8 * index, as: UInt64.self))
        }
        let stamp = FileStamp(
          device: word(0), inode: word(1), size: Int(Int64(bitPattern: word(2))),
          modified: Int64(bitPattern: word(3)), changed: Int64(bitPattern: word(4)))
        known[stamp] = Digest(at: start + 40, in: body)
      }
    }
    return known
  }

  /// The entries in a cache's file; none where there is no such file or it is no cache.
  static func read(_ cache: (storage: DiskStorage, name: String)) -> [FileStamp: Digest] {
    let bytes = try? cache.storage.read(cache.name, limit: largestFile)
    return (bytes ?? nil).map(decode) ?? [:]
  }
}
