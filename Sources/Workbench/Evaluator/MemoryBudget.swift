import Artifacts
import Glibc

/// Refuses work that would not fit into memory, before it starts.
package enum MemoryBudget {
  /// - Throws: `VerbError` with the estimate where the machine has less than that available.
  package static func check(_ bytes: Int, available: Int? = availableBytes()) throws {
    guard let available, bytes > available else { return }
    throw VerbError(
      "this would need about \(ByteSize.format(bytes)) of memory, and "
        + "\(ByteSize.format(available)) are available",
      help: "use a smaller collection or model, or a machine with more memory")
  }

  /// What the kernel says can be had without swapping; nil where it does not say.
  package static func availableBytes() -> Int? {
    guard let file = fopen("/proc/meminfo", "re") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard text.hasPrefix("MemAvailable:") else { continue }
      return Int(text.filter(\.isNumber)).map { $0 * 1024 }
    }
    return nil
  }
}
