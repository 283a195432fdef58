/// The element types of the safetensors format.
///
/// All are known by their size; ``float32``, ``float16`` and ``bfloat16`` can be read as numbers
/// and written.
public enum TensorType: String, Hashable, Sendable, CaseIterable {
  /// IEEE 754 binary64.
  case float64 = "F64"
  /// IEEE 754 binary32.
  case float32 = "F32"
  /// IEEE 754 binary16.
  case float16 = "F16"
  /// The upper half of binary32.
  case bfloat16 = "BF16"
  /// Eight bits, four of them the exponent.
  case float8E4M3 = "F8_E4M3"
  /// Eight bits, five of them the exponent.
  case float8E5M2 = "F8_E5M2"
  /// A power of two in eight bits.
  case float8E8M0 = "F8_E8M0"
  /// Six bits, two of them the exponent.
  case float6E2M3 = "F6_E2M3"
  /// Six bits, three of them the exponent.
  case float6E3M2 = "F6_E3M2"
  /// Four bits, two of them the exponent.
  case float4 = "F4"
  /// Two binary32 numbers.
  case complex64 = "C64"
  /// A signed integer of 64 bits.
  case int64 = "I64"
  /// A signed integer of 32 bits.
  case int32 = "I32"
  /// A signed integer of 16 bits.
  case int16 = "I16"
  /// A signed integer of 8 bits.
  case int8 = "I8"
  /// An unsigned integer of 64 bits.
  case uint64 = "U64"
  /// An unsigned integer of 32 bits.
  case uint32 = "U32"
  /// An unsigned integer of 16 bits.
  case uint16 = "U16"
  /// An unsigned integer of 8 bits.
  case uint8 = "U8"
  /// A truth value in one byte.
  case boolean = "BOOL"

  /// The name in a file's header.
  public var name: String { rawValue }

  /// Bits of one element.
  public var bits: Int {
    switch self {
    case .float64, .int64, .uint64, .complex64: 64
    case .float32, .int32, .uint32: 32
    case .float16, .bfloat16, .int16, .uint16: 16
    case .float8E4M3, .float8E5M2, .float8E8M0, .int8, .uint8, .boolean: 8
    case .float6E2M3, .float6E3M2: 6
    case .float4: 4
    }
  }

  /// Whether elements can be read as float32 without loss.
  public var isReadAsFloat: Bool {
    switch self {
    case .float32, .float16, .bfloat16: true
    default: false
    }
  }

  /// The bytes that so many elements take; nil where that is no whole number or overflows.
  func bytes(for elements: Int) -> Int? {
    let (product, overflow) = elements.multipliedReportingOverflow(by: bits)
    return overflow || product % 8 != 0 ? nil : product / 8
  }
}
