import Bytes
import Execution

/// A run's state as bytes: what ``TrainingProgress`` remembers, then weights, moments and, where
/// early stopping keeps them, the best weights; float32 as they lie in memory.
enum Checkpoint {
  private static let magic: StaticString = "POISETRN"
  private static let version: UInt32 = 1
  private static let format = "checkpoint"

  static func write(
    _ progress: TrainingProgress, _ state: TrainingState, into sink: ByteSink
  ) throws {
    var writer = BinaryWriter(magic: magic, version: version)
    writer.put(UInt64(state.count))
    writer.put(UInt64(state.step))
    for count in [
      progress.tokens, progress.labelledTokens, progress.lossCount, progress.lossesSeen,
      progress.waited, progress.isStopped ? 1 : 0, progress.isMeasurementDue ? 1 : 0,
    ] { writer.put(UInt64(count)) }
    for value in [
      progress.operations, progress.lossSum, progress.lastLoss ?? .nan, progress.firstLoss,
      progress.smoothedLoss,
    ] { writer.put(value) }
    writer.put(UInt64(progress.points.count))
    for point in progress.points {
      writer.put(UInt64(point.step))
      writer.put(UInt64(point.tokens))
      writer.put(point.loss)
      writer.put(point.validationLoss ?? .nan)
      writer.put(point.learningRate)
    }
    writer.put(UInt64(progress.best == nil ? 0 : 1))
    if let best = progress.best {
      writer.put(best.loss)
      writer.put(UInt64(best.step))
    }
    try sink.write(writer.bytes)
    let runs =
      [state.buffer, state.firstBuffer, state.secondBuffer]
      + [progress.best?.parameters]
      .compactMap(\.self)
    for run in runs {
      // Pieces, so that whoever counts or hashes them can stop in between.
      let bytes = run.bytes
      for start in stride(from: 0, to: bytes.count, by: 8 << 20) {
        try sink.write(
          UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + 8 << 20)]))
      }
    }
  }

  /// Reads a state back.
  ///
  /// - Throws: `BinaryCodingError` or ``TrainingError/checkpoint(what:)`` for another run's.
  static func restore(
    _ stored: SharedBytes, into state: TrainingState
  ) throws -> TrainingProgress {
    let bytes = stored.bytes
    var reader = try BinaryReader(bytes, magic: magic, version: version, format: format)
    let count = try integer(&reader)
    guard count == state.count else {
      throw TrainingError.checkpoint(what: "\(count) numbers where \(state.count) are trained")
    }
    var progress = TrainingProgress()
    state.step = try integer(&reader)
    progress.tokens = try integer(&reader)
    progress.labelledTokens = try integer(&reader)
    progress.lossCount = try integer(&reader)
    progress.lossesSeen = try integer(&reader)
    progress.waited = try integer(&reader)
    progress.isStopped = try integer(&reader) == 1
    progress.isMeasurementDue = try integer(&reader) == 1
    progress.operations = try reader.double()
    progress.lossSum = try reader.double()
    let last = try reader.double()
    progress.lastLoss = last.isNaN ? nil : last
    progress.firstLoss = try reader.double()
    progress.smoothedLoss = try reader.double()
    for _ in 0..<(try reader.count(each: 40)) {
      let step = try integer(&reader)
      let tokens = try integer(&reader)
      let loss = try reader.double()
      let validation = try reader.double()
      progress.points.append(
        TrainingCurve.Point(
          step: step, tokens: tokens, loss: loss,
          validationLoss: validation.isNaN ? nil : validation,
          learningRate: try reader.double()))
    }
    let hasBest = try integer(&reader) == 1
    let runs = hasBest ? 4 : 3
    if hasBest {
      let loss = try reader.double()
      progress.best = TrainingProgress.Best(
        loss: loss, step: try integer(&reader), parameters: FloatBuffer(count: count))
    }
    let size = count * MemoryLayout<Float>.stride
    guard reader.remaining == runs * size else {
      throw BinaryCodingError.truncated(
        format: format, expectedBytes: UInt64(reader.position + runs * size),
        gotBytes: UInt64(bytes.count))
    }
    var position = reader.position
    let targets = [state.buffer, state.firstBuffer, state.secondBuffer]
    for target in targets + [progress.best?.parameters].compactMap(\.self) {
      target.fill(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + size]))
      position += size
    }
    return progress
  }

  private static func integer(_ reader: inout BinaryReader) throws -> Int {
    let value = try reader.number(UInt64.self)
    guard let whole = Int(exactly: value), whole < 1 << 56 else {
      throw BinaryCodingError.invalid(format: format, what: "a count is \(value)")
    }
    return whole
  }
}
