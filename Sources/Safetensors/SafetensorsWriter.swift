import Bytes
import Glibc

/// Writes a safetensors file of F32, F16 or BF16 tensors in the order given.
///
/// The header is known before the first number is written, so that a file is streamed and its size
/// is known beforehand. It is padded with spaces so that the data begin at a multiple of 64: a
/// mapped file can be computed with in place. The same tensors always give the same bytes.
public struct SafetensorsWriter: Sendable {
  /// A tensor to be written.
  public struct Tensor: Hashable, Sendable {
    /// The tensor's name, unique in its file.
    public let name: String
    /// ``TensorType/float32``, ``TensorType/float16`` or ``TensorType/bfloat16``.
    public let type: TensorType
    /// Its dimensions.
    public let shape: [Int]

    /// A tensor from its parts.
    public init(name: String, type: TensorType, shape: [Int]) {
      self.name = name
      self.type = type
      self.shape = shape
    }
  }

  /// Takes the next bytes of a file; they are gone when it returns.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  /// The tensors, in the order of the file.
  public let tensors: [Tensor]
  /// The first bytes of the file, up to the data.
  public let header: [UInt8]
  /// The size of the whole file.
  public let byteCount: Int

  /// How many numbers are converted at a time.
  private static let step = 1 << 20

  /// Plans a file. O(tensors).
  ///
  /// - Parameters:
  ///   - tensors: What it holds.
  ///   - metadata: Texts for `__metadata__`, in their order. Hugging Face's programs want to find
  ///     a `format` there.
  /// - Throws: ``SafetensorsError`` where a name is repeated, a type cannot be written, a size
  ///   overflows, or the header would be too long to be read.
  public init(tensors: [Tensor], metadata: [(name: String, text: String)] = [("format", "pt")])
    throws(SafetensorsError)
  {
    let file = "the file to be written"
    var members: [JSONValue.Member] = []
    if !metadata.isEmpty {
      members.append(
        .init("__metadata__", .object(metadata.map { .init($0.name, .string($0.text)) })))
      guard Set(metadata.map(\.name)).count == metadata.count else {
        throw .repeatedName(file: file, name: "__metadata__")
      }
    }
    var end = 0
    var names: Set<String> = ["__metadata__"]
    for tensor in tensors {
      guard names.insert(tensor.name).inserted else {
        throw .repeatedName(file: file, name: tensor.name)
      }
      guard tensor.type.isReadAsFloat else {
        throw .notFloatingPoint(file: file, tensor: tensor.name, got: tensor.type)
      }
      let start = end
      var size: Int? = tensor.type.bits / 8
      for dimension in tensor.shape {
        size = size.flatMap {
          let (product, overflow) = $0.multipliedReportingOverflow(by: dimension)
          return overflow || product < 0 ? nil : product
        }
      }
      let next = size.map { end.addingReportingOverflow($0) }
      guard let next, !next.overflow, next.partialValue < 1 << 60 else {
        throw .wrongSize(
          file: file, tensor: tensor.name, type: tensor.type, shape: tensor.shape,
          expectedBytes: nil, gotBytes: 0)
      }
      end = next.partialValue
      members.append(
        .init(
          tensor.name,
          .object([
            .init("dtype", .string(tensor.type.name)),
            .init("shape", .list(tensor.shape.map { .number($0) })),
            .init("data_offsets", .list([.number(start), .number(end)])),
          ])))
    }
    var json = JSONValue.object(members).serialized()
    json += [UInt8](repeating: 0x20, count: (64 - (8 + json.count) % 64) % 64)
    guard json.count <= SafetensorsFile.headerLimit else {
      throw .headerTooLong(
        file: file, got: UInt64(json.count), limit: SafetensorsFile.headerLimit)
    }
    header = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    self.tensors = tensors
    byteCount = header.count + end
  }

  /// Writes the file to a sink, in pieces of at most 16 MB.
  ///
  /// - Parameters:
  ///   - sink: Takes the bytes in their order.
  ///   - floats: The numbers of the tensor with an index; they have to stay until it is called
  ///     again or the file is written.
  /// - Throws: ``SafetensorsError/wrongRange(file:tensor:got:count:target:)`` where they are not
  ///   as many as the shape asks for, ``SafetensorsError/overflow(tensor:index:value:type:)`` where
  ///   a finite number is too large for its type; whatever the closures throw.
  public func write(
    to sink: Sink, floats: (Int) throws -> UnsafeBufferPointer<Float>
  ) throws {
    try header.withUnsafeBytes(sink)
    var converted: [UInt16] = []
    for (index, tensor) in tensors.enumerated() {
      let numbers = try floats(index)
      let count = tensor.shape.reduce(1, *)
      guard numbers.count == count else {
        throw SafetensorsError.wrongRange(
          file: "the file to be written", tensor: tensor.name, got: 0..<count, count: count,
          target: numbers.count)
      }
      var start = 0
      while start < count {
        let end = min(count, start + (tensor.type == .float32 ? 4 : 1) * Self.step)
        let part = UnsafeBufferPointer(rebasing: numbers[start..<end])
        if tensor.type == .float32 {
          try sink(UnsafeRawBufferPointer(part))
        } else {
          try convert(part, of: tensor, from: start, into: &converted)
          try converted.withUnsafeBytes(sink)
        }
        start = end
      }
    }
  }

  /// Writes the file to an open file.
  public func write(
    to descriptor: Int32, named name: String, floats: (Int) throws -> UnsafeBufferPointer<Float>
  ) throws {
    try write(
      to: { bytes in
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
          let count = Glibc.write(descriptor, base, rest.count)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else {
            throw SafetensorsError.unreadable(file: name, reason: MappedFile.reason())
          }
          rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
      }, floats: floats)
  }

  /// The whole file in memory.
  public func bytes(floats: (Int) throws -> UnsafeBufferPointer<Float>) throws -> [UInt8] {
    var target: [UInt8] = []
    target.reserveCapacity(byteCount)
    try write(to: { target.append(contentsOf: $0) }, floats: floats)
    return target
  }

  private func convert(
    _ numbers: UnsafeBufferPointer<Float>, of tensor: Tensor, from start: Int,
    into target: inout [UInt16]
  ) throws(SafetensorsError) {
    if tensor.type == .float16 {
      target = numbers.map { FloatConversion.half($0).littleEndian }
    } else {
      target = numbers.map { FloatConversion.brain($0).littleEndian }
    }
    // All ones in the exponent: the sign aside, no smaller number has these bits.
    let infinity: UInt16 = tensor.type == .float16 ? 0x7C00 : 0x7F80
    let overflow = target.indices.first {
      UInt16(littleEndian: target[$0]) & 0x7FFF >= infinity
        && FloatConversion.isFinite(numbers[$0])
    }
    if let overflow {
      throw .overflow(
        tensor: tensor.name, index: start + overflow, value: numbers[overflow], type: tensor.type)
    }
  }
}
