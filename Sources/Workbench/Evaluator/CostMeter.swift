import Artifacts
import Glibc

/// Measures what one node costs: wall time, processor time of all threads, peak memory.
struct CostMeter {
  private let start: Double
  private let startCPU: Double

  init() {
    Self.resetPeakMemory()
    start = Self.now()
    startCPU = Self.cpuSeconds()
  }

  /// The cost since the meter was made. Peak memory is that of the whole process, in bytes.
  func stop() -> Cost {
    Cost(
      seconds: Self.now() - start, cpuSeconds: Self.cpuSeconds() - startCPU,
      peakMemoryBytes: Self.peakMemoryBytes(), outputBytes: 0, counts: [:])
  }

  /// Seconds of the monotonic clock.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Seconds since 1970; only ever stored beside results, never in a document.
  static func wallClock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec)
  }

  private static func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6
  }

  /// Makes the kernel measure the peak from now on; without the permission it stays the peak of
  /// the process's life.
  private static func resetPeakMemory() {
    let file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    _ = write(file, "5", 1)
  }

  private static func peakMemoryBytes() -> Int {
    let file = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return 0 }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &buffer, buffer.count)
    guard count > 0 else { return 0 }
    let text = String(decoding: buffer[..<count], as: UTF8.self)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }) else {
      return 0
    }
    let digits = line.filter(\.isNumber)
    return (Int(digits) ?? 0) * 1024
  }
}
