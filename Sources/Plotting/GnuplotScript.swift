/// Writes gnuplot scripts. Whatever comes from a notebook is a number or passes ``PlotLabel``.
struct GnuplotScript {
  /// Okabe and Ito's palette for all kinds of colour vision (2008), without its yellow, which is
  /// lost on white.
  static let palette = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
  ]

  private let spec: PlotSpec
  private let layout: PlotLayout
  private var lines: [String] = []

  private init(_ spec: PlotSpec) {
    self.spec = spec
    layout = PlotLayout(spec)
  }

  private mutating func add(_ line: String) { lines.append(line) }

  // MARK: SVG

  /// A script that writes the plot as SVG to standard output.
  static func svg(_ spec: PlotSpec) -> String {
    var script = GnuplotScript(spec)
    script.writeSVG()
    return script.lines.joined(separator: "\n") + "\n"
  }

  private mutating func writeSVG() {
    let slot = 620 / Double(max(1, layout.categories.count))
    let longest = layout.categories.map { min($0.count, 24) }.max() ?? 0
    let isTurned = Double(longest) * 7.5 > slot - 6
    // At 35 degrees a letter takes about 3.6 pixels of height; gnuplot's margins count in 20.
    let turned = isTurned ? Double(longest) * 3.6 : 0
    let height = 420 + Int(turned)
    add("set encoding utf8")
    add(
      "set terminal svg noenhanced size 720,\(height) font 'sans-serif,13' "
        + "background '#ffffff' linewidth 1")
    writeAxes()
    add("set style fill solid 1 noborder")
    add("set border 3 lc rgb '#888888' lw 1")
    add("set tics nomirror scale 0.6 textcolor rgb '#444444'")
    // Vertical lines help to read positions, not names.
    add("set grid \(layout.categories.isEmpty ? "x y" : "noxtics y") lt 1 lc rgb '#e4e4e4' lw 1")
    if !spec.xLabel.isEmpty {
      add("set xlabel \(PlotLabel.quoted(spec.xLabel, limit: 80)) noenhanced")
    }
    if !spec.yLabel.isEmpty {
      add("set ylabel \(PlotLabel.quoted(spec.yLabel, limit: 50)) noenhanced")
    }
    // The last label of a number line is centred under the axis's end.
    if layout.categories.isEmpty, spec.series.count <= 8 { add("set rmargin 4") }
    if spec.series.count < 2 {
      add("set key off")
    } else if spec.series.count <= 8 {
      add("set key noenhanced tmargin left horizontal Left reverse samplen 2 width 1")
    } else {
      add("set key noenhanced rmargin top vertical Left reverse samplen 2")
    }
    if !layout.categories.isEmpty {
      add(categoryTics(limit: 24, most: 60))
      if isTurned {
        // Left to itself gnuplot leaves room for letters half as wide again.
        let label = spec.xLabel.isEmpty ? 0 : 1.6
        add("set xtics rotate by 35 right noenhanced")
        add("set xlabel offset 0,\(Double(longest) * 0.075)")
        add("set bmargin \((turned + 18) / 20 + label)")
      }
    }
    writeData()
    writeSVGPlot()
  }

  private mutating func writeSVGPlot() {
    var below: [String] = []
    var marks: [String] = []
    for (index, points) in layout.series.enumerated() where !points.isEmpty {
      let colour = Self.palette[index % Self.palette.count]
      let round = index / Self.palette.count
      let name = PlotLabel.quoted(spec.series[index].name, limit: spec.series.count > 8 ? 24 : 40)
      let intervals = points.contains(where: \.hasInterval) ? "$i\(index)" : nil
      switch spec.kind {
      case .line:
        if let intervals {
          if points.count > 1, points.allSatisfy(\.hasInterval) {
            below.append(
              "\(intervals) using 1:3:4 with filledcurves fc rgb '\(colour)' "
                + "fs transparent solid 0.15 noborder notitle")
          } else {
            below.append(errorBars(intervals, colour, width: 1))
          }
        }
        let symbol = points.count > 60 ? "lines" : "linespoints pt 7 ps 0.5"
        marks.append(
          "$d\(index) using 1:2 with \(symbol) lc rgb '\(colour)' lw 2 dt \(round + 1) title \(name)"
        )
      case .scatter:
        if let intervals { below.append(errorBars(intervals, colour, width: 1)) }
        let size = points.count > 2_000 ? 0.25 : points.count > 200 ? 0.4 : 0.65
        let symbol = [7, 5, 9, 13][min(round, 3)]
        marks.append(
          "$d\(index) using 1:2 with points pt \(symbol) ps \(size) lc rgb '\(colour)' title \(name)"
        )
      case .bar:
        below.append(
          "$d\(index) using 1:2:(\(layout.barWidth * 0.94)) with boxes fc rgb '\(colour)' "
            + "fs \(Self.fill(round)) title \(name)")
        if let intervals { marks.append(errorBars(intervals, "#333333", width: 1.2)) }
      }
    }
    add("plot \((below + marks).joined(separator: ", "))")
  }

  /// The rounds through the palette differ in how full a bar is.
  private static func fill(_ round: Int) -> String {
    round == 0
      ? "solid 1 noborder" : "transparent solid \(["0.65", "0.4", "0.2"][min(round, 3) - 1])"
  }

  private func errorBars(_ block: String, _ colour: String, width: Double) -> String {
    // Arrows with flat heads: `yerrorbars` would blot out the value for its point.
    "\(block) using 1:3:(0):($4-$3) with vectors heads size screen 0.005,90 "
      + "lc rgb '\(colour)' lw \(width) notitle"
  }

  // MARK: Terminal

  /// A script that writes the plot as lines of text to standard output.
  static func text(_ spec: PlotSpec, columns: Int, rows: Int) -> String {
    var script = GnuplotScript(spec)
    script.writeText(columns: columns, rows: rows)
    return script.lines.joined(separator: "\n") + "\n"
  }

  private mutating func writeText(columns: Int, rows: Int) {
    add("set encoding utf8")
    add("set terminal dumb mono noenhanced size \(columns),\(rows)")
    writeAxes()
    add("set border 3")
    add("set tics nomirror")
    if !spec.xLabel.isEmpty {
      add("set xlabel \(PlotLabel.quoted(spec.xLabel, limit: columns - 12)) noenhanced")
    }
    // The y axis's label would take a column for each of its letters' height: it heads the key.
    let isKeyed = spec.series.count > 1
    add(isKeyed ? "set key noenhanced tmargin left horizontal Left reverse" : "set key off")
    if !layout.categories.isEmpty {
      let slot = max(3, (columns - 14) / layout.categories.count - 1)
      add(categoryTics(limit: slot, most: max(1, (columns - 14) / 5)))
    }
    writeData()
    let symbols = ["*", "o", "+", "x", "#", "@", "%", "&"]
    let curves = layout.series.indices.filter { !layout.series[$0].isEmpty }.map { index in
      let symbol = symbols[index % symbols.count]
      let name = PlotLabel.quoted(spec.series[index].name, limit: max(8, columns / 3))
      // A string as point type is drawn as that character; a constant of ours, single-quoted.
      let style =
        spec.kind == .line
        ? "linespoints lt \(index % 6 + 1) pt '\(symbol)'" : "points pt '\(symbol)'"
      return "$d\(index) using 1:2 with \(style) title \(name)"
    }
    add("plot \(curves.joined(separator: ", "))")
  }

  // MARK: Parts

  private mutating func writeAxes() {
    if spec.logX { add("set logscale x 10") }
    if spec.logY { add("set logscale y 10") }
    add("set xrange [\(layout.xRange.lowerBound):\(layout.xRange.upperBound)]")
    add("set yrange [\(layout.yRange.lowerBound):\(layout.yRange.upperBound)]")
    add("set format x '\(Self.ticFormat(layout.xRange))'")
    add("set format y '\(Self.ticFormat(layout.yRange))'")
  }

  /// Whole numbers up to a billion in full; beyond, and below a hundred-thousandth, exponents.
  private static func ticFormat(_ range: ClosedRange<Double>) -> String {
    let largest = max(abs(range.lowerBound), abs(range.upperBound))
    return largest < 1e9 && largest > 1e-4 ? "%.10g" : "%g"
  }

  private func categoryTics(limit: Int, most: Int) -> String {
    let step = (layout.categories.count + most - 1) / max(1, most)
    let tics = layout.categories.enumerated().filter { $0.offset % max(1, step) == 0 }
    let list = tics.map { "\(PlotLabel.quotedTic($0.element, limit: limit)) \($0.offset)" }
    return "set xtics noenhanced (\(list.joined(separator: ", ")))"
  }

  /// Numbers alone go into the data blocks: no text could end one early.
  private mutating func writeData() {
    for (index, points) in layout.series.enumerated() where !points.isEmpty {
      add("$d\(index) << EOD")
      for point in points { add("\(point.x) \(point.y)") }
      add("EOD")
      guard points.contains(where: \.hasInterval) else { continue }
      add("$i\(index) << EOD")
      for point in points where point.hasInterval {
        add("\(point.x) \(point.y) \(point.low) \(point.high)")
      }
      add("EOD")
    }
  }
}
