import Glibc

/// Paths that begin like a text.
enum PathCompletion {
  /// A folder of more entries is not listed to its end.
  private static let limit = 10_000

  /// The paths that begin with a text, folders with a slash behind them. Hidden ones only where
  /// the text names a point.
  static func candidates(_ text: String, in base: String) -> [String] {
    let slash = text.lastIndex(of: "/").map { text.index(after: $0) } ?? text.startIndex
    let folder = String(text[..<slash])
    let name = text[slash...]
    var place = folder.hasPrefix("/") ? folder : base + "/" + folder
    if folder.hasPrefix("~/"), let home = Workspace.environment("HOME") {
      place = home + folder.dropFirst()
    }
    guard let stream = opendir(place) else { return [] }
    defer { closedir(stream) }
    var found: [String] = []
    for _ in 0..<limit {
      guard let entry = readdir(stream) else { break }
      let type = entry.pointee.d_type
      let item = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard item != ".", item != "..", item.hasPrefix(name),
        name.hasPrefix(".") || !item.hasPrefix(".")
      else { continue }
      var isFolder = type == UInt8(DT_DIR)
      if type == UInt8(DT_LNK) || type == UInt8(DT_UNKNOWN) {
        var status = stat()
        isFolder = stat(place + "/" + item, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      }
      found.append(folder + item + (isFolder ? "/" : ""))
    }
    return found
  }
}
