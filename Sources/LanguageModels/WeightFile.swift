package import Bytes
package import Safetensors

/// A run of weights as a safetensors file that has its tensors in their order, without gaps: what is
/// stored, and what other programs read.
package enum WeightFile {
  /// Plans a file.
  package static func writer(
    _ tensors: [NamedTensor], type: TensorType = .float32,
    metadata: [(name: String, text: String)] = [("format", "pt")]
  ) throws(SafetensorsError) -> SafetensorsWriter {
    try SafetensorsWriter(
      tensors: tensors.map { .init(name: $0.name, type: type, shape: $0.shape) },
      metadata: metadata)
  }

  /// Hands the bytes of a planned file to a sink, in pieces of at most 16 MB apart from the header.
  package static func write(
    _ weights: SharedBytes, _ tensors: [NamedTensor], _ writer: SafetensorsWriter,
    to sink: SafetensorsWriter.Sink
  ) throws {
    try withExtendedLifetime(weights) {
      let floats = weights.bytes.assumingMemoryBound(to: Float.self)
      try writer.write(to: sink) { index in
        let tensor = tensors[index]
        return UnsafeBufferPointer(
          rebasing: floats[tensor.offset..<tensor.offset + tensor.count])
      }
    }
  }

  /// The run in a stored file, left where it is.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - layers: How many layers the model has, which bounds what `tensors` makes.
  ///   - tensors: What the file has to hold.
  /// - Returns: A view into the file's bytes.
  /// - Throws: ``HuggingFaceError/notStored(file:expected:got:)``.
  package static func weights(
    in file: SafetensorsFile, layers: Int, tensors: () -> [NamedTensor]
  ) throws -> SharedBytes {
    func wrong(_ expected: String, _ got: String) -> HuggingFaceError {
      .notStored(file: file.name, expected: expected, got: got)
    }
    guard layers <= file.tensors.count else {
      throw wrong("tensors for \(layers) layers", "\(file.tensors.count) in all")
    }
    let tensors = tensors()
    guard file.tensors.count == tensors.count, let first = file.tensors.first,
      let last = file.tensors.last
    else { throw wrong("\(tensors.count) tensors", "\(file.tensors.count)") }
    for (expected, got) in zip(tensors, file.tensors) {
      guard expected.name == got.name, expected.shape == got.shape, got.type == .float32 else {
        throw wrong(
          "'\(expected.name)', F32 \(expected.shape)",
          "'\(got.name)', \(got.type.name) \(got.shape)")
      }
    }
    // Without gaps, as the file was checked to be, tensors in this order are the run itself.
    return file.view(first.byteRange.lowerBound..<last.byteRange.upperBound)
  }
}
