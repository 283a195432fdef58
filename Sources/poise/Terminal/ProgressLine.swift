import Glibc
import Synchronization
import Workbench

/// One line on standard error that tells how far long work is: shown on a terminal only, once it
/// has taken a second, with rate and time left, and rewritten at most ten times a second.
final class ProgressLine: Sendable {
  private struct State {
    var label = ""
    var task = ""
    var taskStart = 0.0
    var cellStart = 0.0
    var lastShown = 0.0
    var isShown = false
  }

  private let state = Mutex(State())
  private let isEnabled: Bool
  /// Asked each time: the terminal may be resized during the work.
  private var width: Int { max(2, Terminal.errorIsTerminal ? Terminal.width ?? 80 : 80) }

  init(isEnabled: Bool = Terminal.errorIsTerminal) {
    self.isEnabled = isEnabled
  }

  /// A cell has begun.
  func begin(_ label: String) {
    state.withLock { state in
      state = State()
      state.label = label
      state.cellStart = Self.now()
    }
  }

  func update(_ progress: WorkProgress) {
    guard isEnabled else { return }
    let now = Self.now()
    let line: String? = state.withLock { state in
      if progress.task != state.task {
        state.task = progress.task
        state.taskStart = now
      }
      guard now - state.cellStart > 1, now - state.lastShown > 0.1 else { return nil }
      state.lastShown = now
      state.isShown = true
      return Self.text(progress, label: state.label, elapsed: now - state.taskStart)
    }
    if let line { Terminal.write("\r\u{1B}[K" + String(line.prefix(width - 1)), to: STDERR_FILENO) }
  }

  /// Tells that work goes on where it has not told anything itself for a second.
  func tick() {
    guard isEnabled else { return }
    let now = Self.now()
    // Written under the lock, so that no line appears after the work has ended.
    state.withLock { state in
      guard !state.label.isEmpty, now - state.cellStart > 1, now - state.lastShown > 1 else {
        return
      }
      state.isShown = true
      let line =
        "\(state.label): \(formatDuration((now - state.cellStart).rounded(.down))), Ctrl-C cancels"
      Terminal.write("\r\u{1B}[K" + String(line.prefix(width - 1)), to: STDERR_FILENO)
    }
  }

  /// Clears the line.
  func end() {
    state.withLock { state in
      if state.isShown { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
      state = State()
    }
  }

  private static func text(_ progress: WorkProgress, label: String, elapsed: Double) -> String {
    var parts = ["\(label): \(progress.task) \(progress.completed)"]
    if let total = progress.total, total > 0 {
      parts[0] += " of \(total) \(progress.unit) (\(progress.completed * 100 / total) %)"
    } else {
      parts[0] += " \(progress.unit)"
    }
    if elapsed > 0.2, progress.completed > 0 {
      let rate = Double(progress.completed) / elapsed
      parts.append("\(formatRate(rate)) \(progress.unit)/s")
      if let total = progress.total, total > progress.completed {
        parts.append("\(formatDuration(Double(total - progress.completed) / rate)) left")
      }
    }
    if let detail = progress.detail { parts.append(detail) }
    return parts.joined(separator: ", ")
  }

  private static func formatRate(_ rate: Double) -> String {
    rate >= 10 ? String(Int(rate.rounded())) : String((rate * 10).rounded() / 10)
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// `0.4 s`, `12 s`, `3 min 05 s`.
func formatDuration(_ seconds: Double) -> String {
  guard seconds.isFinite else { return "?" }
  if seconds < 10 { return "\((seconds * 10).rounded() / 10) s" }
  let whole = Int(seconds.rounded())
  if whole < 60 { return "\(whole) s" }
  let rest = whole % 60
  return "\(whole / 60) min \(rest < 10 ? "0" : "")\(rest) s"
}
