import Execution

/// Errors as optical character recognition makes them, and how many there are.
public struct TextNoise: Sendable {
  /// The probability that a character is misread.
  public let rate: Double
  private var stream: RandomStream
  /// Characters of all texts so far, before noise.
  public private(set) var characters = 0
  /// Edits that turn the texts before into those after, at least.
  public private(set) var edits = 0

  /// Noise by a seed.
  public init(rate: Double, seed: UInt64) {
    self.rate = rate
    stream = RandomStream(seed: seed, purpose: "noise")
  }

  /// The character error rate of all texts so far: edits over characters; 0 before the first.
  public var characterErrorRate: Double {
    characters == 0 ? 0 : Double(edits) / Double(characters)
  }

  private static let confusions: [Character: String] = [
    "a": "o", "b": "h", "c": "e", "d": "cl", "e": "c", "f": "t", "g": "q", "h": "b", "i": "l",
    "k": "lc", "l": "1", "m": "rn", "n": "u", "o": "0", "p": "n", "q": "g", "r": "i", "s": "5",
    "t": "f", "u": "v", "v": "y", "w": "vv", "x": "z", "y": "v", "z": "2", "B": "8", "G": "6",
    "I": "l", "O": "0", "S": "5", "Z": "2", ".": ",",
  ]

  /// A text as it might be read from a scan. Most errors confuse letters that look alike, some
  /// lose one or see one twice.
  public mutating func misread(_ text: String) -> String {
    let source = Array(text)
    var target: [Character] = []
    target.reserveCapacity(source.count)
    for character in source {
      guard rate > 0, stream.uniform() < rate else {
        target.append(character)
        continue
      }
      switch stream.below(10) {
      case 0: break
      case 1: target += [character, character]
      default: target += Array(Self.confusions[character] ?? "-")
      }
    }
    characters += source.count
    edits += Self.distance(source, target)
    return String(target)
  }

  /// The number of insertions, deletions and substitutions that lead from one text to another
  /// (Levenshtein 1966).
  ///
  /// - Complexity: O(length × length) time, O(length) memory.
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    guard !a.isEmpty else { return b.count }
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let changed = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(changed, min(row[j], diagonal) + 1)
      }
    }
    return row[b.count]
  }
}
