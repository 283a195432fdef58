import Glibc

/// Writing several files that belong together into one folder.
public enum DurableFolder {
  /// A file to write: its name, and what gives its bytes to a sink.
  public struct File {
    /// The name in the folder, which may be in a folder of it: `a` or `b/a`.
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
  ///    can leave files of both. Folders that names ask for are made then, and go again if one can't.
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
    let root = try storage.openFolder([], create: false)
    var staged: [(target: Target, file: any StagedFile)] = []
    for file in files {
      let parts = try storage.parts(file.name)
      guard let last = parts.last, parts.count <= 2 else {
        throw FileFailure(.write, storage.fullPath(file.name), code: EINVAL)
      }
      let sink = ObjectSink(check: check) { () throws(FileFailure) in try storage.stage() }
      try file.write(sink)
      staged.append(
        (
          Target(name: file.name, folder: parts.dropLast(), last: String(last)),
          try sink.wholeFile()
        ))
    }
    try check()
    var made: [String] = []
    var placed: [(target: Target, kept: String?)] = []
    do {
      for (target, file) in staged {
        if let folder = target.folder.first.map(String.init), !exists(folder, in: root) {
          made.append(folder)
        }
        let parent = try storage.openFolder(target.folder, create: true)
        placed.append(
          (
            target,
            try setAside(target.last, in: parent, path: storage.fullPath(target.name), calls)
          ))
        try file.commit(as: target.name)
      }
    } catch {
      for (target, kept) in placed.reversed() {
        guard let parent = try? storage.openFolder(target.folder, create: false) else { continue }
        if let kept {
          renameat(parent.number, kept, parent.number, target.last)
          // Renaming one name of a file to another of the same file does nothing.
          unlinkat(parent.number, kept, 0)
        } else {
          unlinkat(parent.number, target.last, 0)
        }
      }
      for folder in made { unlinkat(root.number, folder, AT_REMOVEDIR) }
      throw error
    }
    for case let (target, kept?) in placed {
      guard let parent = try? storage.openFolder(target.folder, create: false) else { continue }
      unlinkat(parent.number, kept, 0)
    }
  }

  /// Where a file goes.
  private struct Target {
    var name: String
    var folder: [Substring]
    var last: String
  }

  private static func exists(_ name: String, in folder: borrowing Descriptor) -> Bool {
    var status = stat()
    return fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0
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
