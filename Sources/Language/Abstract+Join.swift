extension Abstract {
  /// The least that is true of both.
  func joined(with other: Abstract) -> Abstract {
    if self == other { return self }
    switch (kind, other.kind) {
    case (.any, _), (_, .any): return .any
    case (.number, .number): return .number
    case (.string, .string): return .string
    case (.boolean, .boolean): return .boolean
    case (.record(let mine, let isOpen), .record(let theirs, let isOtherOpen)):
      return Abstract.joinedRecords(mine, theirs, isOpen: isOpen || isOtherOpen)
    case (.union(let options), .union(let others)): return Abstract.union(options + others)
    case (.union(let options), _): return Abstract.union(options + [other])
    case (_, .union(let others)): return Abstract.union([self] + others)
    default:
      if isList, other.isList, let mine = listElement, let theirs = other.listElement {
        // An empty list says nothing about the elements.
        if count == 0 { return .list(of: theirs) }
        if other.count == 0 { return .list(of: mine) }
        return .list(of: mine.joined(with: theirs))
      }
      return Abstract.union([self, other])
    }
  }

  /// The least that is true of all.
  static func joined(_ values: [Abstract]) -> Abstract {
    guard var result = values.first else { return .any }
    for value in values.dropFirst() {
      if result.isAny { break }
      result = result.joined(with: value)
    }
    return result
  }

  /// The same with nothing known of the value but its type.
  var widened: Abstract { Abstract(staticType) }

  private var isList: Bool {
    switch kind {
    case .list, .elements, .range: true
    default: false
    }
  }

  private var listElement: Abstract? { isList ? element : nil }

  private static func joinedRecords(_ mine: [Field], _ theirs: [Field], isOpen: Bool) -> Abstract {
    var isOpen = isOpen
    var fields: [Field] = []
    if mine.count == theirs.count, zip(mine, theirs).allSatisfy({ $0.name == $1.name }) {
      fields = zip(mine, theirs).map {
        Field(name: $0.name, value: $0.value.joined(with: $1.value))
      }
      return .record(fields, isOpen: isOpen)
    }
    var others: [String: Abstract] = [:]
    for field in theirs { others[field.name] = field.value }
    for field in mine {
      if let other = others[field.name] {
        fields.append(Field(name: field.name, value: field.value.joined(with: other)))
      } else {
        // A field that only some of them have may be there or not.
        isOpen = true
      }
    }
    if theirs.count > fields.count { isOpen = true }
    return .record(fields, isOpen: isOpen)
  }

  /// Merges what is of one sort; more than a handful of sorts is anything.
  private static func union(_ options: [Abstract]) -> Abstract {
    var merged: [Abstract] = []
    for option in options {
      if let index = merged.firstIndex(where: { $0.sort == option.sort }) {
        merged[index] = merged[index].joined(with: option)
        if merged[index].isAny { return .any }
      } else {
        merged.append(option)
      }
    }
    if merged.count == 1 { return merged[0] }
    if merged.count > 6 { return .any }
    let weight = merged.reduce(1) { $0 + $1.weight }
    let depth = merged.reduce(0) { max($0, $1.depth + 1) }
    if weight > weightLimit || depth > depthLimit { return .any }
    return Abstract(union: merged, weight: weight, depth: depth)
  }

  /// A name for what merges within a union.
  private var sort: String {
    switch kind {
    case .any: "any"
    case .number: "number"
    case .string: "string"
    case .boolean: "boolean"
    case .none: "none"
    case .list, .elements, .range: "list"
    case .record: "record"
    case .artifact(let kind): "artifact \(kind)"
    case .option(let verb): "option \(verb)"
    case .function: "function"
    case .union: "union"
    }
  }

  // MARK: Fitting

  /// Whether a value of this kind may be given where the type is wanted. Gradual: what may fit,
  /// fits.
  func fits(_ type: StaticType) -> Bool {
    switch (type, kind) {
    case (.any, _), (_, .any): return true
    case (_, .union(let options)): return options.contains { $0.fits(type) }
    case (.union(let types), _): return types.contains { fits($0) }
    case (.number, .number), (.string, .string), (.path, .string), (.metric, .string),
      (.boolean, .boolean), (.none, .none), (.function, .function):
      return true
    case (.list(let element), .elements(let elements)):
      return elements.allSatisfy { $0.fits(element) }
    case (.list(let element), .list(let own)): return own.fits(element)
    case (.list(let element), .range): return Abstract.number.fits(element)
    case (.artifact(let wanted), .artifact(let own)): return wanted == own
    case (.option(let wanted), .option(let own)): return wanted == own
    case (.record(let wanted, let isOpen), .record(let own, let isOwnOpen)):
      for field in wanted {
        if let value = own.last(where: { $0.name == field.name })?.value {
          if !value.fits(field.type) { return false }
        } else if !isOwnOpen, !Abstract.none.fits(field.type) {
          return false
        }
      }
      return isOpen || own.allSatisfy { field in wanted.contains { $0.name == field.name } }
    default: return false
    }
  }
}
