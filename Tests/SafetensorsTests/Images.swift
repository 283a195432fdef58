import Bytes
import Safetensors

/// A file of a header's text and the data after it.
func image(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    + Array(header.utf8) + data
}

/// The little-endian bytes of numbers.
func littleEndian<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
  values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}

/// What opening the bytes gives.
func open(_ bytes: [UInt8]) throws(SafetensorsError) -> SafetensorsFile {
  try SafetensorsFile(bytes: SharedBytes(bytes), name: "a.safetensors")
}

extension SafetensorsFile {
  /// All numbers of a tensor.
  func floats(of name: String) throws -> [Float] {
    let count = try entry(of: name).count
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      buffer.initialize(repeating: .nan)
      try floats(of: name, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }
}

/// Three small tensors of different types, the first not aligned.
let sample: [UInt8] = image(
  #"""
  {"__metadata__":{"format":"pt","note":"\u00e9"},
   "bytes":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},
   "half":{"dtype":"F16","shape":[2,2],"data_offsets":[3,11]},
   "brain":{"dtype":"BF16","shape":[2],"data_offsets":[11,15]},
   "one":{"dtype":"F32","shape":[],"data_offsets":[15,19]},
   "none":{"dtype":"F32","shape":[0,7],"data_offsets":[19,19]}}
  """#,
  [1, 2, 3] + littleEndian([UInt16(0x3C00), 0xC000, 0x0001, 0x7C00])
    + littleEndian([UInt16(0x3F80), 0xC040]) + littleEndian([Float(0.1).bitPattern]))
