package import Artifacts
package import Execution
package import Language
import Synchronization

/// Runs compute verbs through the store: key, look up, else compute, store and record.
///
/// One runner serves one session; it remembers what it has seen, so that a node is looked up once.
package final class NodeRunner {
  /// How stored results are used.
  package enum Mode: Sendable {
    case reuse
    /// Ignores stored results, stores new ones and tells where they differ.
    case recompute
    /// Runs nothing: a missing result throws ``NotStored``.
    case plan
  }

  /// What happened to a node, for `plan`, `explain` and the session's ledger.
  package struct Event: Sendable {
    package enum Kind: Sendable, Equatable {
      case reused
      case computed
      /// Computed anew, with another result than the stored one.
      case differs(from: Digest)
      case wanted
    }

    package let kind: Kind
    package let key: Digest
    package let label: String
    package let cost: Cost?
    /// The verb that was called.
    package let verb: String
    /// What a wanted node would take, as far as that is known.
    package let estimate: WorkEstimate?

    package init(
      kind: Kind, key: Digest, label: String, cost: Cost?, verb: String,
      estimate: WorkEstimate? = nil
    ) {
      self.kind = kind
      self.key = key
      self.label = label
      self.cost = cost
      self.verb = verb
      self.estimate = estimate
    }
  }

  /// Thrown when planning meets a node without a stored result.
  package struct NotStored: Error {
    package let label: String
  }

  package let store: ArtifactStore
  package var mode: Mode
  /// Told of every node once, in order.
  package var onEvent: (Event) -> Void = { _ in }
  /// Told of every verb that another computes, the outer one first.
  package var onNested: (String, String) -> Void = { _, _ in }
  /// Told while another process computes what is wanted here.
  package var onWaiting: @Sendable (String) -> Void = { _ in }
  /// Told of a stored object that could not be used.
  package var onLost: (String) -> Void = { _ in }
  package let provenance: Provenance
  private let verbs: VerbLibrary
  private var memo: [Digest: Value] = [:]
  /// Which node made an object, for lineage.
  private var producers: [Digest: Digest] = [:]
  private var actions: [Digest: Action] = [:]
  /// Objects that could not be read back; what made them has to run again.
  private var distrusted: Set<Digest> = []

  package init(
    store: ArtifactStore, mode: Mode, provenance: Provenance, verbs: VerbLibrary = .standard
  ) {
    self.verbs = verbs
    self.store = store
    self.mode = mode
    self.provenance = provenance
  }

  /// The result of a compute verb, from memory, from the store, or computed now.
  package func value(
    of verb: Verb, arguments: Arguments, inputs: [String: ResolvedInput], work: WorkContext
  ) throws -> Value {
    let signature = verb.signature
    var encoder = ValueEncoder()
    var hasher = KeyHasher(domain: "poise-node")
    hasher.add(string: signature.name)
    hasher.add(int: signature.version)
    let inner = verbs.versions(inside: signature.name)
    if !inner.isEmpty {
      hasher.begin(list: inner.count)
      for verb in inner {
        hasher.add(string: verb.name)
        hasher.add(int: verb.version)
      }
    }
    for parameter in signature.parameters {
      hasher.add(string: parameter.name)
      if let input = inputs[parameter.name] {
        hasher.add(digest: input.digest)
      } else {
        var item = ValueEncoder()
        do {
          try item.append(arguments[parameter.name])
          try encoder.append(arguments[parameter.name])
        } catch let error as VerbError {
          throw VerbError(error.message, parameter: parameter.name, help: error.help)
        }
        hasher.add(bytes: item.bytes)
      }
    }
    let key = hasher.finish()
    if let value = memo[key] { return value }
    let label = Self.label(signature, arguments, inputs)
    let isSeeded = encoder.isSeeded || signature.parameters.contains { $0.name == "seed" }
    let stored = mode == .recompute ? nil : try reuse(key)
    if let (value, action) = stored {
      onEvent(Event(kind: .reused, key: key, label: label, cost: action.cost, verb: signature.name))
      remember(key, value, action)
      return value
    }
    if mode == .plan {
      let before = store.action(key)
      onEvent(
        Event(
          kind: .wanted, key: key, label: label, cost: before?.cost, verb: signature.name,
          estimate: WorkEstimate(verb, arguments, inputs)))
      throw NotStored(label: label)
    }
    let waiting = onWaiting
    return try store.withNodeLock(
      key, cancelled: { try work.check() }, waiting: { waiting(label) }
    ) {
      // Another process may have finished the same node while this one waited for the lock.
      if mode == .reuse, let (value, action) = try reuse(key) {
        onEvent(
          Event(kind: .reused, key: key, label: label, cost: action.cost, verb: signature.name))
        remember(key, value, action)
        return value
      }
      return try compute(
        verb, key: key, label: label, arguments: arguments, inputs: inputs, work: work,
        isSeeded: isSeeded, parents: encoder.artifacts.compactMap { producers[$0] })
    }
  }

  /// Tells of a call in a plan some of whose arguments have to be computed first.
  ///
  /// - Throws: ``NotStored``, always.
  package func plan(
    _ verb: Verb, arguments: Arguments, inputs: [String: ResolvedInput]
  ) throws -> Never {
    let label = Self.label(verb.signature, arguments, inputs)
    var hasher = KeyHasher(domain: "poise-planned")
    hasher.add(string: label)
    for name in arguments.unknown.keys.sorted() {
      hasher.add(string: name)
      hasher.add(string: arguments.unknown[name] ?? "")
    }
    onEvent(
      Event(
        kind: .wanted, key: hasher.finish(), label: label, cost: nil, verb: verb.signature.name,
        estimate: WorkEstimate(verb, arguments, inputs)))
    throw NotStored(label: label)
  }

  /// Forgets a node whose stored result turned out to be lost, so that it is computed anew.
  package func forget(object digest: Digest) {
    memo = [:]
    distrusted.insert(digest)
    if let key = producers[digest] { actions[key] = nil }
  }

  /// The recorded actions behind a value, inputs first.
  package func actions(behind value: Value) -> [Action] {
    var encoder = ValueEncoder()
    try? encoder.append(value)
    var seen: Set<Digest> = []
    var order: [Action] = []
    func visit(_ key: Digest) {
      // What a reused node computed on the way was not asked for in this session.
      guard seen.insert(key).inserted, let action = actions[key] ?? store.action(key) else {
        return
      }
      for parent in action.inputs { visit(parent) }
      order.append(action)
    }
    for digest in encoder.artifacts {
      if let key = producers[digest] { visit(key) }
    }
    return order
  }

  private func reuse(_ key: Digest) throws -> (Value, Action)? {
    guard let action = store.action(key), let value = try decode(action) else { return nil }
    return (value, action)
  }

  /// The value of an action's output; nil where any of its objects is missing or corrupt.
  private func decode(_ action: Action) throws -> Value? {
    let store = store
    guard action.objects.allSatisfy({ store.contains($0) && !distrusted.contains($0) }),
      let object = store.get(action.output)
    else { return nil }
    return object.withUnsafeBytes { bytes in
      var decoder = ValueDecoder(bytes) { kind, digest, isSeeded in
        ArtifactHandle(kind: kind, digest: digest, isSeeded: isSeeded) {
          try Self.load(kind, digest, from: store)
        }
      }
      return try? decoder.decodeAll()
    }
  }

  private static func load(
    _ kind: ArtifactKind, _ digest: Digest, from store: ArtifactStore
  ) throws -> any Sendable {
    guard let object = store.get(digest) else { throw ArtifactLost(digest: digest) }
    do {
      let loaded = try kind.decode(object.shared) { kind, digest in
        ArtifactHandle(kind: kind, digest: digest, isSeeded: false) {
          try load(kind, digest, from: store)
        }
      }
      if let model = loaded as? StoredModel, model.base == nil {
        return OpenModels.shared(model, as: digest)
      }
      return loaded
    } catch {
      // Intact bytes of something else: an action of a hostile store named the wrong object.
      throw ArtifactLost(digest: digest, reason: "it is not \(kind.article): \(error)")
    }
  }

  private func compute(
    _ verb: Verb, key: Digest, label: String, arguments: Arguments,
    inputs: [String: ResolvedInput], work: WorkContext, isSeeded: Bool, parents: [Digest]
  ) throws -> Value {
    let store = store
    let made = Mutex<[(digest: Digest, size: Int)]>([])
    let tally = WorkTally()
    // Results that are to be ignored are not resumed either.
    if mode == .recompute { try store.discardPartial(key) }
    if let bytes = try Self.memory(of: verb, arguments, inputs) { try MemoryBudget.check(bytes) }
    let meter = CostMeter()
    let nested = Mutex(NestedNodes())
    // A verb asks on the thread that it was called on, which waits here, so the runner is not used
    // twice at a time.
    nonisolated(unsafe) let runner = self
    let checkpoints = NodeCheckpoints(
      store: store, key: key, call: label, work: work, meter: meter)
    let context = VerbContext(
      work: work, inputs: inputs, isSeeded: isSeeded, tally: tally, checkpoints: checkpoints,
      maker: { kind, object, isSeeded in
        let stored = try store.put(check: { try work.check() }) { sink in
          try kind.encode(object, to: sink.pieces)
        }
        made.withLock { $0.append((stored.digest, stored.count)) }
        if let holder = object as? any ArtifactHolder {
          let held = holder.heldArtifacts.map { ($0.digest, 0) }
          made.withLock { $0 += held }
        }
        return ArtifactHandle(
          kind: kind, digest: stored.digest, isSeeded: isSeeded, object: object
        ) { try Self.load(kind, stored.digest, from: store) }
      }, caller: nil, lineage: { _ in [] },
      computer: { name, given in
        let before = CostMeter()
        let value = try runner.nestedValue(of: name, given, inside: verb, work: work)
        let cost = before.stop()
        nested.withLock { $0.add(value, cost) }
        return value
      })
    let value = try verb.run(arguments, context)
    var cost = checkpoints.total(of: meter.stop())
    let inner = nested.withLock { $0 }
    cost.seconds = max(0, cost.seconds - inner.seconds)
    cost.cpuSeconds = max(0, cost.cpuSeconds - inner.cpuSeconds)
    let parents =
      parents
      + inner.artifacts.compactMap { producers[$0] }.filter {
        !parents.contains($0)
      }
    cost.counts = tally.counts
    var provenance = provenance
    provenance.kernel = tally.kernel
    for (name, input) in inputs {
      guard try InputResolver.isUnchanged(input) else {
        throw VerbError(
          "'\(input.written)' changed while it was read, so the result was not kept",
          parameter: name, help: "run the cell again")
      }
    }
    var encoder = ValueEncoder()
    try encoder.append(value)
    let output = try store.put(encoder.bytes)
    let objects = made.withLock { $0 }
    cost.outputBytes = encoder.bytes.count + objects.reduce(0) { $0 + $1.size }
    let previous = mode == .recompute ? store.action(key) : nil
    let action = Action(
      key: key, verb: verb.signature.name, verbVersion: verb.signature.version, label: label,
      inputs: parents, output: output, outputBytes: cost.outputBytes,
      objects: [output] + encoder.artifacts
        + objects.map(\.digest).filter { !encoder.artifacts.contains($0) }, cost: cost,
      provenance: provenance,
      createdAt: Int(CostMeter.wallClock()))
    try store.record(action)
    // The result stands; what is left of the way to it is swept some time.
    try? store.discardPartial(key)
    let kind: Event.Kind =
      if let previous, previous.output != output {
        .differs(from: previous.output)
      } else {
        .computed
      }
    onEvent(
      Event(kind: kind, key: key, label: label, cost: cost, verb: verb.signature.name))
    remember(key, value, action)
    return value
  }

  /// What a verb asks of another while it runs: a node like any other.
  private func nestedValue(
    of name: String, _ given: Record, inside outer: Verb, work: WorkContext
  ) throws -> Value {
    guard let verb = verbs[name] else { throw VerbError("there is no verb '\(name)'") }
    // Keys hold the versions of what is declared; anything else could go stale unnoticed.
    guard outer.computes.contains(name) else {
      throw VerbError("'\(outer.signature.name)' is not declared to compute '\(name)'")
    }
    onNested(outer.signature.name, name)
    // In the order of the signature, as calls from a notebook have them.
    let fields = verb.signature.parameters.map { ($0.name, given[$0.name] ?? Value.none) }
    return try value(
      of: verb, arguments: Arguments(Record(fields)), inputs: [:], work: work)
  }

  /// What a verb expects to need; nil where it does not say. What it finds wrong with an argument
  /// it will find again, and tell, when it runs.
  private static func memory(
    of verb: Verb, _ arguments: Arguments, _ inputs: [String: ResolvedInput]
  ) throws -> Int? {
    do {
      return try verb.estimate?(arguments, inputs)?.memoryBytes
    } catch is VerbError {
      return nil
    }
  }

  private func remember(_ key: Digest, _ value: Value, _ action: Action) {
    memo[key] = value
    actions[key] = action
    distrusted.subtract(action.objects)
    for object in action.objects where producers[object] == nil { producers[object] = key }
  }

  /// The call as a reader would recognise it, cut to a line.
  package static func label(
    _ signature: VerbSignature, _ arguments: Arguments, _ inputs: [String: ResolvedInput]
  ) -> String {
    var parts: [String] = []
    for parameter in signature.parameters {
      if arguments.unknown[parameter.name] != nil {
        parts.append(parameter.isPositional ? "…" : "\(parameter.name): …")
        continue
      }
      if arguments.isNone(parameter.name) || arguments.omitted.contains(parameter.name) {
        continue
      }
      let text =
        inputs[parameter.name].map { Value.string($0.written).quoted }
        ?? arguments[parameter.name].quoted
      if parameter.defaultText == text { continue }
      let short = text.count > 40 ? String(text.prefix(39)) + "…" : text
      parts.append(parameter.isPositional ? short : "\(parameter.name): \(short)")
    }
    let label = "\(signature.name)(\(parts.joined(separator: ", ")))"
    return label.count > 160 ? String(label.prefix(159)) + "…" : label
  }
}

/// What the calls that a running verb made of others took, and which objects they gave.
private struct NestedNodes {
  var seconds = 0.0
  var cpuSeconds = 0.0
  var artifacts: [Digest] = []

  mutating func add(_ value: Value, _ cost: Cost) {
    seconds += cost.seconds
    cpuSeconds += cost.cpuSeconds
    var encoder = ValueEncoder()
    try? encoder.append(value)
    artifacts += encoder.artifacts
  }
}
