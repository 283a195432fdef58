import FoundationEssentials
import Testing

/// The files of this repository, as the tests of it read them.
enum Repository {
  /// The folder with Package.swift.
  static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }()

  /// What a build or a run leaves, which is no part of the repository.
  private static let ignored: Set<String> = [".build", ".git", "artifacts", ".DS_Store"]

  /// All files below a folder, as paths from the root; sorted.
  static func files(below folder: String = "") throws -> [String] {
    let path = folder.isEmpty ? root : root + "/" + folder
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted().flatMap {
      name -> [String] in
      guard !ignored.contains(name), !name.hasSuffix(".o") else { return [] }
      let relative = folder.isEmpty ? name : folder + "/" + name
      var isFolder = false
      guard FileManager.default.fileExists(atPath: root + "/" + relative, isDirectory: &isFolder)
      else { return [] }
      return isFolder ? try files(below: relative) : [relative]
    }
  }

  static func text(_ name: String) throws -> String {
    let data = try #require(FileManager.default.contents(atPath: root + "/" + name), "\(name)")
    return String(decoding: data, as: UTF8.self)
  }

  /// The Swift files of all modules.
  static func sources() throws -> [String] {
    let files = try files(below: "Sources").filter { $0.hasSuffix(".swift") }
    try #require(files.count > 100, "the sources were not found")
    return files
  }

  /// The folders in `Sources`.
  static func modules() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: root + "/Sources"))
  }
}

/// The lines of a Swift file with comments and the insides of string literals blanked, so that
/// words in them count for nothing.
func code(of text: String) -> [String] {
  var lines: [String] = []
  var isInText = false
  for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
    var code = ""
    var rest = line[...]
    while let first = rest.first {
      if rest.hasPrefix("\"\"\"") {
        isInText.toggle()
        rest = rest.dropFirst(3)
      } else if isInText {
        rest = rest.dropFirst()
      } else if rest.hasPrefix("//") {
        break
      } else if first == "\"" {
        rest = rest.dropFirst()
        while let character = rest.first, character != "\"" {
          rest = rest.dropFirst(character == "\\" ? 2 : 1)
        }
        rest = rest.dropFirst()
        code += "\"\""
      } else {
        code.append(first)
        rest = rest.dropFirst()
      }
    }
    lines.append(code)
  }
  return lines
}
