import Bytes
import Corpora
import Execution
import Language
import Synchronization
import Workbench

/// A verb that trains nothing, in many steps: `toil(steps: 1000)`. It keeps a state every hundred,
/// so that what is left of it after an interruption can be seen.
final class ToyTraining: Sendable {
  private struct State {
    var taken: [Int] = []
    var stop: Int?
    var onStop: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  /// The steps that were taken, in order, over all runs.
  var taken: [Int] { state.withLock { $0.taken } }

  /// Calls `action` once, before a step.
  func stop(before step: Int, _ action: @escaping @Sendable () -> Void) {
    state.withLock {
      $0.stop = step
      $0.onStop = action
    }
  }

  private func take(_ step: Int) {
    let action = state.withLock { state -> (@Sendable () -> Void)? in
      state.taken.append(step)
      guard state.stop == step else { return nil }
      state.stop = nil
      return state.onStop
    }
    action?()
  }

  /// The verbs, with what tests of plans and options need.
  var library: VerbLibrary {
    let own = [toil, method("full"), method("lora"), other, giant, on, veil]
    let names = Set(own.map(\.signature.name))
    return VerbLibrary(
      VerbLibrary.standard.all.filter { !names.contains($0.signature.name) } + own)
  }

  private var toil: Verb {
    let log = self
    return Verb(
      VerbSignature(
        "toil", topic: "test", .compute, summary: "", example: "",
        parameters: [
          .init("start", .any, positional: true, default: "none", ""),
          .init("steps", .number, default: "1000", ""),
          .init(
            "method", .union([.option("full"), .option("lora")]), default: "full()", ""),
          .init("seed", .number, default: "0", ""),
        ], result: { _ in .record([.init("value", .number)], isOpen: true) }),
      estimate: { arguments, _ in
        let steps = try arguments.integer("steps", in: 1...1_000_000)
        guard arguments.isKnown("start") else {
          // What the steps take is known without the start; its memory is not.
          return PlannedWork(operations: Double(steps) * 2e9, note: "memory depends on the start")
        }
        return PlannedWork(memoryBytes: 310_000_000, operations: Double(steps) * 2e9)
      }
    ) { arguments, context in
      let steps = try arguments.integer("steps", in: 1...1_000_000)
      let method = try arguments.option("method", anyOf: ["full", "lora"])
      var step: UInt64 = 0
      var value: UInt64 = method.verb == "full" ? 1 : 2
      if let state = try context.checkpoints.latest(), state.count == 16 {
        step = state.bytes.load(as: UInt64.self)
        value = state.bytes.load(fromByteOffset: 8, as: UInt64.self)
      }
      while step < UInt64(steps) {
        try context.work.check()
        log.take(Int(step))
        value = (value &* 6_364_136_223_846_793_005 &+ step) & 0xFFFF_FFFF_FFFF
        step += 1
        context.work.report(
          Progress(task: "training", completed: Int(step), total: steps, unit: "steps"))
        if step % 100 == 0 {
          try context.checkpoints.save { sink in
            try withUnsafeBytes(of: step) { try sink.write($0) }
            try withUnsafeBytes(of: value) { try sink.write($0) }
          }
        }
      }
      context.count(WorkCount.operations, Double(steps) * 2e9)
      context.count(WorkCount.steps, Double(steps))
      context.kernel("toy")
      let corpus = try Corpus(
        name: "toil", documents: [Document(id: "value", text: "\(value)")])
      return .record(
        Record([
          ("value", .number(Double(value))), ("made", try context.artifact(.corpus, corpus)),
        ]))
    }
  }

  private func method(_ name: String) -> Verb {
    .option(
      VerbSignature(
        name, topic: "test", .describe, version: 3, summary: "", example: "",
        parameters: [.init("rank", .number, default: "8", "")], result: { _ in .any })
    ) { arguments in _ = try arguments.integer("rank", in: 1...64) }
  }

  private var other: Verb {
    .option(
      VerbSignature(
        "prefix", topic: "test", .describe, summary: "", example: "", parameters: [],
        result: { _ in .any }))
  }

  private var giant: Verb {
    let log = self
    return Verb(
      VerbSignature(
        "giant", topic: "test", .compute, summary: "", example: "", parameters: [],
        result: { _ in .number }),
      estimate: { _, _ in PlannedWork(memoryBytes: 1 << 60) }
    ) { _, _ in
      log.take(0)
      return .number(1)
    }
  }

  /// Gives what it is given, of which nothing can be told before the run.
  private var veil: Verb {
    Verb(
      VerbSignature(
        "veil", topic: "test", .describe, summary: "", example: "",
        parameters: [.init("x", .any, positional: true, "")], result: { _ in .any })
    ) { arguments, _ in arguments["x"] }
  }

  /// Takes a corpus, a data set, a table, texts, or the path of a file.
  private var on: Verb {
    Verb(
      VerbSignature(
        "amount", topic: "test", .compute, summary: "", example: "",
        parameters: [
          .init(
            "on",
            .union([
              .artifact("corpus"), .artifact("questions"), .table, .list(.string), .path,
            ]), "")
        ], result: { _ in .number }),
      estimate: { arguments, _ in
        _ = try arguments.handle("on", anyOf: [.corpus, .questions])
        return PlannedWork(memoryBytes: 1000)
      }
    ) { arguments, context in
      if let input = context.inputs["on"] { return .string("file \(input.written)") }
      switch arguments["on"] {
      case .list(let items): return .string("\(items.count) items")
      default:
        return .string(try arguments.handle("on", anyOf: [.corpus, .questions]).kind.rawValue)
      }
    }
  }
}
