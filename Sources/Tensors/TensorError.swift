/// Why an operation of a tape was not done.
public enum TensorError: Error, Hashable, Sendable {
  /// A matrix has another shape than the operation needs.
  case shape(operation: String, argument: String, expected: String, got: String)
  /// An index lies outside of what it points into.
  case index(operation: String, got: Int, count: Int)
  /// The variable's memory was used for another operation's result.
  case consumed(operation: String)
  /// OpenBLAS is not to be had.
  case blas(BLASError)
}

extension TensorError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .shape(let operation, let argument, let expected, let got):
      "\(operation): \(argument) is \(got); expected \(expected)"
    case .index(let operation, let got, let count):
      "\(operation): the index \(got) is not within 0..<\(count)"
    case .consumed(let operation):
      "\(operation): the argument was consumed by an operation before"
    case .blas(let error): error.description
    }
  }
}
