import Artifacts
import Glibc
import Testing

/// A folder for one test, removed with everything in it when the test ends.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/poise-workbench-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileFailure(.createFolder, "/tmp", code: errno) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { Self.remove(path) }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    for name in list(path) { remove(path + "/" + name) }
    rmdir(path)
  }

  /// Writes a file without the code under test; makes the folders that it is in.
  func write(_ bytes: [UInt8], to name: String) throws {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
    let file = Glibc.open(self(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    try #require(file >= 0, "\(name) can't be written")
    defer { close(file) }
    try #require(
      bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == bytes.count)
  }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  func bytes(_ name: String) throws -> [UInt8] { try Self.bytes(at: self(name)) }

  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  func exists(_ name: String) -> Bool {
    var status = stat()
    return lstat(self(name), &status) == 0
  }

  /// The names in a folder, sorted; none where there is no such folder.
  func names(_ folder: String = ".") -> [String] { Self.list(self(folder)) }

  /// The regular files below a folder, by relative path, sorted.
  func files(below folder: String) -> [String] { Self.files(below: self(folder)) }

  static func files(below folder: String, prefix: String = "") -> [String] {
    list(folder).flatMap { name -> [String] in
      var status = stat()
      guard lstat(folder + "/" + name, &status) == 0 else { return [] }
      if status.st_mode & S_IFMT == S_IFDIR {
        return files(below: folder + "/" + name, prefix: prefix + name + "/")
      }
      return [prefix + name]
    }
  }

  static func bytes(at path: String) throws -> [UInt8] {
    let file = Glibc.open(path, O_RDONLY)
    try #require(file >= 0, "\(path) can't be read")
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count <= 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  static func list(_ path: String) -> [String] {
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
}
