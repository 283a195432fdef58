import Testing

/// `docs/architecture.md` has the table of modules; imports and Package.swift keep to it.
@Suite struct ModuleTableTests {
  /// What every module may use besides its row.
  static let common: Set<String> = [
    "Swift", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization",
  ]

  struct Row: Equatable {
    let module: String
    let mayImport: Set<String>
    /// Planned, and without content yet.
    let isToCome: Bool
  }

  /// The rows of the table, in its order.
  static func table() throws -> [Row] {
    let lines = try Repository.text("docs/architecture.md").split(separator: "\n")
    let start = try #require(
      lines.firstIndex { $0.hasPrefix("| module |") && $0.hasSuffix("may import |") })
    return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
      let columns = line.split(separator: "|").map(String.init)
      return Row(
        module: words(in: columns.first ?? "").first ?? "",
        mayImport: Set(words(in: columns.last ?? "")), isToCome: line.contains("to come"))
    }
  }

  /// The words in backticks.
  static func words(in text: String) -> [String] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  @Test func thereIsARowForEachModule() throws {
    let table = try Self.table()
    let modules = try Repository.modules()
    #expect(Set(table.filter { !$0.isToCome }.map(\.module)) == modules)
    #expect(Set(table.map(\.module)).count == table.count, "a module has two rows")
    for row in table where row.isToCome {
      #expect(!modules.contains(row.module), "\(row.module) is there, and not to come")
    }
  }

  @Test func aModuleKnowsOnlyWhatStandsAboveIt() throws {
    var above: Set<String> = []
    for row in try Self.table() {
      #expect(row.mayImport.isSubset(of: above), "\(row.module)")
      above.insert(row.module)
    }
  }

  @Test func importsKeepToTheTable() throws {
    let table = try Self.table()
    var seen: [String: Set<String>] = [:]
    for file in try Repository.sources() {
      let module = String(file.split(separator: "/")[1])
      let row = try #require(table.first { $0.module == module }, "no row for \(module)")
      for line in code(of: try Repository.text(file)) {
        guard let imported = Self.imported(line) else { continue }
        #expect(
          row.mayImport.union(Self.common).contains(imported), "\(file) imports \(imported)")
        seen[module, default: []].insert(imported)
      }
    }
    #expect(seen["Workbench"]?.contains("Language") == true, "imports were not read")
  }

  /// The module that a line imports.
  static func imported(_ line: String) -> String? {
    let words = line.split(separator: " ").map(String.init)
    guard let index = words.firstIndex(of: "import"), words.count > index + 1,
      words[..<index].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) })
    else { return nil }
    // `import struct Module.Name` names the module second.
    let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    let name =
      kinds.contains(words[index + 1]) ? words.dropFirst(index + 2).first : words[index + 1]
    return name?.split(separator: ".").first.map(String.init)
  }

  static let modifiers: Set<String> = ["public", "package", "internal", "private", "fileprivate"]

  @Test func importsAreRecognised() {
    #expect(Self.imported("import Glibc") == "Glibc")
    #expect(Self.imported("public import Artifacts") == "Artifacts")
    #expect(Self.imported("@preconcurrency import Foundation.NSURL") == "Foundation")
    #expect(Self.imported("import struct Foundation.Data") == "Foundation")
    #expect(Self.imported("let important = import_x") == nil)
  }

  @Test func packageDependenciesAreThoseOfTheTable() throws {
    let targets = Self.targets(in: try Repository.text("Package.swift"))
    for row in try Self.table() where !row.isToCome {
      let dependencies = try #require(targets[row.module], "\(row.module) is no target")
      #expect(dependencies == row.mayImport, "\(row.module)")
    }
    #expect(Set(targets.keys) == (try Repository.modules()))
  }

  /// The targets of Package.swift, without tests, with what they depend on.
  static func targets(in manifest: String) -> [String: Set<String>] {
    // The words in quotes from one opening of a target to the next: its name, its dependencies.
    let openings = ["module(", "kernels(", ".executableTarget(", ".systemLibrary("]
    let others = ["tests(", ".target(", ".testTarget(", ".library(", ".executable("]
    guard let list = manifest.firstRange(of: "targets: [\n    // MARK") else { return [:] }
    var targets: [String: Set<String>] = [:]
    var current: String?
    for line in manifest[list.lowerBound...].split(separator: "\n") {
      let trimmed = line.drop { $0 == " " }
      if trimmed.hasPrefix("//") { continue }
      if openings.contains(where: trimmed.hasPrefix) || others.contains(where: trimmed.hasPrefix) {
        current = openings.contains(where: trimmed.hasPrefix) ? "" : nil
      }
      let words = line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
      for word in words {
        guard let name = current else { continue }
        if name.isEmpty {
          current = word
          targets[word] = []
        } else {
          targets[name, default: []].insert(word)
        }
      }
    }
    return targets
  }
}
