/// Why a file is not the safetensors file, or the sharded checkpoint, that it should be.
///
/// Every case names the file, and what was got and expected where there is such a pair.
public enum SafetensorsError: Error, Hashable, Sendable {
  /// The file cannot be opened, is not a regular file, or cannot be written.
  case unreadable(file: String, reason: String)
  /// The file ends before what its first bytes announce.
  case truncated(file: String, expectedBytes: UInt64, gotBytes: Int)
  /// The header announces a length that no checkpoint has.
  case headerTooLong(file: String, got: UInt64, limit: Int)
  /// The header, or the index of a sharded checkpoint, is not JSON.
  case syntax(file: String, offset: Int, expected: String, got: String)
  /// A name occurs twice in one object.
  case repeatedName(file: String, name: String)
  /// A value of the header or the index is not what the format has there.
  case wrongValue(file: String, member: String, expected: String, got: String)
  /// An element type that the format does not have.
  case unknownType(file: String, tensor: String, got: String, suggestion: String?)
  /// The elements that a shape asks for take another number of bytes than the offsets give.
  /// `expectedBytes` is nil where their number overflows.
  case wrongSize(
    file: String, tensor: String, type: TensorType, shape: [Int], expectedBytes: Int?,
    gotBytes: Int)
  /// The offsets of a tensor end past the file's data.
  case outOfBounds(file: String, tensor: String, got: Range<Int>, dataBytes: Int)
  /// A tensor begins before the one in front of it ends.
  case overlap(file: String, tensor: String, other: String, got: Int, expected: Int)
  /// Bytes that belong to no tensor stand before one, or at the end where `tensor` is nil.
  case gap(file: String, tensor: String?, got: Int, expected: Int)
  /// There is no tensor of that name.
  case missingTensor(file: String, tensor: String, suggestion: String?)
  /// The elements of the tensor are of a type that is not read as float32.
  case notFloatingPoint(file: String, tensor: String, got: TensorType)
  /// A range of elements is not within the tensor, or not as long as its target.
  case wrongRange(file: String, tensor: String, got: Range<Int>, count: Int, target: Int)
  /// A folder holds neither `model.safetensors` nor an index of shards.
  case noCheckpoint(folder: String, expected: [String])
  /// A file of the folder leads to a place that may not be read, such as one outside the folder.
  case forbidden(file: String, path: String)
  /// The index names a shard that is not there.
  case missingShard(file: String, shard: String, reason: String)
  /// A tensor is in another shard than the index says, or in none: `got` is nil then.
  case wrongShard(file: String, tensor: String, got: String?, expected: String)
  /// A shard holds a tensor that the index does not list.
  case unlistedTensor(file: String, shard: String, tensor: String)
  /// A number is too large for the type that is to be written.
  case overflow(tensor: String, index: Int, value: Float, type: TensorType)
}

extension SafetensorsError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): \(reason)"
    case .truncated(let file, let expected, let got):
      "\(file) is cut short: expected at least \(expected) bytes, got \(got)"
    case .headerTooLong(let file, let got, let limit):
      "\(file) announces a header of \(got) bytes; the format allows \(limit). "
        + "Is it a safetensors file?"
    case .syntax(let file, let offset, let expected, let got):
      "\(file), byte \(offset): expected \(expected), got \(got)"
    case .repeatedName(let file, let name): "\(file) has '\(name)' twice"
    case .wrongValue(let file, let member, let expected, let got):
      "\(file): '\(member)' has to be \(expected), got \(got)"
    case .unknownType(let file, let tensor, let got, let suggestion):
      "\(file): the elements of '\(tensor)' are of the unknown type '\(got)'"
        + meant(suggestion)
    case .wrongSize(let file, let tensor, let type, let shape, let expected, let got):
      "\(file): '\(tensor)' is \(type.name) \(shape), which takes "
        + (expected.map { "\($0) bytes" } ?? "more bytes than can be counted")
        + "; its offsets give it \(got)"
    case .outOfBounds(let file, let tensor, let got, let bytes):
      "\(file): '\(tensor)' is at bytes \(got.lowerBound) to \(got.upperBound) of the data, "
        + "which has \(bytes)"
    case .overlap(let file, let tensor, let other, let got, let expected):
      "\(file): '\(tensor)' begins at byte \(got) of the data, but '\(other)' ends at \(expected)"
    case .gap(let file, let tensor?, let got, let expected):
      "\(file): '\(tensor)' begins at byte \(got) of the data, but what is in front of it "
        + "ends at \(expected)"
    case .gap(let file, nil, let got, let expected):
      "\(file): the data have \(got) bytes, but the last tensor ends at \(expected)"
    case .missingTensor(let file, let tensor, let suggestion):
      "\(file) has no tensor '\(tensor)'" + meant(suggestion)
    case .notFloatingPoint(let file, let tensor, let got):
      "\(file): '\(tensor)' is \(got.name); F32, F16 and BF16 can be read as numbers"
    case .wrongRange(let file, let tensor, let got, let count, let target):
      "\(file): elements \(got.lowerBound) to \(got.upperBound) of '\(tensor)', which has "
        + "\(count), do not go into \(target)"
    default: folderDescription
    }
  }

  private var folderDescription: String {
    switch self {
    case .noCheckpoint(let folder, let expected):
      "\(folder) has no checkpoint: expected \(expected.joined(separator: " or "))"
    case .forbidden(let file, let path):
      "\(file) names '\(path)', which is not in its folder and may not be read"
    case .missingShard(let file, let shard, let reason):
      "\(file) names the shard '\(shard)': \(reason)"
    case .wrongShard(let file, let tensor, let got?, let expected):
      "\(file) says that '\(tensor)' is in '\(expected)'; it is in '\(got)'"
    case .wrongShard(let file, let tensor, nil, let expected):
      "\(file) says that '\(tensor)' is in '\(expected)', which does not have it"
    case .unlistedTensor(let file, let shard, let tensor):
      "\(file) does not list '\(tensor)', which is in '\(shard)'"
    case .overflow(let tensor, let index, let value, let type):
      "element \(index) of '\(tensor)' is \(value), which \(type.name) cannot hold"
    default: ""
    }
  }

  private func meant(_ suggestion: String?) -> String {
    suggestion.map { "; did you mean '\($0)'?" } ?? ""
  }
}
