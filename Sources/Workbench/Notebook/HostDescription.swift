import Glibc

/// The version of Poise, recorded with every action.
package let poiseVersion = "0.1"

/// What the machine is, as provenance of results; never part of a key.
enum HostDescription {
  /// The processor's model name.
  static func processor() -> String {
    guard let file = fopen("/proc/cpuinfo", "re") else { return "unknown" }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 512)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard text.hasPrefix("model name"), let colon = text.firstIndex(of: ":") else { continue }
      let name = text[text.index(after: colon)...].drop { $0 == " " }
      return name.last == "\n" ? String(name.dropLast()) : String(name)
    }
    return "unknown"
  }
}
