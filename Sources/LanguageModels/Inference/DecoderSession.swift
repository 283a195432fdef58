import CKernels
public import Execution
import Tensors

/// A decoder at work: the cache of the sequences it has read, and what comes next in each.
///
/// Sequences of different lengths are read and continued together. Every product is computed by
/// kernels that treat each position by itself (`ck_linear`), so the logits of a sequence are the
/// same bits whatever else is in its batch, whether its tokens came at once or one by one, and on
/// any number of threads and any CPU with the same kernels' lanes: all of them.
///
/// One thread uses a session at a time. Memory is asked for once, by the initialiser.
public final class DecoderSession {
  /// A sequence of one session.
  public struct SequenceID: Hashable, Sendable {
    let index: Int
  }

  /// How much room a session has.
  public struct Limits: Hashable, Sendable {
    /// Sequences whose next tokens are asked for at once.
    public var batch: Int
    /// The longest sequence, in positions.
    public var length: Int
    /// Positions of all sequences together, shared ones counted once; each sequence takes whole
    /// blocks of 32.
    public var positions: Int
    /// The most bytes for the cache and the work space.
    public var bytes: Int

    /// Limits from their parts.
    ///
    /// - Parameters:
    ///   - batch: B, 1 by default.
    ///   - length: The longest sequence; nil for the model's context.
    ///   - positions: Of all sequences; nil for B of the longest.
    ///   - bytes: 4 GiB by default.
    public init(batch: Int = 1, length: Int, positions: Int? = nil, bytes: Int = 4 << 30) {
      self.batch = batch
      self.length = length
      self.positions = positions ?? Self.positions(batch: batch, length: length)
      self.bytes = bytes
    }

    /// As many sequences at once, at most as here, as there is memory for, with positions for each;
    /// the same where not even one fits.
    func fitting(_ configuration: DecoderConfiguration, threads: Int) -> Limits {
      var fitted = Limits(batch: batch, length: length, bytes: bytes)
      while fitted.batch > 1,
        DecoderSession.bytes(configuration, fitted, threads: threads) > Double(bytes)
      {
        fitted = Limits(batch: fitted.batch / 2, length: length, bytes: bytes)
      }
      return fitted
    }

    private static func positions(batch: Int, length: Int) -> Int {
      let block = KeyValueCache.blockPositions
      let (rounded, carry) = max(length, 0).addingReportingOverflow(block - 1)
      let (product, overflow) = (rounded / block * block)
        .multipliedReportingOverflow(by: max(batch, 0))
      return carry || overflow ? Int.max : product
    }
  }

  /// Which positions' logits are wanted.
  public enum Wanted: Hashable, Sendable {
    /// No logits: the tokens are only read.
    case none
    /// Those after each sequence's last token.
    case last
    /// Those after every token.
    case all
  }

  /// What reads.
  public let model: DecoderModel
  /// How much room there is.
  public let limits: Limits
  let context: WorkContext
  let cache: KeyValueCache
  let space: WorkSpace
  let team: WorkerTeam
  let rotary: RotaryTable
  /// Floating-point operations of all work so far, a multiplication and an addition counted as
  /// two.
  public private(set) var operations = 0.0

  /// Room for sequences of a model.
  ///
  /// - Throws: ``InferenceError`` where the limits are beyond the model's context, or need more
  ///   memory than they allow.
  public init(_ model: DecoderModel, limits: Limits, context: WorkContext) throws {
    let c = model.configuration
    guard limits.batch > 0 else {
      throw InferenceError.option(
        name: "the batch", got: "\(limits.batch)", allowed: "at least 1")
    }
    guard limits.length > 0, limits.length <= c.context else {
      throw InferenceError.tooLong(got: limits.length, limit: c.context)
    }
    guard limits.positions > 0, limits.positions < Int.max / 64 else {
      throw InferenceError.option(
        name: "the number of positions", got: "\(limits.positions)", allowed: "at least 1")
    }
    let adapter = model.adapter?.layout
    let needed = Self.bytes(
      model.configuration, limits, threads: context.threads, adapter: adapter)
    guard needed <= Double(limits.bytes) else {
      throw InferenceError.memory(
        bytes: Int(min(needed, 0x1p62)), limit: limits.bytes)
    }
    self.model = model
    self.limits = limits
    self.context = context
    let before = adapter?.prefixLength ?? 0
    cache = KeyValueCache(
      c,
      blocks: KeyValueCache.blocks(limits.positions) + Self.prefixBlocks(before, limits))
    space = WorkSpace(c, limits, threads: context.threads, adapter: adapter)
    team = WorkerTeam(count: context.threads)
    rotary = RotaryTable(frequencies: c.rotaryFrequencies, positions: before + limits.length)
    if let adapter = model.adapter, before > 0 { try remember(adapter) }
  }

  /// Blocks that a prefix takes besides those of the sequences: its own, and what it shifts each
  /// sequence by.
  private static func prefixBlocks(_ length: Int, _ limits: Limits) -> Int {
    length == 0 ? 0 : KeyValueCache.blocks(length) + limits.batch + 1
  }

  /// What a session would take at most, in bytes; in double, which nothing overflows.
  public static func bytes(
    _ configuration: DecoderConfiguration, _ limits: Limits, threads: Int,
    adapter: AdapterLayout? = nil
  ) -> Double {
    let blocks =
      Double(max(limits.positions, 0)) / Double(KeyValueCache.blockPositions) + 1
      + Double(prefixBlocks(adapter?.prefixLength ?? 0, limits))
    let stride = Double(MemoryLayout<Float>.stride)
    return stride
      * (blocks.rounded(.down) * Double(KeyValueCache.blockStride(configuration))
        + WorkSpace.floats(configuration, limits, threads: threads, adapter: adapter)
        + Double(limits.length) * Double(configuration.headDimension))
  }

  // MARK: - Sequences

  /// A sequence without tokens.
  public func begin() -> SequenceID { SequenceID(index: cache.begin()) }

  /// A sequence that goes on from where another is; the two share their cache so far.
  /// O(positions / 32) and one block's copy.
  public func fork(_ sequence: SequenceID) throws -> SequenceID {
    SequenceID(index: try cache.fork(sequence.index))
  }

  /// Forgets a sequence; its room serves others.
  public func drop(_ sequence: SequenceID) throws { try cache.drop(sequence.index) }

  /// How many tokens a sequence has.
  public func length(of sequence: SequenceID) throws -> Int {
    try cache.entry(sequence.index).length - cache.prefixLength
  }

  /// How many positions are free, in whole blocks.
  public var freePositions: Int { cache.freeBlocks * KeyValueCache.blockPositions }

  // MARK: - Reading

  /// New sequences from prompts, and the logits after each: [B, V].
  public func prefill(_ prompts: [[Int32]]) throws -> (sequences: [SequenceID], logits: Logits) {
    let sequences = prompts.map { _ in begin() }
    do {
      return (sequences, try extend(sequences, by: prompts))
    } catch {
      for sequence in sequences { try drop(sequence) }
      throw error
    }
  }

  /// One more token for each of some sequences, and the logits after it: [B, V].
  public func step(_ tokens: [Int32], of sequences: [SequenceID]) throws -> Logits {
    try extend(sequences, by: tokens.map { [$0] })
  }

  /// More tokens for each of some sequences, and the logits after the last of each: [B, V].
  public func extend(_ sequences: [SequenceID], by tokens: [[Int32]]) throws -> Logits {
    guard sequences.count <= limits.batch else {
      throw InferenceError.tooManySequences(got: sequences.count, limit: limits.batch)
    }
    try extend(sequences, by: tokens, wanting: .last) { _, _, _ in }
    return Logits(
      space: space, count: sequences.count, vocabulary: model.configuration.vocabularySize)
  }

  /// More tokens for each of some sequences; `receive` is handed the wanted logits in blocks, in
  /// the order of sequences and tokens: the sequence's place in `sequences`, the token's place in
  /// its `tokens`, V logits that are valid during the call.
  ///
  /// Where it throws, the sequences are as they were after some whole chunk of the work; drop them.
  ///
  /// - Throws: ``InferenceError``; `CancellationRequested`; what `receive` throws.
  public func extend(
    _ sequences: [SequenceID], by tokens: [[Int32]], wanting wanted: Wanted,
    _ receive: (Int, Int, UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    try checkArguments(sequences, tokens)
    for (sequence, new) in zip(sequences, tokens) {
      try cache.reserve(sequence.index, by: new.count)
    }
    defer { for sequence in sequences { cache.trim(sequence.index) } }
    var forward = Forward(session: self, wanted: wanted)
    operations += try forward.run(sequences.map(\.index), tokens, receive)
  }

  private func checkArguments(_ sequences: [SequenceID], _ tokens: [[Int32]]) throws {
    guard sequences.count == tokens.count else {
      throw InferenceError.tooManySequences(got: tokens.count, limit: sequences.count)
    }
    guard Set(sequences).count == sequences.count else { throw InferenceError.unknownSequence }
    let vocabulary = model.configuration.vocabularySize
    var blocks = 0
    for (sequence, new) in zip(sequences, tokens) {
      guard !new.isEmpty else { throw InferenceError.tooFewTokens(got: 0, needed: 1) }
      let length = try self.length(of: sequence) + new.count
      guard length <= limits.length else {
        throw InferenceError.tooLong(got: length, limit: limits.length)
      }
      if let token = new.first(where: { $0 < 0 || Int($0) >= vocabulary }) {
        throw InferenceError.tokenOutOfRange(got: token, vocabulary: vocabulary)
      }
      blocks += try cache.blocksNeeded(sequence.index, by: new.count)
    }
    guard blocks <= cache.freeBlocks else {
      throw InferenceError.cacheFull(positions: cache.blockCount * KeyValueCache.blockPositions)
    }
  }
}

/// The logits of a step: [B, V], in the session's own memory, which its next work overwrites.
public struct Logits {
  let space: WorkSpace
  /// B
  public let count: Int
  /// V
  public let vocabulary: Int

  /// The V logits of one sequence, in the order in which sequences were given; valid until the
  /// session is used again.
  public subscript(row: Int) -> UnsafeBufferPointer<Float> {
    guard row >= 0, row < count else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeBufferPointer(start: space.logits + row * vocabulary, count: vocabulary)
  }
}
