import Diagnostics

extension Interpreter {
  /// A list made of others: gone through one by one where they are known and short, otherwise
  /// once with what is true of every element.
  func runComprehension(_ comprehension: Comprehension, _ span: SourceSpan) -> Abstract {
    let outer = locals.count
    let start = comprehension.fold.map { run($0.source) }
    defer { locals.removeSubrange(outer...) }
    if mayEnumerate {
      let saved = outcome
      outcome = Outcome()
      var walk = Walk(fold: start)
      let isComplete = enumerate(comprehension, 0, &walk)
      let part = outcome
      outcome = saved
      if isComplete, !part.isExhausted {
        merge(part)
        if walk.bodies == 0 { runDead { _ = runJoined(comprehension, start, span) } }
        return walk.isExact
          ? .elements(walk.results)
          : .list(of: walk.results.isEmpty ? .any : Abstract.joined(walk.results))
      }
      locals.removeSubrange(outer...)
    }
    return runJoined(comprehension, start, span)
  }

  /// The way through a grid.
  private struct Walk {
    var results: [Abstract] = []
    /// Whether each result is surely there.
    var isExact = true
    var bodies = 0
    var fold: Abstract?
  }

  /// Goes through the generators from the index on. False where a list is unknown or too long.
  private func enumerate(
    _ comprehension: Comprehension, _ index: Int, _ walk: inout Walk
  ) -> Bool {
    guard index < comprehension.generators.count else {
      walk.bodies += 1
      guard walk.bodies <= Interpreter.enumerationLimit else { return false }
      runBody(comprehension, &walk)
      return true
    }
    let generator = comprehension.generators[index]
    let source = run(generator.source)
    guard let items = source.items(atMost: Interpreter.enumerationLimit) else { return false }
    for item in items {
      locals.append((generator.name, item))
      let isComplete = enumerate(comprehension, index + 1, &walk)
      locals.removeLast()
      if !isComplete { return false }
    }
    return true
  }

  private func runBody(_ comprehension: Comprehension, _ walk: inout Walk) {
    if let fold = comprehension.fold { locals.append((fold.name, walk.fold ?? .any)) }
    defer { if comprehension.fold != nil { locals.removeLast() } }
    var isCertain = true
    if let condition = comprehension.condition {
      switch truth(of: condition, word: "if") {
      case true: break
      case false:
        runDead { _ = run(comprehension.body) }
        return
      case nil: isCertain = false
      }
    }
    let value = run(comprehension.body)
    walk.results.append(value)
    if isCertain {
      walk.fold = value
    } else {
      walk.isExact = false
      walk.fold = (walk.fold ?? value).joined(with: value)
    }
  }

  // MARK: All elements at once

  private func runJoined(
    _ comprehension: Comprehension, _ start: Abstract?, _ span: SourceSpan
  ) -> Abstract {
    let outer = locals.count
    defer { locals.removeSubrange(outer...) }
    var count: Int? = 1
    for generator in comprehension.generators {
      let source = run(generator.source)
      var element = source.element
      if element == nil {
        report(.notAList(got: source.words), generator.source.span)
        element = .any
      }
      // Kept from overflowing: past the limit only that it is too many counts.
      count = count.flatMap { total in
        source.count.map { total * min($0, Scalars.elementLimit + 1) }
      }
      if let total = count, total > Scalars.elementLimit {
        report(.tooManyElements(what: "grid", count: total), span)
        count = nil
      }
      locals.append((generator.name, (element ?? .any).widened))
    }
    guard let fold = comprehension.fold, let start else {
      if let condition = comprehension.condition { _ = truth(of: condition, word: "if") }
      return .list(of: run(comprehension.body))
    }
    // What carries over is of the start's type and of every result's: found in a few rounds.
    var carried = start.widened
    for _ in 0..<3 {
      let saved = outcome
      outcome = Outcome()
      locals.append((fold.name, carried))
      if let condition = comprehension.condition { _ = truth(of: condition, word: "if") }
      let value = run(comprehension.body)
      locals.removeLast()
      let part = outcome
      outcome = saved
      let next = carried.joined(with: value.widened)
      if next == carried {
        merge(part)
        return .list(of: value)
      }
      carried = next
    }
    locals.append((fold.name, .any))
    if let condition = comprehension.condition { _ = truth(of: condition, word: "if") }
    return .list(of: run(comprehension.body))
  }
}
