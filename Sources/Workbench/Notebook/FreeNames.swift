import Language

extension Statement {
  /// The names that the statement reads from outside itself: without its parameters, locals and
  /// the names of its comprehensions.
  var freeNames: Set<String> {
    var names: Set<String> = []
    switch kind {
    case .function(let function):
      var bound = Set(function.parameters.map(\.text))
      for local in function.locals {
        local.value.collectFreeNames(into: &names, bound: bound)
        bound.insert(local.name.text)
      }
      function.body.collectFreeNames(into: &names, bound: bound)
    default:
      for expression in expressions { expression.collectFreeNames(into: &names, bound: []) }
    }
    return names
  }
}

extension Expression {
  /// The names that the expression reads from outside itself.
  var freeNames: Set<String> {
    var names: Set<String> = []
    collectFreeNames(into: &names, bound: [])
    return names
  }

  fileprivate func collectFreeNames(into names: inout Set<String>, bound: Set<String>) {
    switch kind {
    case .name(let name): if !bound.contains(name) { names.insert(name) }
    case .comprehension(let comprehension):
      var bound = bound
      for generator in comprehension.generators {
        generator.source.collectFreeNames(into: &names, bound: bound)
        bound.insert(generator.name)
      }
      if let fold = comprehension.fold {
        fold.source.collectFreeNames(into: &names, bound: bound)
        bound.insert(fold.name)
      }
      comprehension.condition?.collectFreeNames(into: &names, bound: bound)
      comprehension.body.collectFreeNames(into: &names, bound: bound)
    default:
      for child in children { child.collectFreeNames(into: &names, bound: bound) }
    }
  }
}
