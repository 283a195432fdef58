import Glibc

/// Whether a file may be read, by its path with all links resolved.
public typealias ReadPermission = @Sendable (_ resolvedPath: String) -> Bool

/// A folder that files are opened in by name, such that none of them leads anywhere else: names
/// are relative and without `..`, and links are resolved before the file is opened.
///
/// Where files outside the folder may be read is for the caller to say: checkpoints in the cache of
/// Hugging Face's hub are folders of links.
package struct CheckpointFolder: Sendable {
  /// The folder as the caller named it, for messages.
  package let path: String
  private let resolved: String
  private let permission: ReadPermission?

  package init(_ path: String, mayRead permission: ReadPermission?) throws(SafetensorsError) {
    guard let resolved = MappedFile.resolved(path) else {
      throw .unreadable(file: path, reason: MappedFile.reason())
    }
    var status = stat()
    guard stat(resolved, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .unreadable(file: path, reason: "not a folder")
    }
    self.path = path
    self.resolved = resolved
    self.permission = permission
  }

  /// The name of a file in messages.
  package func shown(_ name: String) -> String {
    path.hasSuffix("/") ? path + name : "\(path)/\(name)"
  }

  /// Whether the folder has something of that name.
  package func has(_ name: String) -> Bool { MappedFile.exists("\(resolved)/\(name)") }

  /// The resolved path of a file.
  ///
  /// - Parameters:
  ///   - name: A relative path, perhaps out of a file that is not to be trusted.
  ///   - file: The file that names it, for messages.
  /// - Returns: A path without links.
  /// - Throws: ``SafetensorsError`` where there is nothing or it may not be read.
  package func locate(_ name: String, namedBy file: String) throws(SafetensorsError) -> String {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.utf8.contains(0), parts.allSatisfy({ !["", ".", ".."].contains($0) }) else {
      throw .forbidden(file: file, path: name)
    }
    guard let found = MappedFile.resolved("\(resolved)/\(name)") else {
      throw .missingShard(file: file, shard: name, reason: MappedFile.reason())
    }
    let inside = resolved == "/" || found.hasPrefix(resolved + "/")
    guard permission.map({ $0(found) }) ?? inside else {
      throw .forbidden(file: file, path: name)
    }
    return found
  }

  /// The resolved path of a file with a fixed name.
  package func locate(_ name: String) throws(SafetensorsError) -> String {
    try locate(name, namedBy: path)
  }
}
