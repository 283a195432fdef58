/// Draws plots with gnuplot: SVG for documents, characters for terminals.
///
/// gnuplot is started without settings files and with an empty environment; the script goes to its
/// standard input, and nothing is written to disk.
public struct GnuplotRenderer: Sendable {
  /// Why drawing failed.
  public enum Failure: Error, Sendable, Hashable {
    /// The program is not installed; `install` is the command that installs it.
    case missing(program: String, install: String)
    /// The program could not be started, or talked to.
    case system(call: String, code: Int32)
    /// The program took longer than allowed and was ended.
    case timedOut(seconds: Int)
    /// The program ended with an error.
    case failed(status: Int32, message: String)
    /// What came back is no picture, or larger than any should be.
    case badOutput(bytes: Int)
  }

  /// The program's name, looked up in the search path, or its path.
  public let program: String
  /// How long one plot may take, in seconds.
  public let timeout: Int

  /// - Parameters:
  ///   - program: gnuplot's name or path.
  ///   - timeout: How long one plot may take, in seconds; at least 1.
  public init(program: String = "gnuplot", timeout: Int = 20) {
    self.program = program
    self.timeout = max(1, timeout)
  }

  /// The plot as an SVG document: white background, no dates, versions or ids, with a title and a
  /// description for screen readers. The bytes depend on the plot (and on gnuplot's own layout).
  ///
  /// - Throws: ``PlotSpec/Failure`` for what can't be drawn, ``Failure``.
  public func svg(_ spec: PlotSpec) throws -> [UInt8] {
    try spec.validate()
    let output = try run(GnuplotScript.svg(spec))
    guard let document = SVGDocument(gnuplot: output) else {
      throw Failure.badOutput(bytes: output.utf8.count)
    }
    return Array(document.text(spec).utf8)
  }

  /// The plot as lines of text, without a newline at the end and without trailing spaces.
  ///
  /// Bars are drawn here, lengthwise, and need no gnuplot; else its `dumb` terminal draws.
  ///
  /// - Parameters:
  ///   - spec: What to draw.
  ///   - columns: The width, taken as 40…400.
  ///   - rows: The height, taken as 10…200; bars take as many lines as there are.
  /// - Returns: The text.
  /// - Throws: ``PlotSpec/Failure`` for what can't be drawn, ``Failure``.
  public func text(_ spec: PlotSpec, columns: Int, rows: Int) throws -> String {
    try spec.validate()
    let columns = min(400, max(40, columns))
    let rows = min(200, max(10, rows))
    if spec.kind == .bar { return TextBars.draw(spec, columns: columns) }
    let output = try run(GnuplotScript.text(spec, columns: columns, rows: rows))
    let lines =
      output
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in
        var line = line.drop { $0 == "\u{0C}" }
        while let last = line.last, last == " " || last == "\r" { line.removeLast() }
        return line
      }
    let first = lines.firstIndex { !$0.isEmpty } ?? lines.endIndex
    let last = lines.lastIndex { !$0.isEmpty } ?? lines.startIndex
    guard first <= last, first < lines.endIndex else {
      throw Failure.badOutput(bytes: output.utf8.count)
    }
    // gnuplot would write the y axis's label upright, letter below letter.
    let head = [spec.title ?? "", spec.yLabel].filter { !$0.isEmpty }
      .map { PlotLabel.clean($0, limit: columns) }
    return (head + lines[first...last].map(String.init)).joined(separator: "\n")
  }

  private func run(_ script: String) throws -> String {
    let result = try ChildProcess.run(
      program, arguments: ["--default-settings"], input: Array(script.utf8), timeout: timeout)
    guard result.status == 0 else {
      throw Failure.failed(
        status: result.status,
        message: PlotLabel.clean(String(decoding: result.errors, as: UTF8.self), limit: 500))
    }
    return PlotLabel.restoringApostrophes(String(decoding: result.output, as: UTF8.self))
  }
}

extension GnuplotRenderer.Failure: CustomStringConvertible {
  /// What is wrong, and what to do about it, in one sentence.
  public var description: String {
    switch self {
    case .missing(let program, let install):
      "'\(program)' is not installed, and plots need it: \(install)"
    case .system(let call, let code): "gnuplot could not be run: \(call) failed with error \(code)"
    case .timedOut(let seconds): "gnuplot took longer than \(seconds) s and was ended"
    case .failed(let status, let message): "gnuplot ended with status \(status): \(message)"
    case .badOutput(let bytes): "gnuplot wrote \(bytes) bytes that are no plot"
    }
  }
}

extension PlotSpec {
  /// The title, or what the axes say.
  var summaryTitle: String {
    if let title, !title.isEmpty { return title }
    return xLabel.isEmpty ? yLabel : "\(yLabel) by \(xLabel)"
  }

  /// One line that says in words what the plot shows.
  var summary: String {
    let noun =
      switch kind {
      case .line: "Line chart"
      case .bar: "Bar chart"
      case .scatter: "Scatter plot"
      }
    let values = series.flatMap { $0.points.map(\.y) }
    let low = Position.number(Self.rounded(values.min() ?? 0)).label
    let high = Position.number(Self.rounded(values.max() ?? 0)).label
    let names = series.prefix(8).map { PlotLabel.clean($0.name, limit: 40) }
    let more = series.count > 8 ? ", …" : ""
    let count = values.count == 1 ? "1 point" : "\(values.count) points"
    let of = yLabel.isEmpty ? "" : " of \(PlotLabel.clean(yLabel, limit: 80))"
    let by = xLabel.isEmpty ? "" : " by \(PlotLabel.clean(xLabel, limit: 80))"
    return "\(noun)\(of)\(by): \(names.joined(separator: ", "))\(more); \(count), "
      + "from \(low) to \(high)."
  }

  /// Four decimals for numbers that have them.
  private static func rounded(_ value: Double) -> Double {
    abs(value) < 1e9 && abs(value) >= 1e-2 ? (value * 1e4).rounded() / 1e4 : value
  }
}
