import Glibc

/// Writing several files that belong together into one folder.
public enum DurableFolder {
  /// A file to write: its name, and what gives its bytes to a sink.
  public struct File {
    /// The name in the folder, without any `/`.
    public var name: String
    /// Gives the contents, in pieces.
    public var write: (ObjectSink) throws -> Void

    /// A file from its parts.
    public init(name: String, write: @escaping (ObjectSink) throws -> Void) {
      self.name = name
      self.write = write
    }
  }

  /// Writes files into a folder that exists: all of them, or none.
  ///
  /// 1. Every file is written in full under a temporary name, and flushed, before any that is there
  ///    is touched.
  /// 2. Then each takes its place; what was there before is kept under a temporary name until the
  ///    last has, and put back if one can't. Only a power cut or a kill in between these renames
  ///    can leave files of both.
  ///
  /// - Parameters:
  ///   - files: what to write.
  ///   - folder: where to; symbolic links on the way are followed, one in a file's place is refused.
  ///   - check: called between every 16 MB; throws to stop.
  /// - Throws: ``FileFailure``; what the files' writers and `check` throw.
  public static func write(
    _ files: [File], to folder: String, check: @escaping () throws -> Void = {}
  ) throws {
    try write(files, to: folder, check: check, calls: FileCalls())
  }

  package static func write(
    _ files: [File], to folder: String, check: @escaping () throws -> Void = {}, calls: FileCalls
  ) throws {
    let storage = DiskStorage(path: folder, calls: calls)
    let parent = try storage.openFolder([], create: false)
    var staged: [(name: String, file: any StagedFile)] = []
    for file in files {
      guard try storage.parts(file.name).count == 1 else {
        throw FileFailure(.write, storage.fullPath(file.name), code: EINVAL)
      }
      let sink = ObjectSink(check: check) { () throws(FileFailure) in try storage.stage() }
      try file.write(sink)
      staged.append((file.name, try sink.wholeFile()))
    }
    try check()
    var placed: [(name: String, kept: String?)] = []
    do {
      for (name, file) in staged {
        placed.append((name, try setAside(name, in: parent, path: storage.fullPath(name), calls)))
        try file.commit(as: name)
      }
    } catch {
      for (name, kept) in placed.reversed() {
        if let kept {
          renameat(parent.number, kept, parent.number, name)
          // Renaming one name of a file to another of the same file does nothing.
          unlinkat(parent.number, kept, 0)
        } else {
          unlinkat(parent.number, name, 0)
        }
      }
      throw error
    }
    for case let (_, kept?) in placed { unlinkat(parent.number, kept, 0) }
  }

  /// Gives a file that is there a second, temporary name; nil where there is none.
  private static func setAside(
    _ name: String, in folder: borrowing Descriptor, path: String, _ calls: FileCalls
  ) throws(FileFailure) -> String? {
    var status = stat()
    guard fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return nil }
      throw FileFailure(.write, path, code: errno)
    }
    guard status.isRegularFile else { throw FileFailure(.write, path, reason: .notRegular) }
    let kept = "\(DurableFile.temporaryPrefix)\(getpid())-old-\(name)"
    unlinkat(folder.number, kept, 0)
    guard linkat(folder.number, name, folder.number, kept, 0) == 0 else {
      // A file system without links: moved away instead, which a kill would leave so.
      let moved = calls.move(folder.number, name, folder.number, kept)
      guard moved >= 0 else {
        throw FileFailure(.rename, path, code: Int32(truncatingIfNeeded: -moved))
      }
      return kept
    }
    return kept
  }
}
