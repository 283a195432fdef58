import Bytes
import Execution
import Safetensors

/// The tensors of a checkpoint, each found for its place in a layout; nothing is read yet.
struct CheckpointWeights {
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

  private let layout: DecoderLayout
  private var sources: [Source] = []
  /// An output projection that has to be the embedding.
  private var tiedHead: Source?

  /// 16 MB of float32.
  private static let step = 4 << 20

  /// Matches names and shapes. O(tensors).
  init(_ checkpoint: ShardedCheckpoint, layout: DecoderLayout) throws {
    self.layout = layout
    var missing: [String] = []
    for tensor in layout.tensors {
      guard let found = checkpoint.find(tensor.name) else {
        missing.append(tensor.name)
        continue
      }
      sources.append(
        try Self.source(found, tensor: tensor.name, shape: tensor.shape, offset: tensor.offset))
    }
    let known = Set(layout.tensors.map(\.name))
    var others: [String] = []
    for name in checkpoint.tensors.map(\.name) where !known.contains(name) {
      // Computed from the configuration; early versions of transformers stored it.
      if name.hasSuffix(".rotary_emb.inv_freq") { continue }
      if name == "lm_head.weight", let found = checkpoint.find(name) {
        let c = layout.configuration
        tiedHead = try Self.source(
          found, tensor: name, shape: [c.vocabularySize, c.width], offset: layout.embedding)
        continue
      }
      others.append(name)
    }
    if let first = missing.first {
      throw HuggingFaceError.missingTensors(
        folder: checkpoint.folder, names: missing,
        suggestion: closestName(to: first, among: others))
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

  /// The run of all weights, each of them finite.
  func read(context: WorkContext) throws -> SharedBytes {
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
      weights = try SharedBytes(count: 4 * layout.count) { target in
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
    if let tiedHead { try compare(tiedHead, with: weights, context) }
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
    guard end - start == 4 * layout.count, start % SharedBytes.alignment == 0 else { return nil }
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
