import Glibc

/// Looks at folders without opening any file.
enum FileTree {
  enum Kind { case file, folder, other }

  /// The path with all symbolic links resolved, or nil where there is nothing.
  static func resolved(_ path: String) -> String? {
    guard let pointer = realpath(path, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }

  /// What is at a path, links followed.
  static func kind(_ path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// The names in a folder in ascending order of their bytes, without hidden ones.
  static func names(in folder: String, shown: String) throws -> [String] {
    guard let stream = opendir(folder) else { throw TextFile.unreadable(shown) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted(by: idPrecedes)
  }

  /// All files below a folder whose names pass, as paths relative to it in ascending order.
  ///
  /// Links to folders are not followed (they could lead in circles), nor are links to files
  /// outside of the folder.
  static func files(
    below folder: String, shown: String, limit: Int, where wanted: (String) -> Bool
  ) throws -> (paths: [String], notes: [LoadNote]) {
    var paths: [String] = []
    var notes: [LoadNote] = []
    var pending = [""]
    while let prefix = pending.popLast() {
      for name in try names(in: folder + "/" + prefix, shown: shown + "/" + prefix) {
        let relative = prefix + name
        let path = folder + "/" + relative
        let kind = kind(path)
        if isLink(path) {
          if kind == .folder {
            notes.append(.linkSkipped(path: relative, reason: "it leads to a folder"))
            continue
          }
          guard let target = resolved(path), target.hasPrefix(folder + "/") else {
            if wanted(name) {
              notes.append(.linkSkipped(path: relative, reason: "it leads out of the folder"))
            }
            continue
          }
        }
        if kind == .folder { pending.append(relative + "/") }
        if kind == .file, wanted(name) { paths.append(relative) }
        guard paths.count <= limit else {
          throw CollectionError.tooManyFiles(path: shown, limit: limit)
        }
      }
    }
    return (paths.sorted(by: idPrecedes), notes)
  }
}
