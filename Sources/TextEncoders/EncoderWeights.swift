import Bytes
import Execution
import LanguageModels
import Safetensors

/// The tensors of a checkpoint, each found for its place in a layout; nothing is read yet.
struct EncoderWeights {
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

  private let layout: EncoderLayout
  private var sources: [Source] = []

  /// 16 MB of float32.
  private static let step = 4 << 20

  /// Matches names and shapes. O(tensors).
  ///
  /// Names may begin with `bert.`, as those of models with a head do, and norms may have the names
  /// that TensorFlow gave their weights. Poolers, heads and stored positions are passed over.
  init(_ checkpoint: ShardedCheckpoint, layout: EncoderLayout) throws {
    self.layout = layout
    let names = checkpoint.tensors.map(\.name)
    let prefix = names.contains { $0.hasPrefix("bert.embeddings.") } ? "bert." : ""
    var missing: [String] = []
    var known: Set<String> = []
    for tensor in layout.tensors {
      let found = Self.names(tensor.name).lazy.map { prefix + $0 }.compactMap { name in
        checkpoint.find(name).map { (name, $0) }
      }.first
      guard let (name, (file, entry)) = found else {
        missing.append(prefix + tensor.name)
        continue
      }
      known.insert(name)
      guard entry.shape == tensor.shape else {
        throw HuggingFaceError.wrongShape(
          file: file.name, tensor: name, expected: tensor.shape, got: entry.shape)
      }
      guard entry.type.isReadAsFloat else {
        throw SafetensorsError.notFloatingPoint(file: file.name, tensor: name, got: entry.type)
      }
      sources.append(Source(file: file, entry: entry, offset: tensor.offset))
    }
    let passedOver = ["pooler.", "cls.", "embeddings.position_ids"]
    let others = names.filter { name in
      let bare = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
      return !known.contains(name) && !passedOver.contains { bare.hasPrefix($0) }
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

  private static func names(_ name: String) -> [String] {
    for (new, old) in [
      ("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta"),
    ]
    where name.hasSuffix(new) {
      return [name, name.dropLast(new.count) + old]
    }
    return [name]
  }

  /// The run of all weights, each of them finite; mapped where the file has it as it should be in
  /// memory.
  func read(context: WorkContext) throws -> SharedBytes {
    let pieces = sources.indices.flatMap { source in
      stride(from: 0, to: sources[source].entry.count, by: Self.step).map {
        Piece(source: source, range: $0..<min(sources[source].entry.count, $0 + Self.step))
      }
    }
    if let mapped = inPlace() {
      try forEach(pieces, context) { piece in
        let floats = mapped.bytes.assumingMemoryBound(to: Float.self)
        let start = sources[piece.source].offset + piece.range.lowerBound
        try checkFinite(
          UnsafeBufferPointer(rebasing: floats[start..<start + piece.range.count]), piece)
      }
      return mapped
    }
    return try SharedBytes(count: 4 * layout.count) { target in
      // Each piece writes its own part.
      nonisolated(unsafe) let target = target.assumingMemoryBound(to: Float.self)
      try forEach(pieces, context) { piece in
        let source = sources[piece.source]
        let start = source.offset + piece.range.lowerBound
        let part = UnsafeMutableBufferPointer(rebasing: target[start..<start + piece.range.count])
        try source.file.floats(of: source.entry, range: piece.range, into: part)
        try checkFinite(UnsafeBufferPointer(part), piece)
      }
    }
  }

  private func forEach(
    _ pieces: [Piece], _ context: WorkContext, _ body: @Sendable (Piece) throws -> Void
  ) throws {
    _ = try parallelMap(pieces.count, context: context) { try body(pieces[$0]) }
  }

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

  private func checkFinite(_ numbers: UnsafeBufferPointer<Float>, _ piece: Piece) throws {
    guard let index = FloatConversion.firstNotFinite(in: numbers) else { return }
    let source = sources[piece.source]
    throw HuggingFaceError.notFinite(
      file: source.file.name, tensor: source.entry.name, index: piece.range.lowerBound + index,
      value: "\(numbers[index])")
  }
}
