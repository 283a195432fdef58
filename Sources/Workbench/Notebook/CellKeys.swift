package import Artifacts
import Language

/// What a cell's output depends on, as one digest; or why that can't be told.
package struct CellKey: Sendable, Hashable {
  /// Nil where an input file can't be read.
  package let digest: Digest?
  /// The parts of the key by name, for `explain`: `syntax`, `cell a`, `param k`, `verb bm25`,
  /// `file docs`.
  package let parts: [Part]
  /// Why the key can't be told.
  package let problem: String?

  package struct Part: Sendable, Hashable, Codable {
    package let name: String
    package let digest: Digest
  }

  /// The key in hexadecimal.
  package var hex: String? { digest?.hex }

  /// The key of a failed run of the cell: another one, so that a failure is never fresh.
  package var failedHex: String? {
    digest.map { digest in
      var hasher = KeyHasher(domain: "poise-failed")
      hasher.add(digest: digest)
      return hasher.finish().hex
    }
  }

  /// The key of a region that says that the cell waits.
  package var waitingHex: String? {
    digest.map { digest in
      var hasher = KeyHasher(domain: "poise-waiting")
      hasher.add(digest: digest)
      return hasher.finish().hex
    }
  }
}

/// The keys of all cells: normalised syntax of the cell, the keys of the cells that it reads,
/// parameter values, verb versions, contents of input files.
struct CellKeys {
  private(set) var keys: [CellKey] = []

  init(
    cells: [CheckedCell], parsed: [ParsedCell], parameters: [ParameterInfo],
    pathParameters: Set<String>, verbs: VerbLibrary, resolver: InputResolver
  ) {
    let values = Dictionary(parameters.map { ($0.name, $0.value) }) { first, _ in first }
    var byID: [String: CellKey] = [:]
    var inputs: [InputName: Result<ResolvedInput, any Error>] = [:]
    for (cell, source) in zip(cells, parsed) {
      var parts = [Self.part("syntax", canonicalSyntax(source.statements))]
      var problem: String?
      for dependency in cell.dependencies {
        guard let key = byID[dependency], let digest = key.digest else {
          problem = problem ?? byID[dependency]?.problem
          continue
        }
        parts.append(CellKey.Part(name: "cell \(dependency)", digest: digest))
      }
      // The contents of what a path names are part of the key, so where that lies need not be.
      for name in cell.parameters where !pathParameters.contains(name) {
        let value = values[name].flatMap { $0 }.map { Value($0).quoted }
        parts.append(Self.part("param \(name)", value ?? "waiting"))
      }
      // A verb's result changes with those of the verbs that it computes on the way.
      let versions = cell.verbs.keys.reduce(into: cell.verbs) { versions, verb in
        for inner in verbs.versions(inside: verb) { versions[inner.name] = inner.version }
      }
      for (verb, version) in versions.sorted(by: { $0.key < $1.key }) {
        parts.append(Self.part("verb \(verb)", String(version)))
      }
      for input in cell.inputs {
        let name = InputName(verb: input.verb, path: input.path)
        guard let verb = verbs[input.verb] else { continue }
        let result = inputs[name] ?? Result { try resolver.resolve(input.path, for: verb) }
        inputs[name] = result
        switch result {
        case .success(let resolved):
          let isPath = input.isOverride && !verb.shortNames.contains(input.path)
          let shown = isPath ? "given from outside" : input.path
          parts.append(CellKey.Part(name: "file \(shown)", digest: resolved.digest))
        case .failure(let error):
          problem =
            problem
            ?? resolver.shown(
              in: InputProblem.text(error, written: resolver.shown(input.path)))
        }
      }
      let key = CellKey(
        digest: problem == nil ? Self.digest(parts) : nil, parts: parts, problem: problem)
      byID[cell.id] = key
      keys.append(key)
    }
  }

  private struct InputName: Hashable {
    let verb: String
    let path: String
  }

  private static func part(_ name: String, _ text: String) -> CellKey.Part {
    var hasher = KeyHasher(domain: "poise-part")
    hasher.add(string: text)
    return CellKey.Part(name: name, digest: hasher.finish())
  }

  private static func digest(_ parts: [CellKey.Part]) -> Digest {
    var hasher = KeyHasher(domain: "poise-cell")
    hasher.begin(list: parts.count)
    // Sorted, so that moving cells that do not read each other changes no key.
    for part in parts.sorted(by: { ($0.name, $0.digest.hex) < ($1.name, $1.digest.hex) }) {
      hasher.add(string: part.name)
      hasher.add(digest: part.digest)
    }
    return hasher.finish()
  }
}
