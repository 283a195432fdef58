import Glibc

/// Files in a folder on disk.
///
/// The folder itself may be reached through symbolic links, for that is its owner's choice.
/// Below it none is followed: every part of a name is opened with `O_NOFOLLOW`, so that a store
/// that came from a stranger cannot lead reads or writes anywhere else.
public struct DiskStorage: ObjectStorage {
  /// The folder, as an absolute or relative path.
  public let path: String
  private let calls: FileCalls

  /// Files below `path`, which need not exist before the first write.
  public init(path: String) { self.init(path: path, calls: FileCalls()) }

  package init(path: String, calls: FileCalls) {
    self.path = path
    self.calls = calls
  }

  /// The folder, nil in memory.
  public var folder: String? { path }

  /// Opens a file; see ``ObjectStorage/open(_:limit:mapFrom:)``.
  public func open(_ name: String, limit: Int, mapFrom: Int) throws(FileFailure) -> StoredFile? {
    let full = fullPath(name)
    do throws(FileFailure) {
      let (parts, last) = try split(name)
      let parent = try openFolder(parts, create: false)
      // O_NONBLOCK: opening a fifo must not wait for a writer that never comes.
      let file = try parent.open(
        last, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, path: full, .read)
      let status = try file.status(path: full)
      guard status.isRegularFile else { throw FileFailure(.read, full, reason: .notRegular) }
      let stamp = FileStamp(status)
      guard stamp.size <= limit else {
        throw FileFailure(.read, full, reason: .tooLarge(got: stamp.size, limit: limit))
      }
      if stamp.size > 0, stamp.size >= mapFrom {
        let mapping = try FileMapping(file, count: stamp.size, path: full)
        return StoredFile(bytes: ObjectBytes(mapping), stamp: stamp)
      }
      let bytes = try file.read(stamp.size, path: full)
      return StoredFile(bytes: ObjectBytes(bytes), stamp: stamp)
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
  }

  /// Writes a file, all or nothing; whatever else has its name goes.
  public func write(_ bytes: [UInt8], to name: String) throws(FileFailure) {
    let (parts, last) = try split(name)
    let parent = try openFolder(parts, create: true)
    let full = fullPath(name)
    do throws(FileFailure) {
      try DurableFile.write(bytes, to: last, in: parent, path: full, calls: calls)
    } catch {
      guard error.reason == .notRegular else { throw error }
      // A link, fifo or empty folder in a file's place: not ours, and never to be followed.
      try delete(name)
      try DurableFile.write(bytes, to: last, in: parent, path: full, calls: calls)
    }
  }

  /// Begins a file whose temporary form lies in the storage's own folder.
  public func stage() throws(FileFailure) -> any StagedFile { try stage(in: []) }

  /// Begins a file whose temporary form lies in a folder of the storage.
  func stage(in parts: [Substring]) throws(FileFailure) -> any StagedFile {
    try DiskStagedFile(self, in: parts, calls: calls)
  }

  /// The stamp of a file, nil where there is none.
  public func stamp(of name: String) throws(FileFailure) -> FileStamp? {
    let full = fullPath(name)
    do throws(FileFailure) {
      let (parts, last) = try split(name)
      let parent = try openFolder(parts, create: false)
      var status = stat()
      guard fstatat(parent.number, last, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
        throw FileFailure(.inspect, full, code: errno)
      }
      return FileStamp(status)
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
  }

  /// The names in a folder, in order.
  public func list(_ folder: String) throws(FileFailure) -> [String] {
    let full = fullPath(folder)
    do throws(FileFailure) {
      let opened = try openFolder(try parts(folder), create: false)
      return try FolderListing.names(in: opened, path: full).sorted()
    } catch {
      if error.code == ENOENT { return [] }
      throw error
    }
  }

  /// Deletes a file or an empty folder.
  public func delete(_ name: String) throws(FileFailure) {
    do throws(FileFailure) {
      let (parts, last) = try split(name)
      let parent = try openFolder(parts, create: false)
      if unlinkat(parent.number, last, 0) == 0 { return }
      // Linux says EISDIR for a folder, POSIX allows EPERM.
      guard errno == EISDIR || errno == EPERM, unlinkat(parent.number, last, AT_REMOVEDIR) == 0
      else { throw FileFailure(.delete, fullPath(name), code: errno) }
    } catch {
      if error.code != ENOENT { throw error }
    }
  }

  /// Makes a file's times now.
  public func touch(_ name: String) throws(FileFailure) {
    do throws(FileFailure) {
      let (parts, last) = try split(name)
      let parent = try openFolder(parts, create: false)
      if utimensat(parent.number, last, nil, AT_SYMLINK_NOFOLLOW) != 0 {
        throw FileFailure(.write, fullPath(name), code: errno)
      }
    } catch {
      if error.code != ENOENT { throw error }
    }
  }

  /// The path of a name, for messages and for what must have one (locks, the catalog).
  func fullPath(_ name: String) -> String { path + "/" + name }

  /// Opens, and makes if wanted, a folder below the root, one part at a time.
  func openFolder(_ parts: [Substring], create: Bool) throws(FileFailure) -> Descriptor {
    if create, mkdir(path, 0o777) != 0, errno != EEXIST {
      throw FileFailure(.createFolder, path, code: errno)
    }
    var current = try Descriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
    for (index, part) in parts.enumerated() {
      let name = String(part)
      let full = fullPath(parts[...index].joined(separator: "/"))
      let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
      if create {
        if mkdirat(current.number, name, 0o777) == 0 {
          // Or a power cut could take the new folder with everything in it.
          _ = calls.flushFolder(current.number)
        } else if errno != EEXIST {
          throw FileFailure(.createFolder, full, code: errno)
        }
      }
      current = try current.open(name, flags: flags, path: full)
    }
    return current
  }

  private func split(_ name: String) throws(FileFailure) -> ([Substring], String) {
    var parts = try parts(name)
    let last = parts.removeLast()
    return (parts, String(last))
  }

  /// The parts of a name, of which there is at least one; none leads out of the folder.
  func parts(_ name: String) throws(FileFailure) -> [Substring] {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    for part in parts {
      guard !part.isEmpty, part != ".", part != "..", !part.utf8.contains(0) else {
        throw FileFailure(.open, fullPath(name), code: EINVAL)
      }
    }
    return parts
  }
}

/// Reading the names in a folder.
enum FolderListing {
  /// The names in an open folder but `.` and `..`, in no particular order.
  static func names(in folder: borrowing Descriptor, path: String) throws(FileFailure) -> [String] {
    // fdopendir takes the descriptor over, so it gets one of its own.
    let copy = openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { throw FileFailure(.list, path, code: errno) }
    guard let stream = fdopendir(copy) else {
      let code = errno
      close(copy)
      throw FileFailure(.list, path, code: code)
    }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw FileFailure(.list, path, code: errno) }
    return names
  }
}
