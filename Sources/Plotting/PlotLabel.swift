/// Text from a notebook on its way into gnuplot and SVG. It is hostile until proven otherwise.
enum PlotLabel {
  /// The text without what could steer a program or a reader: control characters, line and
  /// paragraph separators, direction overrides and code points that XML forbids become spaces or
  /// U+FFFD. Cut to at most `limit` characters, with an ellipsis.
  static func clean(_ text: String, limit: Int) -> String {
    var scalars = String.UnicodeScalarView()
    // A character can hold any number of combining marks.
    for scalar in text.unicodeScalars.prefix(limit * 8) {
      switch scalar.value {
      case 0x09...0x0D, 0x85, 0x2028, 0x2029: scalars.append(" ")
      case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF,
        0xF8FE, 0xFFF9...0xFFFC:
        scalars.append("\u{FFFD}")
      case let value where value & 0xFFFE == 0xFFFE: scalars.append("\u{FFFD}")
      default: scalars.append(scalar)
      }
    }
    let cleaned = String(scalars)
    guard cleaned.count > limit || text.unicodeScalars.count > limit * 8 else { return cleaned }
    return cleaned.prefix(max(0, limit - 1)) + "…"
  }

  /// What stands for an apostrophe on its way through gnuplot: a code point for private use, which
  /// ``clean(_:limit:)`` takes out of labels.
  private static let apostrophe: Unicode.Scalar = "\u{F8FE}"

  /// A gnuplot string constant, between single quotes, where gnuplot interprets nothing: no
  /// escapes, no macros, no backticks. (Between double quotes it would run what stands in backticks
  /// as a shell command.)
  ///
  /// Doubling quotes inside, as gnuplot's manual has it, is no protection: gnuplot 5.4 reads
  /// `'''x'` as an empty string and then another one. So no quote goes in at all, but a stand-in
  /// that ``restoringApostrophes(_:)`` takes back.
  static func quoted(_ text: String, limit: Int) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in clean(text, limit: limit).unicodeScalars {
      scalars.append(scalar == "'" ? apostrophe : scalar)
    }
    return "'\(String(scalars))'"
  }

  /// gnuplot's output with the apostrophes of its labels.
  static func restoringApostrophes(_ output: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in output.unicodeScalars { scalars.append(scalar == apostrophe ? "'" : scalar) }
    return String(scalars)
  }

  /// As ``quoted(_:limit:)``, for the label of a tic, where gnuplot expands `%` formats.
  static func quotedTic(_ text: String, limit: Int) -> String {
    quoted(
      clean(text, limit: limit).split(separator: "%", omittingEmptySubsequences: false)
        .joined(separator: "%%"), limit: limit * 2)
  }

  /// Text for XML element content.
  static func escapedXML(_ text: String, limit: Int) -> String {
    var result = ""
    for character in clean(text, limit: limit).unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
