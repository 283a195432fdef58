/// Progress in words, one line of it.
package enum ProgressText {
  /// `train: training 120 of 1000 steps (12 %), 3.2 steps/s, 4 min 35 s left, loss 1.93`.
  ///
  /// - Parameters:
  ///   - progress: What the work told.
  ///   - label: What is run, such as a cell's id.
  ///   - done: How many of the work's units were done in `elapsed` seconds. Resumed work begins with
  ///     some of them done, which say nothing about its speed.
  ///   - elapsed: Seconds.
  ///   - width: The most columns; what is longer is cut off.
  /// - Returns: The line, with nothing in it that could move a cursor.
  package static func line(
    _ progress: WorkProgress, label: String, done: Int, elapsed: Double, width: Int = .max
  ) -> String {
    var parts = ["\(label): \(progress.task) \(progress.completed)"]
    if let total = progress.total, total > 0 {
      let percent = (Double(progress.completed) / Double(total) * 100).rounded(.down)
      parts[0] += " of \(total) \(progress.unit) (\(whole(percent)) %)"
    } else {
      parts[0] += " \(progress.unit)"
    }
    if elapsed > 0.2, done > 0 {
      let rate = Double(done) / elapsed
      parts.append("\(self.rate(rate)) \(progress.unit)/s")
      if let total = progress.total, total > progress.completed {
        parts.append("\(duration(Double(total - progress.completed) / rate)) left")
      }
    }
    if let detail = progress.detail, !detail.isEmpty { parts.append(detail) }
    return cut(parts.joined(separator: ", "), to: width)
  }

  /// `0.4 s`, `12 s`, `3 min 05 s`, `2 h 05 min`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds.magnitude < 1e9 else { return "?" }
    if seconds < 10 { return "\((seconds * 10).rounded() / 10) s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
    return "\(whole / 3600) h \(twoDigits(whole % 3600 / 60)) min"
  }

  /// A text in at most so many columns, with a mark where it was cut; control characters become
  /// spaces.
  package static func cut(_ text: String, to width: Int) -> String {
    let clean = String(
      text.map { character in
        character.unicodeScalars.contains { $0.properties.generalCategory == .control }
          ? " " : character
      })
    guard clean.count > width else { return clean }
    return width < 1 ? "" : clean.prefix(width - 1) + "…"
  }

  private static func rate(_ rate: Double) -> String {
    rate >= 10 ? whole(rate.rounded()) : "\((rate * 10).rounded() / 10)"
  }

  private static func whole(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
  }
}

/// When a line of progress is shown and what is in it: once work has taken a second, and then at
/// most ten times a second. A value; times are given to it, in seconds of any clock that only rises.
package struct ProgressDisplay: Sendable {
  /// Nothing is shown before work has taken so long, seconds.
  package static let patience = 1.0
  /// Between two lines passes at least so long, seconds.
  package static let interval = 0.1

  private var label = ""
  private var started = 0.0
  private var shown = -Double.infinity
  private var latest: WorkProgress?
  private var taskStarted = 0.0
  private var doneBefore = 0
  /// Whether a line is there that has to be cleared.
  package private(set) var isShown = false

  /// Nothing runs.
  package init() {}

  /// A cell has begun.
  package mutating func begin(_ label: String, at now: Double) {
    self = ProgressDisplay()
    self.label = label
    started = now
  }

  /// The work has told how far it is.
  ///
  /// - Returns: The line to show, nil where it is too early for one.
  package mutating func update(
    _ progress: WorkProgress, at now: Double, width: Int
  ) -> String? {
    // Another task, or the same from its beginning: the rate starts anew.
    if progress.task != latest?.task || progress.completed < latest?.completed ?? 0 {
      taskStarted = now
      doneBefore = progress.completed
    }
    latest = progress
    guard now - started > Self.patience, now - shown > Self.interval else { return nil }
    return line(at: now, width: width)
  }

  /// Time has passed; shows that work goes on where it has not told anything for a second.
  ///
  /// - Returns: The line to show, nil where none is due.
  package mutating func tick(at now: Double, width: Int) -> String? {
    guard !label.isEmpty, now - started > Self.patience, now - shown > 1 else { return nil }
    return line(at: now, width: width)
  }

  private mutating func line(at now: Double, width: Int) -> String {
    shown = now
    isShown = true
    guard let latest else {
      let time = ProgressText.duration((now - started).rounded(.down))
      return ProgressText.cut("\(label): \(time), Ctrl-C cancels", to: width)
    }
    return ProgressText.line(
      latest, label: label, done: latest.completed - doneBefore, elapsed: now - taskStarted,
      width: width)
  }
}
