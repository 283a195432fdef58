/// What the checker knows of a value before anything runs. Gradual: `any` fits everything.
public indirect enum StaticType: Hashable, Sendable {
  /// Nothing is known; fits and accepts everything.
  case any
  case number
  case string
  case boolean
  case none
  case list(StaticType)
  /// A record with known fields; `isOpen` where it may have others too.
  case record([RecordType.Field], isOpen: Bool)
  /// An object of the engine by its kind, such as `corpus`, `index` or `report`.
  case artifact(String)
  /// A describe value by its verb, such as `lora(…)`.
  case option(String)
  /// A user function or verb passed by name.
  case function
  /// A metric name, checked against the patterns of the verb's parameter.
  case metric
  /// A path of a file or folder, read when the verb runs. A string in the language.
  case path
  case union([StaticType])

  /// A list of records, whatever their columns.
  public static var table: StaticType { .list(.record([], isOpen: true)) }

  /// This or none.
  public var optional: StaticType { .union([self, .none]) }
}

/// Fields of a record type.
public enum RecordType {
  /// A named field and its type.
  public struct Field: Hashable, Sendable {
    /// The field's name.
    public let name: String
    /// The type of its value.
    public let type: StaticType

    /// A field of the type.
    public init(_ name: String, _ type: StaticType) {
      self.name = name
      self.type = type
    }
  }
}
