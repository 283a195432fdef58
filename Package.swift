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

/// The C target: loops that need run-time CPU dispatch, and nothing else.
func kernels(_ name: String) -> Target { .target(name: name) }

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
    kernels("CKernels"),
    module("Bytes"),
    module("Execution", ["Bytes"]),
    module("Tensors", ["CKernels", "Execution"]),
    module("Corpora", ["Bytes", "Execution", "CStemmer", "CSQLite"]),
    module("Retrieval", ["CKernels", "Bytes", "Execution", "Tensors", "Corpora"]),
    module("Safetensors", ["Diagnostics", "Bytes"]),
    module("Tokenizers", ["Bytes", "Execution"]),
    module(
      "LanguageModels",
      [
        "Diagnostics", "CKernels", "Bytes", "Execution", "Tensors", "Safetensors", "Tokenizers",
      ]),
    module(
      "TextEncoders",
      [
        "Diagnostics", "CKernels", "Bytes", "Execution", "Tensors", "Corpora", "Safetensors",
        "Tokenizers", "LanguageModels",
      ]),
    module(
      "Training",
      [
        "Bytes", "Execution", "Tensors", "Corpora", "Tokenizers", "LanguageModels", "TextEncoders",
        "Retrieval",
      ]),
    module("Evaluation", ["Execution", "Corpora"]),
    module(
      "Routing",
      [
        "Bytes", "Execution", "Corpora", "Retrieval", "Tokenizers", "LanguageModels",
        "TextEncoders", "Evaluation",
      ]),
    module("Plotting"),

    // MARK: The workbench
    module(
      "Workbench",
      [
        "Diagnostics", "Language", "NotebookFormat", "Artifacts", "Bytes", "Execution", "Tensors",
        "Corpora", "Retrieval", "Safetensors", "Tokenizers", "LanguageModels", "TextEncoders",
        "Training", "Evaluation", "Routing", "Plotting",
      ]),
    .executableTarget(
      name: "poise", dependencies: ["Workbench", "Diagnostics", "CReadline"],
      swiftSettings: settings),
    .executableTarget(
      name: "poise-bench",
      dependencies: [
        "CKernels", "Bytes", "Execution", "Tensors", "Corpora", "Retrieval", "Tokenizers",
        "LanguageModels", "TextEncoders", "Training", "Evaluation",
      ],
      swiftSettings: settings),

    // MARK: Tests
    // Folders that are gone when a test ends.
    .target(name: "TestFolders", path: "Tests/TestFolders", swiftSettings: settings),
    // Small random models and adapters, and stored bytes that are damaged.
    .target(
      name: "TestModels", dependencies: ["Bytes", "Execution", "LanguageModels", "Tokenizers"],
      path: "Tests/TestModels", swiftSettings: settings),
    tests("Diagnostics"),
    tests("Language", ["Diagnostics"]),
    tests("NotebookFormat", ["Diagnostics", "Execution"]),
    tests("Artifacts", ["TestFolders"]),
    tests("Execution", ["Bytes"]),
    tests("Bytes"),
    tests("Tensors", ["CKernels", "Execution"]),
    tests("Corpora", ["Bytes", "Execution", "TestFolders"]),
    tests("Retrieval", ["CKernels", "Bytes", "Execution", "Tensors", "Corpora", "Evaluation"]),
    tests("Safetensors", ["Bytes", "Execution", "TestFolders"]),
    tests("Tokenizers", ["Bytes", "Execution", "TestFolders"]),
    tests(
      "LanguageModels",
      ["Bytes", "Execution", "Tensors", "Safetensors", "Tokenizers", "TestFolders", "TestModels"]),
    tests(
      "TextEncoders",
      [
        "Bytes", "Execution", "Tensors", "Corpora", "Safetensors", "Tokenizers", "LanguageModels",
        "TestFolders",
      ]),
    tests(
      "Training",
      [
        "Bytes", "Execution", "Tensors", "Corpora", "Tokenizers", "LanguageModels", "TextEncoders",
        "Retrieval", "Evaluation", "TestFolders", "TestModels",
      ]),
    tests("Evaluation", ["Execution", "Corpora"]),
    tests(
      "Routing",
      [
        "Bytes", "Execution", "Corpora", "Retrieval", "Tokenizers", "LanguageModels",
        "TextEncoders", "Evaluation", "Tensors", "Training", "TestFolders", "TestModels",
      ]),
    tests("Plotting"),
    .testTarget(
      name: "WorkbenchTests",
      dependencies: [
        "Workbench", "Diagnostics", "Language", "NotebookFormat", "Artifacts", "Execution",
        "Corpora", "Retrieval", "Evaluation", "Plotting", "CMarkGFM", "TestFolders", "Bytes",
        "Tensors", "Safetensors", "Tokenizers", "LanguageModels", "TextEncoders", "Training",
        "Routing", "TestModels",
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
