import Glibc
import Testing

/// A folder of one test, removed with everything in it when the test ends.
final class TemporaryFolder: Sendable {
  let path: String

  /// Where folders are made unless a test says otherwise.
  static let disk = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  /// A place that no disk is behind, where there is one.
  static let memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : disk

  init(_ files: [String: String] = [:], in parent: String = disk) throws {
    var template = Array("\(parent)/poise-program-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    for (name, text) in files { try write(text, to: name) }
  }

  deinit { Self.remove(path) }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// Removes a file, or a folder with everything in it.
  func remove(_ name: String) { Self.remove(self(name)) }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    for name in names(in: path) { remove(path + "/" + name) }
    rmdir(path)
  }

  /// Writes a file; makes the folders that it is in.
  func write(_ bytes: [UInt8], to name: String) throws {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
    let file = open(self(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    try #require(file >= 0, "\(name) can't be written")
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      try #require(count > 0)
      rest = rest.dropFirst(count)
    }
  }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  /// Replaces a file in one step, as careful editors do.
  func replace(_ name: String, with text: String) throws {
    try write(text, to: name + ".edited")
    try #require(rename(self(name + ".edited"), self(name)) == 0)
  }

  func read(_ name: String) throws -> [UInt8] {
    let file = open(self(name), O_RDONLY | O_CLOEXEC)
    try #require(file >= 0, "\(name) can't be read")
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      try #require(count >= 0, "\(name) can't be read")
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }

  func exists(_ name: String) -> Bool { access(self(name), F_OK) == 0 }

  /// The names in a folder, sorted.
  func names(in name: String = ".") -> [String] { Self.names(in: self(name)) }

  private static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// All regular files below a folder, as paths from this folder.
  func files(below name: String) -> [String] {
    names(in: name).flatMap { entry -> [String] in
      let path = name + "/" + entry
      var status = stat()
      guard lstat(self(path), &status) == 0 else { return [] }
      return status.st_mode & S_IFMT == S_IFDIR ? files(below: path) : [path]
    }
  }

  /// What tells whether a file was written, even with the same bytes.
  func stamp(_ name: String) throws -> [Int] {
    var status = stat()
    try #require(stat(self(name), &status) == 0)
    return [
      Int(status.st_ino), Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec),
      Int(status.st_size), Int(status.st_mode),
    ]
  }
}
