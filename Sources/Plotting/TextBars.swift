/// Bar charts for terminals: one line a bar, longest label left, value right.
enum TextBars {
  /// Draws a validated bar chart. Bars run from 0; negative ones run to the left of it.
  static func draw(_ spec: PlotSpec, columns: Int) -> String {
    let layout = PlotLayout(spec)
    let isGrouped = spec.series.count > 1
    let labelWidth = min(
      columns / 3,
      (isGrouped ? spec.series.map(\.name) : layout.categories)
        .map { PlotLabel.clean($0, limit: columns).count }.max() ?? 0)
    var values = layout.series.map { $0.map { valueText($0, withInterval: true) } }
    func width() -> Int { values.flatMap { $0 }.map(\.count).max() ?? 0 }
    // A narrow terminal shows bars rather than intervals.
    if width() > columns * 2 / 5 {
      values = layout.series.map { $0.map { valueText($0, withInterval: false) } }
    }
    let valueWidth = width()
    let indent = isGrouped ? 2 : 0
    let room = max(4, columns - indent - labelWidth - valueWidth - 3)
    let low = min(0, layout.series.flatMap { $0.map(\.y) }.min() ?? 0)
    let high = max(0, layout.series.flatMap { $0.map(\.y) }.max() ?? 0)
    let span = high > low ? high - low : 1

    func line(_ label: String, _ mark: PlotLayout.Mark, _ value: String) -> String {
      let from = Int(((min(0, mark.y) - low) / span * Double(room)).rounded())
      let to = Int(((max(0, mark.y) - low) / span * Double(room)).rounded())
      let name = PlotLabel.clean(label, limit: labelWidth)
      let parts = [
        String(repeating: " ", count: indent), name,
        String(repeating: " ", count: max(0, labelWidth - name.count)), " ",
        String(repeating: " ", count: from), String(repeating: "█", count: max(0, to - from)),
        String(repeating: " ", count: max(0, room - to)), " ", value,
      ]
      return parts.joined()
    }

    var lines: [String] = []
    if let title = spec.title, !title.isEmpty {
      lines.append(PlotLabel.clean(title, limit: columns))
    }
    if !spec.yLabel.isEmpty {
      let by = spec.xLabel.isEmpty ? "" : " by \(spec.xLabel)"
      lines.append(PlotLabel.clean(spec.yLabel + by, limit: columns))
    }
    for (place, category) in layout.categories.enumerated() {
      if isGrouped { lines.append(PlotLabel.clean(category, limit: columns)) }
      for (index, series) in spec.series.enumerated() {
        for (mark, text) in zip(layout.series[index], values[index])
        where Int(mark.x.rounded()) == place {
          lines.append(line(isGrouped ? series.name : category, mark, text))
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func valueText(_ mark: PlotLayout.Mark, withInterval: Bool) -> String {
    let value = short(mark.y)
    return mark.hasInterval && withInterval
      ? "\(value) [\(short(mark.low)), \(short(mark.high))]" : value
  }

  /// About three significant digits.
  private static func short(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    guard abs(value) < 1e12, abs(value) >= 1e-3 else {
      // The shortest text of a Float has seven digits or fewer.
      return abs(value) < 1e37 && abs(value) > 1e-37 ? "\(Float(value))" : "\(value)"
    }
    var scale = 1.0
    while abs(value) * scale < 100, scale < 1e5 { scale *= 10 }
    return PlotSpec.Position.number((value * scale).rounded() / scale).label
  }
}
