public import Bytes
import Diagnostics

/// A safetensors file: the names, types and shapes of its tensors, and its bytes, which stay where
/// they are until they are asked for.
///
/// The format, and what is checked before anything is allocated:
/// 1. Eight bytes: the length of the header, little-endian; at most 100 MB and within the file.
/// 2. The header: a JSON object that begins with `{`, in which no name occurs twice. Spaces may
///    follow it.
/// 3. `__metadata__`, where it is there, maps names to texts.
/// 4. Every other member is a tensor: `dtype`, `shape`, and `data_offsets` from the end of the
///    header. The elements that the shape asks for take exactly the bytes that the offsets give.
/// 5. The tensors cover the data exactly: no gap, no overlap, nothing after the last.
public struct SafetensorsFile: Sendable {
  /// What the header says of one tensor.
  public struct Entry: Hashable, Sendable {
    /// The tensor's name.
    public let name: String
    /// What its elements are.
    public let type: TensorType
    /// Its dimensions, the slowest first; none for a single number.
    public let shape: [Int]
    /// Where its bytes are, from the start of the file.
    public let byteRange: Range<Int>

    /// The product of the shape.
    public var count: Int { byteRange.count * 8 / type.bits }
  }

  /// The longest header that is read, as in the reference implementation.
  public static let headerLimit = 100_000_000

  /// The name in messages.
  public let name: String
  /// The texts of `__metadata__`, by name.
  public let metadata: [String: String]
  /// The tensors in the order of their data.
  public let tensors: [Entry]
  /// The whole file.
  public let bytes: SharedBytes
  private let indices: [String: Int]

  /// Maps a file and checks its header. O(length of the header).
  ///
  /// - Parameters:
  ///   - path: The file; a link is followed.
  ///   - name: Its name in messages; the path where nil.
  /// - Throws: ``SafetensorsError`` for the first thing that is wrong.
  public init(path: String, name: String? = nil) throws(SafetensorsError) {
    let shown = name ?? path
    guard let resolved = MappedFile.resolved(path) else {
      throw .unreadable(file: shown, reason: MappedFile.reason())
    }
    try self.init(bytes: MappedFile.open(resolved, shown: shown), name: shown)
  }

  /// Checks the header of a file in memory. O(length of the header).
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - name: Its name in messages.
  /// - Throws: ``SafetensorsError`` for the first thing that is wrong.
  public init(bytes: SharedBytes, name: String) throws(SafetensorsError) {
    let header = try SafetensorsHeader(bytes.bytes, file: name)
    self.name = name
    self.bytes = bytes
    metadata = header.metadata
    tensors = header.tensors
    indices = header.indices
  }

  /// The tensor of that name, or nil.
  public func entry(named name: String) -> Entry? { indices[name].map { tensors[$0] } }

  /// The tensor of that name.
  ///
  /// - Throws: ``SafetensorsError/missingTensor(file:tensor:suggestion:)``.
  public func entry(of tensor: String) throws(SafetensorsError) -> Entry {
    guard let entry = entry(named: tensor) else {
      throw .missingTensor(
        file: name, tensor: tensor,
        suggestion: closestName(to: tensor, among: tensors.lazy.map(\.name), atMost: 4))
    }
    return entry
  }

  /// The bytes of a tensor, viewed in place where they are aligned to 16, else copied.
  public func bytes(of tensor: String) throws(SafetensorsError) -> SharedBytes {
    view(try entry(of: tensor).byteRange)
  }

  /// Some of the file's bytes, viewed in place where they are aligned to 16, else copied; the view
  /// keeps the file mapped.
  package func view(_ range: Range<Int>) -> SharedBytes {
    SharedBytes(viewing: UnsafeRawBufferPointer(rebasing: bytes.bytes[range]), owner: bytes)
  }
}
