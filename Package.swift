// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A Swift module of the project; `docs/architecture.md` says what each may import and why.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one module, in `Tests/<module>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies,
    swiftSettings: settings)
}

let package = Package(
  name: "poise",
  products: [
    .executable(name: "poise", targets: ["poise"]),
    .executable(name: "poise-bench", targets: ["poise-bench"]),
  ],
  targets: [
    // MARK: Debian's C libraries
    .systemLibrary(name: "CSQLite"),
    .systemLibrary(name: "CMarkGFM"),
    .systemLibrary(name: "CReadline"),
    .systemLibrary(name: "CCrypto"),
    .systemLibrary(name: "CStemmer"),

    // MARK: The notebook
    module("Diagnostics"),
    module("Language", ["Diagnostics"]),
    module("NotebookFormat", ["Diagnostics", "CMarkGFM", "CCrypto"]),
    module("Artifacts", ["CSQLite", "CCrypto"]),

    // MARK: The engine
    module("Execution"),
    module("Corpora", ["Execution", "CStemmer"]),
    module("Retrieval", ["Execution", "Corpora"]),
    module("Evaluation", ["Execution", "Corpora"]),
    module("Plotting"),

    // MARK: The workbench
    module(
      "Workbench",
      [
        "Diagnostics", "Language", "NotebookFormat", "Artifacts", "Execution", "Corpora",
        "Retrieval", "Evaluation", "Plotting",
      ]),
    .executableTarget(
      name: "poise", dependencies: ["Workbench", "Diagnostics", "CReadline"],
      swiftSettings: settings),
    .executableTarget(
      name: "poise-bench",
      dependencies: ["Execution", "Corpora", "Retrieval", "Evaluation"],
      swiftSettings: settings),

    // MARK: Tests
    // Folders that are gone when a test ends.
    .target(name: "TestFolders", path: "Tests/TestFolders", swiftSettings: settings),
    tests("Diagnostics"),
    tests("Language", ["Diagnostics"]),
    tests("NotebookFormat", ["Diagnostics", "Execution"]),
    tests("Artifacts", ["TestFolders"]),
    tests("Execution"),
    tests("Corpora", ["Execution", "TestFolders"]),
    tests("Retrieval", ["Execution", "Corpora", "Evaluation"]),
    tests("Evaluation", ["Execution", "Corpora"]),
    tests("Plotting"),
    .testTarget(
      name: "WorkbenchTests",
      dependencies: [
        "Workbench", "Diagnostics", "Language", "NotebookFormat", "Artifacts", "Execution",
        "Corpora", "Retrieval", "Evaluation", "Plotting", "CMarkGFM", "TestFolders",
      ],
      // Read where they lie, and written there when a test records them anew.
      exclude: ["Cases", "Fixtures"], swiftSettings: settings),
    // Drives the built `poise` program as a person or a script would.
    .testTarget(
      name: "PoiseTests",
      dependencies: ["poise", "poise-bench", "Artifacts", "NotebookFormat", "TestFolders"],
      swiftSettings: settings),
    // Holds the repository itself: the import table, and what no file may hold.
    .testTarget(name: "RepositoryTests", dependencies: [], swiftSettings: settings),
  ]
)
