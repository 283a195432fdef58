import Workbench

extension Commands {
  static func repl(_ path: String?, words: [String]) throws -> Int32 {
    throw SessionError("the REPL is not here yet", status: .usage)
  }
}
