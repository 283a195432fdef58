extension ArtifactStore {
  /// How old an object's file may be, in nanoseconds, before `put` makes its times new.
  ///
  /// Collection spares what is young and not yet reached by any action. An object that is stored
  /// already, and is about to be used by a new action, must count as young too.
  private static let refreshAfter: Int64 = 600_000_000_000

  /// The name of an object's file.
  static func objectName(_ digest: Digest) -> String {
    let hex = digest.hex
    return "objects/\(hex.prefix(2))/\(hex.dropFirst(2))"
  }

  /// Stores bytes under their digest; nothing is written where they are stored already.
  ///
  /// A stored object is compared byte for byte, so a damaged one is replaced.
  ///
  /// - Returns: the digest, by which `get` finds the bytes.
  /// - Throws: ``StoreError/file(_:)``: no space, no permission, the file-size limit.
  /// - Complexity: O(n), and two flushes to disk if the bytes are new.
  @discardableResult
  public func put(_ bytes: [UInt8]) throws(StoreError) -> Digest {
    let digest = Digest(hashing: bytes)
    let name = Self.objectName(digest)
    if let old = try? storage.open(name, limit: bytes.count, mapFrom: Self.largeObjectBytes + 1),
      old.stamp.size == bytes.count, Self.equal(old.bytes, bytes)
    {
      if FileStamp.now - old.stamp.modified > Self.refreshAfter { try? storage.touch(name) }
    } else {
      try storing { () throws(FileFailure) in try storage.write(bytes, to: name) }
    }
    if bytes.count > Self.largeObjectBytes, let stamp = try? storage.stamp(of: name) {
      catalog.rememberVerified(digest, stamp)
    }
    return digest
  }

  private static func equal(_ stored: ObjectBytes, _ bytes: [UInt8]) -> Bool {
    stored.withUnsafeBytes { a in
      bytes.withUnsafeBytes { b in a.elementsEqual(b) }
    }
  }

  /// The object with a digest, nil where it is not stored, or is damaged.
  ///
  /// Up to 1 MiB the bytes are verified at every read. A larger object is mapped into memory,
  /// and verified in full once per (inode, size, time of last change), which the catalog
  /// remembers; after that an open costs no read. A damaged object is reported and deleted.
  ///
  /// - Parameters:
  ///   - digest: the object's digest.
  ///   - check: called between every 16 MB that are verified; throws to stop.
  /// - Returns: bytes that have this digest, or nil.
  /// - Throws: only what `check` throws.
  public func get<Failure: Error>(
    _ digest: Digest, check: () throws(Failure) -> Void
  ) throws(Failure) -> ObjectBytes? {
    let name = Self.objectName(digest)
    let file: StoredFile
    do throws(FileFailure) {
      guard let found = try storage.open(name, limit: .max, mapFrom: Self.largeObjectBytes + 1)
      else { return nil }
      file = found
    } catch {
      issues(StoreIssue(.unreadable, path: path(name), detail: error.description))
      // A link or a folder in an object's place would also keep it from being stored again.
      if error.reason == .symbolicLink { try? storage.delete(name) }
      return nil
    }
    let large = file.bytes.count > Self.largeObjectBytes
    if large, catalog.isVerified(digest, file.stamp) { return file.bytes }
    let found = try Self.digest(of: file.bytes, check: check)
    guard found == digest else {
      issues(
        StoreIssue(
          .corruptObject(digest), path: path(name),
          detail: "\(file.bytes.count) bytes with digest \(found.short)"))
      discard(name)
      return nil
    }
    if large { catalog.rememberVerified(digest, file.stamp) }
    return file.bytes
  }

  /// The object with a digest, nil where it is not stored, or is damaged. Cannot be stopped.
  public func get(_ digest: Digest) -> ObjectBytes? { get(digest, check: {}) }

  /// Whether an object is there, unread and unverified. One look at the file system.
  public func contains(_ digest: Digest) -> Bool {
    (try? storage.exists(Self.objectName(digest))) == true
  }

  /// The digest of an object's bytes, taken in pieces of 16 MB.
  static func digest<Failure: Error>(
    of bytes: ObjectBytes, after stream: DigestStream = DigestStream(),
    check: () throws(Failure) -> Void
  ) throws(Failure) -> Digest {
    var stream = stream
    var start = 0
    while start < bytes.count {
      try check()
      let end = min(bytes.count, start + 16 << 20)
      bytes.withUnsafeBytes { stream.add(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
      start = end
    }
    return stream.finish()
  }

  /// Deletes a file that is of no use; a store that cannot be written keeps it.
  func discard(_ name: String) {
    do {
      try storage.delete(name)
    } catch {
      issues(StoreIssue(.notWritten, path: path(name), detail: error.description))
    }
  }
}
