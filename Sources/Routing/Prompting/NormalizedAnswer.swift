/// Answers as they are compared: SQuAD's normalisation (Rajpurkar et al. 2016), with substrings
/// found wherever they stand, as the published outcomes of AdaRAGUE count them.
package enum NormalizedAnswer {
  /// Lower case, without ASCII punctuation and English articles, single spaces between words.
  package static func text(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.lowercased().utf8 where !isPunctuation(byte) { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
      .split(whereSeparator: \.isWhitespace)
      .filter { $0 != "a" && $0 != "an" && $0 != "the" }
      .joined(separator: " ")
  }

  /// Whether a text equals one of the accepted answers, both normalised.
  package static func matches(_ text: String, anyOf answers: [String]) -> Bool {
    let text = self.text(text)
    return answers.contains { self.text($0) == text }
  }

  /// Whether a text has one of the accepted answers in it, both normalised.
  ///
  /// An accepted answer of nothing but articles and punctuation is in no text.
  package static func contains(_ text: String, anyOf answers: [String]) -> Bool {
    let text = self.text(text)
    return answers.contains { answer in
      let answer = self.text(answer)
      return !answer.isEmpty && text.contains(answer)
    }
  }

  private static func isPunctuation(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }
}
