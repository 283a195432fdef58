/// Why a tokenizer could not be read, trained or asked.
///
/// `file` is the name that the caller gave; `path` is the member inside it, such as
/// `model.merges[12]`.
public enum TokenizerError: Error, Hashable, Sendable {
  /// Not JSON, or not UTF-8, at a byte offset.
  case brokenJSON(file: String, offset: Int, expected: String, got: String)
  /// A member that every file of this kind has is not there.
  case missingMember(file: String, path: String, expected: String)
  /// A member holds another kind of value.
  case wrongType(file: String, path: String, expected: String, got: String)
  /// A member asks for something that this program does not do.
  case unsupported(
    file: String, path: String, got: String, supported: [String], suggestion: String?)
  /// A size or an id past what is accepted.
  case tooLarge(file: String, path: String, what: String, limit: Int, got: Int)
  /// Two tokens share an id.
  case duplicateID(file: String, path: String, id: Int, tokens: [String])
  /// A token stands twice with different ids.
  case duplicateToken(file: String, path: String, token: String, ids: [Int])
  /// A token is named that the vocabulary lacks.
  case unknownToken(file: String, path: String, token: String, suggestion: String?)
  /// An id is named that no token has.
  case unknownTokenID(file: String, path: String, id: Int, vocabularySize: Int)
  /// An id at a place of the ids to decode that no token has.
  case idOutOfRange(id: Int32, position: Int, vocabularySize: Int)
  /// A setting of a training that makes no sense.
  case wrongSetting(name: String, expected: String, got: String)
}

extension TokenizerError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .brokenJSON(let file, let offset, let expected, let got):
      return "\(file): broken JSON at byte \(offset): expected \(expected), got \(got)"
    case .missingMember(let file, let path, let expected):
      return "\(file): there is no \(path); expected \(expected)"
    case .wrongType(let file, let path, let expected, let got):
      return "\(file): \(path) should be \(expected), got \(got)"
    case .unsupported(let file, let path, let got, let supported, let suggestion):
      let close = suggestion.map { "; did you mean \($0)?" } ?? ""
      return """
        \(file): \(path) is \(got), which is not supported; \
        supported: \(supported.joined(separator: ", "))\(close)
        """
    case .tooLarge(let file, let path, let what, let limit, let got):
      return "\(file): \(path): \(what) is \(got); at most \(limit) is accepted"
    case .duplicateID(let file, let path, let id, let tokens):
      return "\(file): \(path): the id \(id) belongs to \(Self.quoted(tokens))"
    case .duplicateToken(let file, let path, let token, let ids):
      let listed = ids.map(String.init).joined(separator: " and ")
      return "\(file): \(path): the token \"\(token)\" has the ids \(listed)"
    case .unknownToken(let file, let path, let token, let suggestion):
      let close = suggestion.map { "; did you mean \"\($0)\"?" } ?? ""
      return "\(file): \(path): \"\(token)\" is not in the vocabulary\(close)"
    case .unknownTokenID(let file, let path, let id, let size):
      return "\(file): \(path): no token has the id \(id); the vocabulary's size is \(size)"
    case .idOutOfRange(let id, let position, let size):
      return "no token has the id \(id) (at place \(position)); the vocabulary's size is \(size)"
    case .wrongSetting(let name, let expected, let got):
      return "\(name) should be \(expected), got \(got)"
    }
  }

  private static func quoted(_ tokens: [String]) -> String {
    tokens.map { "\"\($0)\"" }.joined(separator: " and ")
  }
}

/// The candidate that differs from `name` by the fewest edits of bytes, at most a third of its
/// length; nil where none is that close. Of equally close ones the first by bytes.
///
/// - Complexity: The product of the lengths for each candidate of a similar length.
func closestToken(to name: String, among candidates: some Sequence<String>) -> String? {
  let wanted = Array(name.utf8)
  guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
  let limit = max(1, wanted.count / 3)
  var best: (distance: Int, name: String)?
  for candidate in candidates where candidate != name {
    guard abs(candidate.utf8.count - wanted.count) <= limit else { continue }
    let distance = editDistance(wanted, Array(candidate.utf8))
    guard distance <= limit else { continue }
    if let current = best, (current.distance, current.name) <= (distance, candidate) { continue }
    best = (distance, candidate)
  }
  return best?.name
}

private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var previous = Array(0...b.count)
  for i in 0..<a.count {
    var current = [i + 1]
    for j in 0..<b.count {
      let substitution = previous[j] + (a[i] == b[j] ? 0 : 1)
      current.append(min(substitution, previous[j + 1] + 1, current[j] + 1))
    }
    previous = current
  }
  return previous[b.count]
}
