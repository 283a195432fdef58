/// A line that begins or ends an output region.
enum Marker: Equatable {
  case out(id: String, key: String, isMeasured: Bool)
  case end(id: String, sum: String)
  /// Meant as a marker, but not spelt like one; with the id where that much can be read.
  case malformed(id: String?)

  /// Reads a whole line without its ending; nil where the line isn't meant as a marker.
  ///
  /// The spelling is exact, so that no two lines mean the same: one space between the words, no
  /// space at either end of the line.
  init?(line: ArraySlice<UInt8>) {
    let text = line.drop(while: Ascii.isBlank)
    let opening = "<!-- poise:".utf8
    guard text.starts(with: opening) else { return nil }
    let inner = text.dropFirst(opening.count)
    let words = inner.split(separator: Ascii.space, omittingEmptySubsequences: false)
    guard let verb = words.first, verb.elementsEqual("out".utf8) || verb.elementsEqual("end".utf8)
    else { return nil }
    let id = words.count > 1 ? String(decoding: words[1], as: UTF8.self) : ""
    guard isValidCellID(id) else {
      self = .malformed(id: nil)
      return
    }
    self = .malformed(id: id)
    guard text.startIndex == line.startIndex, words.count >= 4,
      words[words.count - 1].elementsEqual("-->".utf8)
    else { return }
    if verb.elementsEqual("end".utf8) {
      guard words.count == 4, let sum = Self.value(of: "sum=", in: words[2]), isChecksum(sum)
      else { return }
      self = .end(id: id, sum: sum)
    } else {
      guard let key = Self.value(of: "key=", in: words[2]), isKeyPrefix(key) else { return }
      if words.count == 4 {
        self = .out(id: id, key: key, isMeasured: false)
      } else if words.count == 5, words[3].elementsEqual("measured".utf8) {
        self = .out(id: id, key: key, isMeasured: true)
      }
    }
  }

  var id: String? {
    switch self {
    case .out(let id, _, _), .end(let id, _): id
    case .malformed(let id): id
    }
  }

  /// The line that stands for the marker; nil for a malformed one.
  var line: String? {
    switch self {
    case .out(let id, let key, let isMeasured):
      "<!-- poise:out \(id) key=\(key)\(isMeasured ? " measured" : "") -->"
    case .end(let id, let sum): "<!-- poise:end \(id) sum=\(sum) -->"
    case .malformed: nil
    }
  }

  private static func value(of label: String, in word: ArraySlice<UInt8>) -> String? {
    guard word.starts(with: label.utf8) else { return nil }
    return String(decoding: word.dropFirst(label.utf8.count), as: UTF8.self)
  }
}

/// How many characters of a cell key a marker shows.
let keyPrefixLength = 12

/// Whether a text is spelt like a cell id: `[A-Za-z_][A-Za-z0-9_-]*`.
public func isValidCellID(_ text: String) -> Bool {
  var isFirst = true
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      break
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      if isFirst { return false }
    default: return false
    }
    isFirst = false
  }
  return !isFirst
}

/// Twelve to 64 lower-case hexadecimal digits.
func isKeyPrefix(_ text: String) -> Bool {
  let digits = text.utf8
  return (keyPrefixLength...64).contains(digits.count)
    && digits.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
}

/// Ten characters of the base64url alphabet.
private func isChecksum(_ text: String) -> Bool {
  text.utf8.count == 10
    && text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
}
