import Glibc

/// One figure that `poise-bench` measures.
struct BenchCommand: Sendable {
  let name: String
  /// The arguments after the name, as shown in the usage.
  let arguments: String
  let summary: String
  /// Measures and prints; returns the exit status.
  let run: @Sendable (inout BenchArguments) throws -> Void

  static let all: [BenchCommand] = [
    bm25, flat, ann, encode, tune, tokenize, kernels, train, pretrain, generate, replay,
    notebook, late, read,
  ]

  /// Runs the program; returns its exit status: 0, 1 where measuring failed, 2 for misuse.
  static func run(_ arguments: [String]) -> Int32 {
    guard let name = arguments.first, name != "--help", name != "help" else {
      print(usage)
      return arguments.isEmpty ? 2 : 0
    }
    guard let command = all.first(where: { $0.name == name }) else {
      complain("unknown command \"\(name)\"\n\n\(usage)")
      return 2
    }
    var rest = BenchArguments(arguments.dropFirst())
    do {
      try command.run(&rest)
      return 0
    } catch let error as BenchArguments.Misuse {
      complain("\(name): \(error.message)\n\n\(usage)")
      return 2
    } catch {
      complain("\(name): \(error)")
      return 1
    }
  }

  static var usage: String {
    let forms = all.map { "poise-bench \($0.name) \($0.arguments)" }
    let width = forms.map(\.count).max() ?? 0
    let lines = zip(all, forms).map { command, form in
      "  \(form)\(String(repeating: " ", count: width - form.count + 2))\(command.summary)"
    }
    return "usage:\n" + lines.joined(separator: "\n")
  }

  private static func complain(_ message: String) {
    let bytes = Array("poise-bench: \(message)\n".utf8)
    // Nothing can be done where even the complaint cannot be written.
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}

/// The arguments of a command, taken one kind after the other.
struct BenchArguments {
  struct Misuse: Error {
    let message: String
  }

  private var rest: [String]

  init(_ arguments: some Sequence<String>) { rest = Array(arguments) }

  /// Takes `--name N`, or gives the default.
  mutating func integer(_ name: String, default value: Int, in range: ClosedRange<Int>) throws
    -> Int
  {
    guard let place = rest.firstIndex(of: name) else { return value }
    guard place + 1 < rest.count, let number = Int(rest[place + 1]), range.contains(number)
    else {
      throw Misuse(
        message: "\(name) takes a number from \(range.lowerBound) to \(range.upperBound)")
    }
    rest.removeSubrange(place...place + 1)
    return number
  }

  /// Takes `--name TEXT`, or gives nil.
  mutating func text(_ name: String) throws -> String? {
    guard let place = rest.firstIndex(of: name) else { return nil }
    guard place + 1 < rest.count else { throw Misuse(message: "\(name) takes a value") }
    defer { rest.removeSubrange(place...place + 1) }
    return rest[place + 1]
  }

  /// Fails where an argument is left.
  func none() throws {
    if let extra = rest.first { throw Misuse(message: "unexpected \(extra)") }
  }

  /// Takes the one argument that is left.
  mutating func only(_ what: String) throws -> String {
    if let option = rest.first(where: { $0.hasPrefix("-") }) {
      throw Misuse(message: "unknown option \(option)")
    }
    guard let value = rest.first else { throw Misuse(message: "expected \(what)") }
    guard rest.count == 1 else { throw Misuse(message: "unexpected \(rest[1])") }
    rest = []
    return value
  }
}
