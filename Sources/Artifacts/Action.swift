/// What a node cost when it was computed.
public struct Cost: Hashable, Sendable, Codable {
  /// Time from start to end, seconds.
  public var seconds: Double
  /// Processor time over all threads, seconds.
  public var cpuSeconds: Double
  /// The most memory that the process held at once, bytes.
  public var peakMemoryBytes: Int
  /// The size of the output with everything it reaches, bytes.
  public var outputBytes: Int
  /// Whatever else was counted, by name: `flops`, `queries`, `tokens`.
  public var counts: [String: Double]

  /// A cost from its parts; by default nothing.
  public init(
    seconds: Double = 0, cpuSeconds: Double = 0, peakMemoryBytes: Int = 0, outputBytes: Int = 0,
    counts: [String: Double] = [:]
  ) {
    self.seconds = seconds
    self.cpuSeconds = cpuSeconds
    self.peakMemoryBytes = peakMemoryBytes
    self.outputBytes = outputBytes
    self.counts = counts
  }
}

/// What computed an output. Recorded, and no part of any key.
public struct Provenance: Hashable, Sendable, Codable {
  /// The processor's model name.
  public var cpu: String
  /// How many threads data-parallel loops used.
  public var threads: Int
  /// The version of poise.
  public var poiseVersion: String
  /// Which numeric kernels were in use, such as `avx512`; empty where none matter.
  public var kernel: String

  /// A provenance from its parts.
  public init(cpu: String, threads: Int, poiseVersion: String, kernel: String = "") {
    self.cpu = cpu
    self.threads = threads
    self.poiseVersion = poiseVersion
    self.kernel = kernel
  }
}

/// The record that a node was computed: its key, what came out, and what that cost.
///
/// The content is apart from it: two actions may have the same output.
public struct Action: Hashable, Sendable, Codable {
  /// The version of this record that this program writes.
  public static let currentFormat = 1

  /// The version of the record.
  public var formatVersion: Int
  /// The node's key.
  public var key: Digest
  /// The verb that was called.
  public var verb: String
  /// The version of the verb.
  public var verbVersion: Int
  /// The call as readable text, shortened.
  public var label: String
  /// The keys of the nodes it was made from.
  public var inputs: [Digest]
  /// The object that came out.
  public var output: Digest
  /// The size of that object, bytes.
  public var outputBytes: Int
  /// All objects that the output needs: itself and those it refers to.
  public var objects: [Digest]
  /// What it cost to compute.
  public var cost: Cost
  /// What computed it.
  public var provenance: Provenance
  /// When it was recorded, seconds since 1970. It never leaves the store.
  public var createdAt: Int

  /// An action from its parts; `objects` gets `output` where that is missing.
  public init(
    key: Digest, verb: String, verbVersion: Int, label: String, inputs: [Digest] = [],
    output: Digest, outputBytes: Int, objects: [Digest] = [], cost: Cost, provenance: Provenance,
    createdAt: Int
  ) {
    formatVersion = Self.currentFormat
    self.key = key
    self.verb = verb
    self.verbVersion = verbVersion
    self.label = label
    self.inputs = inputs
    self.output = output
    self.outputBytes = outputBytes
    self.objects = objects.contains(output) ? objects : [output] + objects
    self.cost = cost
    self.provenance = provenance
    self.createdAt = createdAt
  }
}
