/// Why no model has this shape.
public enum ModelShapeError: Error, Hashable, Sendable {
  /// A number is outside what a model can have.
  case outOfRange(name: String, got: Int, allowed: ClosedRange<Int>)
  /// A number has to divide another.
  case notDivisible(name: String, got: Int, by: String, of: Int)
  /// A real number that has to be finite and positive is not.
  case notPositive(name: String, got: Double)
  /// A token id that the vocabulary does not have.
  case tokenOutOfRange(name: String, got: Int, vocabulary: Int)
  /// All weights together are more than a size.
  case tooLarge(most: String)
}

extension ModelShapeError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .outOfRange(let name, let got, let allowed):
      "\(name) is \(got); it has to be between \(allowed.lowerBound) and \(allowed.upperBound)"
    case .notDivisible(let name, let got, let by, let divisor):
      "\(name) is \(got), which is no multiple of \(by) (\(divisor))"
    case .notPositive(let name, let got):
      "\(name) is \(got); it has to be a positive number"
    case .tokenOutOfRange(let name, let got, let vocabulary):
      "\(name) is \(got), but the vocabulary has tokens 0 to \(vocabulary - 1)"
    case .tooLarge(let most): "the weights would be more than \(most)"
    }
  }
}

extension ModelShapeError {
  /// Fails for a number outside what a model can have.
  package static func check(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>)
    throws(ModelShapeError)
  {
    guard allowed.contains(value) else {
      throw .outOfRange(name: name, got: value, allowed: allowed)
    }
  }

  /// Fails for a number that is not finite and positive.
  package static func checkPositive(_ name: String, _ value: Double) throws(ModelShapeError) {
    guard value.isFinite, value > 0 else { throw .notPositive(name: name, got: value) }
  }
}
