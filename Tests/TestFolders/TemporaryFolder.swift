import Glibc

/// A folder for one test, removed with everything in it when the test ends. Files are written and
/// read without the code under test.
package final class TemporaryFolder: Sendable {
  /// A file operation of a test that failed.
  package struct Failure: Error {
    let what: String
    let path: String
    let code: Int32
  }

  /// The folder's path.
  package let path: String

  /// Where folders are made unless a test says otherwise.
  package static let disk = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  /// A place that no disk is behind, where there is one.
  package static let memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : disk

  /// Makes a folder with files in it, text by name.
  package init(_ files: [String: String] = [:], in parent: String = disk) throws {
    var template = Array("\(parent)/poise-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure(what: "make a folder", path: parent, code: errno)
    }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    for (name, text) in files { try write(text, to: name) }
  }

  deinit { Self.remove(path) }

  /// The path of a name in the folder.
  package func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// Removes a file, or a folder with everything in it.
  package func remove(_ name: String) { Self.remove(self(name)) }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    for name in list(path) { remove(path + "/" + name) }
    rmdir(path)
  }

  /// Writes a file; makes the folders that it is in.
  package func write(_ bytes: [UInt8], to name: String) throws {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
    // No child process may inherit what a test writes: a program is not run while it is open.
    let file = open(self(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Failure(what: "write", path: name, code: errno) }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Failure(what: "write", path: name, code: errno) }
      rest = rest.dropFirst(count)
    }
  }

  /// Writes a text; makes the folders that it is in.
  package func write(_ text: String, to name: String) throws {
    try write(Array(text.utf8), to: name)
  }

  /// Replaces a file in one step, as careful editors do.
  package func replace(_ name: String, with text: String) throws {
    try write(text, to: name + ".edited")
    guard rename(self(name + ".edited"), self(name)) == 0 else {
      throw Failure(what: "replace", path: name, code: errno)
    }
  }

  /// The bytes of a file in the folder.
  package func read(_ name: String) throws -> [UInt8] { try Self.bytes(at: self(name)) }

  /// The text of a file in the folder.
  package func text(_ name: String) throws -> String {
    String(decoding: try read(name), as: UTF8.self)
  }

  /// The bytes of any file.
  package static func bytes(at path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Failure(what: "read", path: path, code: errno) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      guard count >= 0 else { throw Failure(what: "read", path: path, code: errno) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// Whether there is anything of that name, be it a link that leads nowhere.
  package func exists(_ name: String) -> Bool {
    var status = stat()
    return lstat(self(name), &status) == 0
  }

  /// The names in a folder, sorted; none where there is no such folder.
  package func names(in folder: String = ".") -> [String] { Self.list(self(folder)) }

  /// The names in any folder, sorted.
  package static func list(_ path: String) -> [String] {
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

  /// The regular files below a folder, by path from there, sorted.
  package func files(below folder: String) -> [String] { Self.files(below: self(folder)) }

  /// The regular files below any folder, by path from there, sorted.
  package static func files(below folder: String) -> [String] {
    list(folder).flatMap { name -> [String] in
      var status = stat()
      guard lstat(folder + "/" + name, &status) == 0 else { return [] }
      guard status.st_mode & S_IFMT == S_IFDIR else { return [name] }
      return files(below: folder + "/" + name).map { name + "/" + $0 }
    }
  }

  /// What tells whether a file was written, even with the same bytes.
  package func stamp(_ name: String) throws -> [Int] {
    var status = stat()
    guard stat(self(name), &status) == 0 else {
      throw Failure(what: "look at", path: name, code: errno)
    }
    return [
      Int(status.st_ino), Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec),
      Int(status.st_size), Int(status.st_mode),
    ]
  }

  /// Sets both times of a file to so many seconds before now.
  package func age(_ name: String, seconds: Int) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    now.tv_sec -= seconds
    utimensat(AT_FDCWD, self(name), [now, now], 0)
  }
}
