package import Language

/// A verb of the language: its signature, and what it does.
package struct Verb: Sendable {
  package let signature: VerbSignature
  /// The files that a path argument stands for, given its real path; nil where it is one file.
  package let files: (@Sendable (String) throws -> [String])?
  /// Short names that may be given as a path.
  package let shortNames: [String]
  /// The folder that one of ``shortNames`` stands for, wherever it lies. What it gives may be read,
  /// since the program and not the notebook chose it.
  package let place: (@Sendable (String) throws -> String)?
  /// What a call takes, from what is known before it runs: refused where it needs more memory than
  /// there is, and printed by `poise plan`. In a plan, arguments may have to be computed first;
  /// asking ``Arguments`` for one of those throws, and the plan says what it waits for.
  package let estimate: (@Sendable (Arguments, [String: ResolvedInput]) throws -> PlannedWork?)?
  /// What to show for an empty list from this verb, where `[]` would leave the reader wondering.
  package let emptyText: String?
  /// Which calls of a compute verb are worth a stored result; nil for all. The others run like
  /// those of a describe verb, each time anew.
  package let isStored: (@Sendable (Arguments) -> Bool)?
  /// The verbs that ``run`` computes by ``VerbContext/compute(_:_:)``, which gives no others. Their
  /// versions are part of all keys that this verb's version is part of.
  package let computes: [String]
  package let run: @Sendable (Arguments, VerbContext) throws -> Value

  package init(
    _ signature: VerbSignature, files: (@Sendable (String) throws -> [String])? = nil,
    shortNames: [String] = [], place: (@Sendable (String) throws -> String)? = nil,
    estimate: (@Sendable (Arguments, [String: ResolvedInput]) throws -> PlannedWork?)? = nil,
    emptyText: String? = nil, isStored: (@Sendable (Arguments) -> Bool)? = nil,
    computes: [String] = [],
    run: @escaping @Sendable (Arguments, VerbContext) throws -> Value
  ) {
    self.signature = signature
    self.files = files
    self.shortNames = shortNames
    self.place = place
    self.estimate = estimate
    self.emptyText = emptyText
    self.isStored = isStored
    self.computes = computes
    self.run = run
  }
}

extension Verb {
  /// How a call with these arguments runs; one that may turn out plain once an argument is there is
  /// taken for plain.
  func purity(with arguments: Arguments) -> VerbSignature.Purity {
    guard signature.purity == .compute, let isStored else { return signature.purity }
    return isStored(arguments) ? .compute : .describe
  }

  /// A describe verb that gives its own arguments, such as `lora(rank: 8)`: what takes it reads them
  /// from `Arguments.option(_:anyOf:)`, and hashes them into its key with the verb's version.
  ///
  /// - Parameters:
  ///   - signature: Its result is the option; whatever it says is not asked.
  ///   - check: Throws where arguments do not do.
  /// - Returns: The verb.
  package static func option(
    _ signature: VerbSignature, check: @escaping @Sendable (Arguments) throws -> Void = { _ in }
  ) -> Verb {
    let name = signature.name
    let version = signature.version
    var own = VerbSignature(
      name, topic: signature.topic, .describe, version: version, summary: signature.summary,
      example: signature.example, parameters: signature.parameters,
      isMeasured: signature.isMeasured, result: { _ in .option(name) })
    if let constraint = signature.constraint { own = own.constrained(by: constraint) }
    return Verb(own) { arguments, _ in
      try check(arguments)
      return .option(OptionValue(verb: name, version: version, arguments: arguments.values))
    }
  }
}

/// What a verb says when its arguments do not do; the evaluator adds the place.
package struct VerbError: Error, Hashable, Sendable {
  package let message: String
  /// The parameter at fault, so that the caret points at its argument.
  package let parameter: String?
  package let help: String?

  package init(_ message: String, parameter: String? = nil, help: String? = nil) {
    self.message = message
    self.parameter = parameter
    self.help = help
  }
}

/// All verbs by name.
package struct VerbLibrary: Sendable {
  private let verbs: [String: Verb]
  /// In the order of the generated help.
  package let all: [Verb]

  package init(_ verbs: [Verb]) {
    all = verbs
    self.verbs = Dictionary(verbs.map { ($0.signature.name, $0) }) { first, _ in first }
  }

  package subscript(name: String) -> Verb? { verbs[name] }

  /// The versions of the verbs that one computes while it runs, directly or through others, by
  /// name; without its own.
  package func versions(inside name: String) -> [(name: String, version: Int)] {
    var found: [String: Int] = [:]
    var open = self[name]?.computes ?? []
    while let inner = open.popLast() {
      guard inner != name, found[inner] == nil, let verb = self[inner] else { continue }
      found[inner] = verb.signature.version
      open += verb.computes
    }
    return found.sorted { $0.key < $1.key }.map { (name: $0.key, version: $0.value) }
  }

  /// What this version of Poise can do.
  package static let standard = VerbLibrary(
    dataVerbs + worldVerbs + indexVerbs + searchVerbs + liveVerbs + vectorVerbs + encoderVerbs
      + modelVerbs + trainingVerbs + adaptationVerbs + generationVerbs + answererVerbs
      + routerVerbs + answeringVerbs + [calibrate] + recordedVerbs + evaluationVerbs
      + weighingVerbs
      + tableVerbs
      + statisticsVerbs + plotVerbs
      + sessionVerbs)
}
