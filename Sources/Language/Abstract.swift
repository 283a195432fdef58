/// What the checker knows of a value: its type, and as much of the value as follows from the text.
///
/// Its size is bounded, so that no program can make the checker slow: what grows past the bounds
/// is known by its type alone.
struct Abstract: Hashable, Sendable {
  indirect enum Kind: Hashable, Sendable {
    case any
    case number(Double?)
    /// `isOverride`: the text is an override's, unchanged.
    case string(String?, isOverride: Bool)
    case boolean(Bool?)
    case none
    /// A list of unknown length.
    case list(Abstract)
    case elements([Abstract])
    /// The whole numbers from one to the other, both included; at most the limit of them.
    case range(Int, Int)
    case record([Field], isOpen: Bool)
    case artifact(String)
    case option(String)
    case function
    /// One of these, of different sorts.
    case union([Abstract])
  }

  struct Field: Hashable, Sendable {
    let name: String
    let value: Abstract
  }

  static let weightLimit = 4096
  static let depthLimit = 32

  let kind: Kind
  /// The number of parts, itself included.
  let weight: Int
  /// The longest way down to a part.
  let depth: Int

  private init(kind: Kind, weight: Int = 1, depth: Int = 0) {
    self.kind = kind
    self.weight = weight
    self.depth = depth
  }

  /// What is one of several sorts; the parts must be of different ones.
  init(union options: [Abstract], weight: Int, depth: Int) {
    self.init(kind: .union(options), weight: weight, depth: depth)
  }

  // MARK: Making

  static let any = Abstract(kind: .any)
  static let number = Abstract(kind: .number(nil))
  static let string = Abstract(kind: .string(nil, isOverride: false))
  static let boolean = Abstract(kind: .boolean(nil))
  static let none = Abstract(kind: .none)
  static let function = Abstract(kind: .function)

  static func number(_ value: Double) -> Abstract { Abstract(kind: .number(value)) }
  static func boolean(_ value: Bool) -> Abstract { Abstract(kind: .boolean(value)) }
  static func artifact(_ kind: String) -> Abstract { Abstract(kind: .artifact(kind)) }
  static func range(_ lower: Int, _ upper: Int) -> Abstract { Abstract(kind: .range(lower, upper)) }

  static func string(_ value: String, isOverride: Bool = false) -> Abstract {
    // A long text counts for more than a short one.
    value.utf8.count > 65_536
      ? .string
      : Abstract(kind: .string(value, isOverride: isOverride), weight: 1 + value.utf8.count / 256)
  }

  static func list(of element: Abstract) -> Abstract {
    element.depth >= depthLimit
      ? .any : Abstract(kind: .list(element), weight: element.weight + 1, depth: element.depth + 1)
  }

  static func elements(_ elements: [Abstract]) -> Abstract {
    let weight = elements.reduce(1) { $0 + $1.weight }
    let depth = elements.reduce(0) { max($0, $1.depth + 1) }
    if depth > depthLimit { return .any }
    if weight > weightLimit { return .list(of: joined(elements)) }
    return Abstract(kind: .elements(elements), weight: weight, depth: depth)
  }

  static func record(_ fields: [Field], isOpen: Bool = false) -> Abstract {
    let weight = fields.reduce(1) { $0 + $1.value.weight }
    let depth = fields.reduce(0) { max($0, $1.value.depth + 1) }
    if weight > weightLimit || depth > depthLimit {
      return Abstract(kind: .record([], isOpen: true))
    }
    return Abstract(kind: .record(fields, isOpen: isOpen), weight: weight, depth: depth)
  }

  init(_ type: StaticType) {
    switch type {
    case .any: self = .any
    case .number: self = .number
    case .string, .path, .metric: self = .string
    case .boolean: self = .boolean
    case .none: self = .none
    case .list(let element): self = .list(of: Abstract(element))
    case .record(let fields, let isOpen):
      self = .record(fields.map { Field(name: $0.name, value: Abstract($0.type)) }, isOpen: isOpen)
    case .artifact(let kind): self = .artifact(kind)
    case .option(let verb): self.init(kind: .option(verb))
    case .function: self = .function
    case .union(let types): self = Abstract.joined(types.map(Abstract.init(_:)))
    }
  }

  init(_ constant: Constant, isOverride: Bool = false) {
    switch constant {
    case .number(let value): self = .number(value)
    case .string(let value): self = .string(value, isOverride: isOverride)
    case .boolean(let value): self = .boolean(value)
    case .none: self = .none
    case .list(let values):
      self = .elements(values.map { Abstract($0, isOverride: isOverride) })
    case .record(let fields):
      self = .record(
        fields.map { Field(name: $0.name, value: Abstract($0.value, isOverride: isOverride)) })
    }
  }

  // MARK: Asking

  /// The type, without what is known of the value.
  var staticType: StaticType {
    switch kind {
    case .any: .any
    case .number: .number
    case .string: .string
    case .boolean: .boolean
    case .none: .none
    case .list(let element): .list(element.staticType)
    case .elements(let elements): .list(Abstract.joined(elements).staticType)
    case .range: .list(.number)
    case .record(let fields, let isOpen):
      .record(fields.map { .init($0.name, $0.value.staticType) }, isOpen: isOpen)
    case .artifact(let kind): .artifact(kind)
    case .option(let verb): .option(verb)
    case .function: .function
    case .union(let options): .union(options.map(\.staticType))
    }
  }

  /// The value where all of it is known.
  var constant: Constant? {
    switch kind {
    case .number(let value): return value.map(Constant.number)
    case .string(let value, _): return value.map(Constant.string)
    case .boolean(let value): return value.map(Constant.boolean)
    case .none: return Constant.none
    case .elements(let elements):
      let values = elements.compactMap(\.constant)
      return values.count == elements.count ? .list(values) : nil
    case .range:
      return items(atMost: Abstract.weightLimit).flatMap { Abstract.elements($0).constant }
    case .record(let fields, let isOpen):
      let values = fields.compactMap { field in
        field.value.constant.map { Constant.Field(field.name, $0) }
      }
      return values.count == fields.count && !isOpen ? .record(values) : nil
    case .any, .list, .artifact, .option, .function, .union: return nil
    }
  }

  /// The number of elements, for a list of known length.
  var count: Int? {
    switch kind {
    case .elements(let elements): elements.count
    case .range(let lower, let upper): max(0, upper - lower + 1)
    default: nil
    }
  }

  /// The elements of a list of known length that has at most so many.
  func items(atMost limit: Int) -> [Abstract]? {
    guard let count, count <= limit else { return nil }
    switch kind {
    case .elements(let elements): return elements
    case .range(let lower, _): return (0..<count).map { .number(Double(lower + $0)) }
    default: return nil
    }
  }

  /// What any element of it is; nil for what is no list.
  var element: Abstract? {
    switch kind {
    case .any: return .any
    case .list(let element): return element
    case .elements(let elements): return elements.isEmpty ? .any : Abstract.joined(elements)
    case .range: return .number
    case .union(let options):
      let elements = options.compactMap(\.element)
      return elements.isEmpty ? nil : Abstract.joined(elements)
    default: return nil
    }
  }

  var isAny: Bool {
    if case .any = kind { return true }
    return false
  }

  var words: String { staticType.words }
}
