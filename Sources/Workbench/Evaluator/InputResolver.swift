import Artifacts
import Corpora

/// Turns path arguments into files that may be read, and digests of what is in them.
struct InputResolver: Sendable {
  let scope: ReadScope
  /// The folder that relative paths start from.
  let base: String
  let digests: FileDigests
  /// Paths given from outside, with the names of their parameters: where they lie on this machine
  /// has no place in a document.
  let shownNames: [String: String]
  let check: @Sendable () throws -> Void
  /// The real path of the notebook: what it shows must not change what it reads.
  let notebook: String?

  /// What a path is called in messages.
  func shown(_ written: String) -> String {
    shownNames[written].map { "{\($0)}" } ?? written
  }

  /// A message in which paths given from outside stand as what they are called.
  func shown(in message: String) -> String {
    var message = message
    for path in shownNames.keys.sorted(by: >) {
      message = TableOperations.split(message, at: path).joined(separator: shown(path))
    }
    return message
  }

  /// What is wrong with a path, without where it lies on this machine.
  func problem(_ error: any Error, written: String) -> String {
    var text = InputProblem.text(error, written: shown(written))
    if let path = try? scope.resolve(written, relativeTo: base) {
      text = InputProblem.text(text, without: path, written: shown(written))
    }
    return shown(in: text)
  }

  /// Resolves a path for a verb: confined to the scope, expanded to files, hashed.
  func resolve(_ written: String, for verb: Verb) throws -> ResolvedInput {
    // What is given from outside may be read; where it is not there, that is what to say.
    if shownNames[written] != nil, RealPath.resolve(written) == nil {
      throw AccessError.notFound(path: written)
    }
    let place = try place(written, for: verb)
    let path = try place ?? scope.resolve(written, relativeTo: base)
    let names: [String]
    do {
      names = try verb.files?(path) ?? [path]
    } catch let error as CollectionError {
      throw VerbError(InputProblem.text("\(error)", without: path, written: written))
    }
    let files = try names.map { name in
      if place == nil { return try scope.resolve(name, relativeTo: base) }
      guard let file = RealPath.resolve(name) else { throw AccessError.notFound(path: name) }
      return file
    }
    // Stamped before hashing: a change during the hashing is noticed after the run, too.
    let stamps = try files.map { try digests.stamp(ofFile: $0) }
    if let notebook, files.contains(notebook) { throw ReadsItself() }
    var hasher = KeyHasher(domain: "poise-input")
    // An object that is called by its short name is told apart from the same files elsewhere.
    if place != nil { hasher.add(string: written) }
    hasher.add(int: files.count)
    for file in files {
      hasher.add(string: Self.relative(file, to: path))
      hasher.add(digest: try digests.digest(ofFile: file, check: check))
    }
    return ResolvedInput(
      written: shown(written), path: path, files: files, digest: hasher.finish(),
      stamps: stamps)
  }

  /// The real folder that a short name stands for; nil where it is a path.
  private func place(_ written: String, for verb: Verb) throws -> String? {
    guard shownNames[written] == nil, verb.shortNames.contains(written) else { return nil }
    do {
      return try verb.place.flatMap { RealPath.resolve(try $0(written)) }
    } catch {
      throw error as? VerbError ?? VerbError("\(error)")
    }
  }

  /// Whether the files are still the ones that were hashed.
  static func isUnchanged(_ input: ResolvedInput) throws -> Bool {
    try input.files.map { try FileStamp.of($0) } == input.stamps
  }

  /// Names inside a folder are part of what is read; where the folder is, is not.
  private static func relative(_ file: String, to root: String) -> String {
    if file == root { return "" }
    return file.hasPrefix(root + "/") ? String(file.dropFirst(root.count + 1)) : file
  }
}

/// A path argument stands for files among which is the notebook itself.
struct ReadsItself: Error {}
