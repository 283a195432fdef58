import Glibc
enum Tuning {
  static let alpha: Float = getenv("ALPHA").map { Float(atof($0)) } ?? 1
  static let fill: Bool = getenv("FILL").map { atoi($0) != 0 } ?? true
  static let rescore: Int = getenv("RESCORE").map { Int(atoi($0)) } ?? 20
}
