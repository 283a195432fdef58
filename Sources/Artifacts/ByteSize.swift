/// Sizes as people write them: `5GB`, `500 MB`, `1GiB`, `4096`.
public enum ByteSize {
  private static let units: [(name: String, bytes: Int)] = [
    ("B", 1),
    ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("TIB", 1 << 40),
    ("K", 1000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
  ]

  /// The number of bytes that `text` says, nil where it says none.
  ///
  /// A number, with a decimal fraction if need be, then a unit in any case: B, KB, MB, GB, TB are
  /// powers of 1000 (and so are K, M, G, T); KiB, MiB, GiB, TiB are powers of 1024. No unit
  /// means bytes. Negative sizes and those past `Int.max` are nil.
  public static func parse(_ text: String) -> Int? {
    let trimmed = text.filter { $0 != " " && $0 != "_" }
    let number = trimmed.prefix { ("0"..."9").contains($0) || $0 == "." }
    let unitName = trimmed.dropFirst(number.count).uppercased()
    guard let first = number.utf8.first, first != UInt8(ascii: "."), number.last != ".",
      let value = Double(String(number)), value.isFinite,
      let unit = unitName.isEmpty ? 1 : units.first(where: { $0.name == unitName })?.bytes
    else { return nil }
    if let whole = Int(number) {
      let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
      return overflow ? nil : product
    }
    // 2^63 is the first Double that does not fit.
    let bytes = (value * Double(unit)).rounded()
    return bytes < 9_223_372_036_854_775_808 ? Int(bytes) : nil
  }

  /// The sum of two sizes, at most `Int.max`: a sparse file may claim to have nearly that much.
  static func sum(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }

  /// A size for people: `312 B`, `4.1 KB`, `2.0 GB`; powers of 1000.
  public static func format(_ bytes: Int) -> String {
    guard bytes.magnitude >= 1000 else { return "\(bytes) B" }
    var value = Double(bytes)
    var unit = ""
    for name in ["KB", "MB", "GB", "TB"] where value.magnitude >= 999.95 || unit.isEmpty {
      value /= 1000
      unit = name
    }
    let tenths = (value * 10).rounded()
    guard tenths.magnitude < 1e15 else { return "\(bytes) B" }
    let whole = Int(tenths)
    return "\(whole / 10).\((whole % 10).magnitude) \(unit)"
  }
}
