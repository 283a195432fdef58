import Language

extension Value {
  /// The value of a constant that the checker knows.
  init(_ constant: Constant) {
    switch constant {
    case .number(let value): self = .number(value)
    case .string(let text): self = .string(text)
    case .boolean(let value): self = .boolean(value)
    case .none: self = .none
    case .list(let items): self = .list(items.map { Value($0) })
    case .record(let fields):
      self = .record(Record(fields.map { ($0.name, Value($0.value)) }))
    }
  }
}
