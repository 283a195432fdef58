import Bytes

extension SafetensorsFile {
  /// Converts all elements of a tensor to float32, exactly. O(elements).
  ///
  /// - Parameters:
  ///   - tensor: The name of an F32, F16 or BF16 tensor.
  ///   - target: As many floats as the tensor has.
  /// - Throws: ``SafetensorsError`` for a name that is not there, another type or another count.
  public func floats(of tensor: String, into target: UnsafeMutableBufferPointer<Float>)
    throws(SafetensorsError)
  {
    let entry = try entry(of: tensor)
    try floats(of: entry, range: 0..<entry.count, into: target)
  }

  /// Converts some elements of a tensor to float32, exactly. O(elements).
  ///
  /// - Parameters:
  ///   - entry: An F32, F16 or BF16 tensor of this file.
  ///   - range: Which elements.
  ///   - target: As many floats as the range has.
  /// - Throws: ``SafetensorsError`` for another type or a range that is not within the tensor.
  public func floats(
    of entry: Entry, range: Range<Int>, into target: UnsafeMutableBufferPointer<Float>
  ) throws(SafetensorsError) {
    guard entry.type.isReadAsFloat else {
      throw .notFloatingPoint(file: name, tensor: entry.name, got: entry.type)
    }
    guard range.lowerBound >= 0, range.upperBound <= entry.count, range.count == target.count,
      entry.byteRange.upperBound <= bytes.count
    else {
      throw .wrongRange(
        file: name, tensor: entry.name, got: range, count: entry.count, target: target.count)
    }
    let size = entry.type.bits / 8
    let start = entry.byteRange.lowerBound + range.lowerBound * size
    guard !range.isEmpty, let source = bytes.bytes.baseAddress.map({ $0 + start }) else { return }
    Self.convert(source, entry.type, into: target)
  }

  /// Converts as many numbers as the target has.
  ///
  /// Not inlined, and apart from what throws: in a function that can throw, a copy of memory as the
  /// last act is compiled to a jump that loses the register of the error (Swift 6.3, x86-64), and
  /// the caller sees an error that nobody threw.
  @inline(never)
  private static func convert(
    _ source: UnsafeRawPointer, _ type: TensorType, into target: UnsafeMutableBufferPointer<Float>
  ) {
    switch type {
    case .float16:
      for index in 0..<target.count {
        let bits = source.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self)
        target[index] = FloatConversion.float(half: UInt16(littleEndian: bits))
      }
    case .bfloat16:
      for index in 0..<target.count {
        let bits = source.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self)
        target[index] = FloatConversion.float(brain: UInt16(littleEndian: bits))
      }
    default:
      UnsafeMutableRawBufferPointer(target).copyMemory(
        from: UnsafeRawBufferPointer(start: source, count: 4 * target.count))
    }
  }
}
