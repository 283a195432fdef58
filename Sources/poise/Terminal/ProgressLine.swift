import Glibc
import Synchronization
import Workbench

/// One line on standard error that tells how far long work is; shown on a terminal only.
final class ProgressLine: Sendable {
  private let display = Mutex(ProgressDisplay())
  private let isEnabled: Bool

  init(isEnabled: Bool = Terminal.errorIsTerminal) { self.isEnabled = isEnabled }

  /// A cell has begun.
  func begin(_ label: String) { display.withLock { $0.begin(label, at: Self.now()) } }

  func update(_ progress: WorkProgress) {
    show { $0.update(progress, at: Self.now(), width: Self.width) }
  }

  /// Tells that work goes on where it has not told anything itself for a second.
  func tick() { show { $0.tick(at: Self.now(), width: Self.width) } }

  /// Clears the line.
  func end() {
    display.withLock { display in
      if display.isShown { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
      display = ProgressDisplay()
    }
  }

  private func show(_ line: (inout ProgressDisplay) -> String?) {
    guard isEnabled else { return }
    // Written under the lock, so that no line appears after the work has ended.
    display.withLock { display in
      if let text = line(&display) { Terminal.write("\r\u{1B}[K" + text, to: STDERR_FILENO) }
    }
  }

  /// Asked each time: the terminal may be resized during the work. The last column stays empty, or
  /// some terminals would break the line.
  private static var width: Int { max(1, (Terminal.width(of: STDERR_FILENO) ?? 80) - 1) }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// `0.4 s`, `12 s`, `3 min 05 s`.
func formatDuration(_ seconds: Double) -> String { ProgressText.duration(seconds) }
