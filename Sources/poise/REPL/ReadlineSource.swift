import CReadline
import Glibc
import Workbench

/// Lines typed at a terminal, edited with GNU readline.
///
/// Readline's callback interface is used, so that this program waits for keys and signals at once
/// and decides itself what a signal does. All of it runs on the main thread.
final class ReadlineSource: LineSource {
  private let signals: PromptSignals
  private let history: HistoryFile?
  private let colour: Bool

  /// - Parameters:
  ///   - signals: What is waited for besides keys.
  ///   - history: Entries of earlier sessions.
  ///   - colour: Whether the prompt has a colour.
  ///   - complete: What may follow at the cursor.
  init(
    signals: PromptSignals, history: HistoryFile?, colour: Bool,
    complete: @escaping (_ pending: String, _ line: String) -> Completion
  ) {
    self.signals = signals
    self.history = history
    self.colour = colour
    // Readline counts columns by the locale; without one it would count bytes.
    if setlocale(LC_CTYPE, "") == nil || bytesPerCharacter() < 2 { setlocale(LC_CTYPE, "C.UTF-8") }
    ReadlineState.complete = complete
    poise_readline_prepare(completeWord, wordBreaks)
    rl_initialize()
    stifle_history(Int32(HistoryFile.limit))
    for entry in history?.load() ?? [] { add_history(entry) }
  }

  func peek() -> String? { nil }

  func remember(_ entry: String) {
    if ReadlineState.lastEntry == entry { return }
    ReadlineState.lastEntry = entry
    add_history(entry)
    history?.append(entry)
  }

  func next(pending: String) -> LineEvent {
    ReadlineState.pending = pending
    ReadlineState.result = nil
    signals.drain()
    rl_callback_handler_install(prompt(isFirst: pending.isEmpty), lineArrived)
    signals.isAtPrompt = true
    defer { signals.isAtPrompt = false }
    while true {
      if let result = ReadlineState.result { return result }
      var waits = [
        pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      if poll(&waits, 2, -1) < 0 { continue }
      if waits[1].revents != 0, let event = signals.take(), let result = handle(event) {
        return result
      }
      if waits[0].revents & Int16(POLLIN) != 0 {
        rl_callback_read_char()
      } else if waits[0].revents != 0 {
        rl_callback_handler_remove()
        return .end
      }
    }
  }

  private func handle(_ event: PromptSignals.Event) -> LineEvent? {
    switch event {
    case .interrupt:
      // Before the editor lets go of the terminal, which moves the cursor to the line's start.
      Terminal.print("^C")
      rl_callback_sigcleanup()
      rl_callback_handler_remove()
      return .interrupted
    case .resize:
      rl_resize_terminal()
      return nil
    case .resume:
      poise_readline_resume()
      return nil
    case .terminate(let signal):
      rl_callback_handler_remove()
      Terminal.print("")
      _exit(128 + signal)
    }
  }

  private func prompt(isFirst: Bool) -> String {
    let text = isFirst ? "poise> " : "  ...> "
    // The marks tell readline that the bytes between them take no room.
    return colour ? "\u{1}\u{1B}[1;36m\u{2}\(text)\u{1}\u{1B}[0m\u{2}" : text
  }
}

/// What readline's callbacks, which carry no context, need to know. Main thread only.
private enum ReadlineState {
  nonisolated(unsafe) static var result: LineEvent?
  nonisolated(unsafe) static var pending = ""
  nonisolated(unsafe) static var lastEntry = ""
  nonisolated(unsafe) static var complete: ((String, String) -> Completion)?
  /// The break characters of the word at hand, kept while readline uses them.
  nonisolated(unsafe) static var breaks: UnsafeMutablePointer<CChar>?
}

private func bytesPerCharacter() -> Int { Int(__ctype_get_mb_cur_max()) }

private func lineArrived(_ line: UnsafeMutablePointer<CChar>?) {
  rl_callback_handler_remove()
  guard let line else {
    Terminal.print("")
    ReadlineState.result = .end
    return
  }
  ReadlineState.result = .line(String(cString: line))
  free(line)
}

/// The line up to the cursor.
private func lineToCursor() -> String {
  guard let buffer = poise_readline_buffer() else { return "" }
  let count = max(0, Int(poise_readline_point()))
  return String(
    decoding: UnsafeRawBufferPointer(start: UnsafeRawPointer(buffer), count: count), as: UTF8.self)
}

/// Readline takes the word to complete as what follows the last break character; the completer
/// knows where it starts, so the byte before it is made the only one.
private func wordBreaks() -> UnsafeMutablePointer<CChar>? {
  let line = lineToCursor()
  let start = ReadlineState.complete?(ReadlineState.pending, line).start ?? 0
  let bytes = Array(line.utf8)
  free(ReadlineState.breaks)
  let mark = start > 0 && start <= bytes.count ? [CChar(bitPattern: bytes[start - 1]), 0] : [0]
  ReadlineState.breaks = strdup(mark)
  return ReadlineState.breaks
}

/// The matches as readline wants them: first what they have in common, then each, all of them
/// from `malloc`.
private func completeWord(
  _ text: UnsafePointer<CChar>?, _ start: Int32, _ end: Int32
) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
  poise_readline_own_completion()
  guard let found = ReadlineState.complete?(ReadlineState.pending, lineToCursor()),
    found.start == Int(start), let first = found.candidates.first
  else { return nil }
  var common = first
  for candidate in found.candidates.dropFirst() { common = common.commonPrefix(with: candidate) }
  let all = found.candidates.count == 1 ? [common] : [common] + found.candidates
  let size = (all.count + 1) * MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
  guard let memory = malloc(size) else { return nil }
  let list = memory.bindMemory(to: UnsafeMutablePointer<CChar>?.self, capacity: all.count + 1)
  for (index, match) in all.enumerated() { list[index] = strdup(match) }
  list[all.count] = nil
  return list
}

extension String {
  fileprivate func commonPrefix(with other: String) -> String {
    String(zip(self, other).prefix { $0 == $1 }.map(\.0))
  }
}
