import CStemmer

/// One of libstemmer's Snowball stemmers (Porter 2001, https://snowballstem.org).
///
/// Owns the C handle, which is not safe to share: each thread makes its own.
final class Stemmer {
  private let handle: OpaquePointer

  /// Nil where libstemmer has no such algorithm.
  init?(algorithm: String) {
    guard let handle = sb_stemmer_new(algorithm, nil) else { return nil }
    self.handle = handle
  }

  deinit { sb_stemmer_delete(handle) }

  /// The stem of a lower-cased word, valid until the next call.
  func stem(_ word: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    guard let length = Int32(exactly: word.count),
      let stem = sb_stemmer_stem(handle, word.baseAddress, length)
    else { return word }
    return UnsafeBufferPointer(start: stem, count: Int(sb_stemmer_length(handle)))
  }

  /// The names of libstemmer's algorithms, in its order.
  static var algorithms: [String] {
    guard var entry = sb_stemmer_list() else { return [] }
    var names: [String] = []
    while let name = entry.pointee {
      names.append(String(cString: name))
      entry += 1
    }
    return names
  }
}
