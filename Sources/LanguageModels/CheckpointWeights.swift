package import Bytes
import Diagnostics
package import Execution
package import Safetensors

/// The tensors of a checkpoint, each found for its place in a run of weights; nothing is read yet.
package struct CheckpointWeights {
  private struct Source {
    var file: SafetensorsFile
    var entry: SafetensorsFile.Entry
    /// In floats from the start of the run.
    var offset: Int
  }

  /// A part of one tensor: what is done between two checks for cancellation.
  private struct Piece: Sendable {
    var source: Int
    var range: Range<Int>
  }

  /// Floats of the run.
  private let count: Int
  private var sources: [Source] = []
  /// What a file has a second time.
  private var repeated: Source?

  /// 16 MB of float32.
  private static let step = 4 << 20

  /// Matches names and shapes. O(tensors).
  ///
  /// - Parameters:
  ///   - checkpoint: The files.
  ///   - tensors: What the run is made of, in its order and without gaps.
  ///   - repeated: A tensor that may be there beside the others, and then has to equal what the run
  ///     has in its place.
  ///   - spellings: The names that a tensor may have in the files, the usual one first.
  ///   - isPassedOver: Whether a tensor of the files may be left unread.
  /// - Throws: ``HuggingFaceError``, `SafetensorsError`.
  package init(
    _ checkpoint: ShardedCheckpoint, tensors: [NamedTensor], repeated: NamedTensor? = nil,
    spellings: (String) -> [String] = { [$0] }, isPassedOver: (String) -> Bool
  ) throws {
    count = tensors.last.map { $0.offset + $0.count } ?? 0
    var missing: [String] = []
    var known: Set<String> = []
    for tensor in tensors {
      let names = spellings(tensor.name)
      guard let name = names.first(where: { checkpoint.find($0) != nil }),
        let found = checkpoint.find(name)
      else {
        missing.append(names.first ?? tensor.name)
        continue
      }
      known.insert(name)
      sources.append(
        try Self.source(found, tensor: name, shape: tensor.shape, offset: tensor.offset))
    }
    var others: [String] = []
    for name in checkpoint.tensors.map(\.name) where !known.contains(name) && !isPassedOver(name) {
      guard let repeated, name == repeated.name, let found = checkpoint.find(name) else {
        others.append(name)
        continue
      }
      self.repeated = try Self.source(
        found, tensor: name, shape: repeated.shape, offset: repeated.offset)
    }
    if let first = missing.first {
      throw HuggingFaceError.missingTensors(
        folder: checkpoint.folder, names: missing,
        suggestion: closestName(to: first, among: others, atMost: 4))
    }
    guard others.isEmpty else {
      throw HuggingFaceError.unexpectedTensors(folder: checkpoint.folder, names: others)
    }
  }

  private static func source(
    _ found: (file: SafetensorsFile, entry: SafetensorsFile.Entry), tensor: String, shape: [Int],
    offset: Int
  ) throws -> Source {
    guard found.entry.shape == shape else {
      throw HuggingFaceError.wrongShape(
        file: found.file.name, tensor: tensor, expected: shape, got: found.entry.shape)
    }
    guard found.entry.type.isReadAsFloat else {
      throw SafetensorsError.notFloatingPoint(
        file: found.file.name, tensor: tensor, got: found.entry.type)
    }
    return Source(file: found.file, entry: found.entry, offset: offset)
  }

  /// The run of all weights, each of them finite; mapped where a file has it as it should be in
  /// memory.
  package func read(context: WorkContext) throws -> SharedBytes {
    let pieces = sources.indices.flatMap { source in
      stride(from: 0, to: sources[source].entry.count, by: Self.step).map {
        Piece(source: source, range: $0..<min(sources[source].entry.count, $0 + Self.step))
      }
    }
    let weights: SharedBytes
    if let mapped = inPlace() {
      weights = mapped
      try forEach(pieces, context) { piece in
        try checkFinite(Self.floats(weights, at: sources[piece.source].offset, piece.range), piece)
      }
    } else {
      weights = try SharedBytes(count: 4 * count) { target in
        // Each piece writes its own part.
        nonisolated(unsafe) let target = target.assumingMemoryBound(to: Float.self)
        try forEach(pieces, context) { piece in
          let source = sources[piece.source]
          let start = source.offset + piece.range.lowerBound
          let part = UnsafeMutableBufferPointer(
            rebasing: target[start..<start + piece.range.count])
          try source.file.floats(of: source.entry, range: piece.range, into: part)
          try checkFinite(UnsafeBufferPointer(part), piece)
        }
      }
    }
    if let repeated { try compare(repeated, with: weights, context) }
    return weights
  }

  private func forEach(
    _ pieces: [Piece], _ context: WorkContext, _ body: @Sendable (Piece) throws -> Void
  ) throws {
    _ = try parallelMap(pieces.count, context: context) { index in
      try body(pieces[index])
      context.report(
        Progress(
          task: "reading weights", completed: index + 1, total: pieces.count, unit: "parts"))
    }
  }

  /// The run itself, where a single file has it as it should be in memory.
  private func inPlace() -> SharedBytes? {
    guard let first = sources.first, let last = sources.last else { return nil }
    let start = first.entry.byteRange.lowerBound
    let end = last.entry.byteRange.upperBound
    guard end - start == 4 * count, start % SharedBytes.alignment == 0 else { return nil }
    for source in sources {
      guard source.file.bytes === first.file.bytes, source.entry.type == .float32,
        source.entry.byteRange.lowerBound == start + 4 * source.offset
      else { return nil }
    }
    return first.file.view(start..<end)
  }

  private static func floats(_ weights: SharedBytes, at offset: Int, _ range: Range<Int>)
    -> UnsafeBufferPointer<Float>
  {
    let all = weights.bytes.assumingMemoryBound(to: Float.self)
    return UnsafeBufferPointer(
      rebasing: all[offset + range.lowerBound..<offset + range.upperBound])
  }

  private func checkFinite(_ numbers: UnsafeBufferPointer<Float>, _ piece: Piece) throws {
    guard let index = FloatConversion.firstNotFinite(in: numbers) else { return }
    let source = sources[piece.source]
    throw HuggingFaceError.notFinite(
      file: source.file.name, tensor: source.entry.name, index: piece.range.lowerBound + index,
      value: "\(numbers[index])")
  }

  private func compare(_ head: Source, with weights: SharedBytes, _ context: WorkContext) throws {
    let count = head.entry.count
    let step = min(count, Self.step)
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: step)
    defer { buffer.deallocate() }
    for start in stride(from: 0, to: count, by: Self.step) {
      try context.check()
      let range = start..<min(count, start + step)
      let part = UnsafeMutableBufferPointer(rebasing: buffer[..<range.count])
      try head.file.floats(of: head.entry, range: range, into: part)
      let embedding = Self.floats(weights, at: head.offset, range)
      if let index = part.indices.first(where: { part[$0] != embedding[$0] }) {
        throw HuggingFaceError.headDiffers(
          file: head.file.name, tensor: head.entry.name, index: start + index)
      }
    }
  }
}
