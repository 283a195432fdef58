/// What one optimiser step learns from: sequences of any lengths, without padding.
public struct Batch: Sendable, Hashable {
  /// All sequences, one after another.
  public var tokens: [Int32]
  /// For each position the token that should follow; negative where nothing is learned.
  public var labels: [Int32]
  /// Where each sequence starts.
  public var starts: [Int]
  /// Which sequences belong together, where they are compared with each other.
  public var contrast: Contrast?

  /// An empty batch.
  public init() {
    tokens = []
    labels = []
    starts = []
  }

  /// Adds a sequence.
  ///
  /// - Parameters:
  ///   - tokens: T tokens that the model reads.
  ///   - labels: T tokens that should follow them.
  public mutating func append(tokens: some Collection<Int32>, labels: some Collection<Int32>) {
    guard !tokens.isEmpty, tokens.count == labels.count else { return }
    starts.append(self.tokens.count)
    self.tokens.append(contentsOf: tokens)
    self.labels.append(contentsOf: labels)
  }

  /// Positions that have a label, or queries that have a document.
  public var labelled: Int {
    contrast?.positives.count ?? labels.reduce(0) { $0 + ($1 >= 0 ? 1 : 0) }
  }

  /// The sequences in groups of at most `rows` positions each (one sequence at least), in order.
  ///
  /// A group is what goes through the model at once; how a batch divides depends on its contents
  /// and on `rows` alone.
  func groups(of rows: Int) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var first = 0
    for index in starts.indices {
      if index > first, end(of: index) - starts[first] > rows {
        groups.append(first..<index)
        first = index
      }
    }
    if first < starts.count { groups.append(first..<starts.count) }
    return groups
  }

  func end(of sequence: Int) -> Int {
    sequence + 1 < starts.count ? starts[sequence + 1] : tokens.count
  }
}

/// What a batch of queries and documents says of them: which belong together, and which are not
/// told apart.
///
/// The batch's first sequences are the Q queries, the rest the documents.
public struct Contrast: Sendable, Hashable {
  /// For each query the document that it should be nearest to, counted from the first document.
  public var positives: [Int32]
  /// For each query further documents of the batch that are relevant to it, or might be: they are
  /// no negatives. Ascending.
  public var ignored: [[Int32]]

  /// Pairs of queries and documents.
  public init(positives: [Int32], ignored: [[Int32]]) {
    self.positives = positives
    self.ignored = ignored
  }
}
