package import Bytes

/// What is known of a document besides its title and text: who it is for, when it was written.
///
/// BEIR's `metadata` object. Texts, numbers and booleans are kept, and lists of them; anything
/// else is left out.
public struct DocumentFields: Sendable, Hashable {
  /// The JSON object, empty where there are no fields.
  package let json: [UInt8]

  /// No fields.
  public static let none = DocumentFields(json: [])

  /// Fields by name, each with one or more values; numbers and booleans as they are written.
  public init(_ fields: [(name: String, values: [String])]) {
    let members = fields.filter { !$0.values.isEmpty }.map { field in
      JSONValue.Member(
        field.name,
        field.values.count == 1
          ? .string(field.values[0]) : .list(field.values.map { .string($0) }))
    }
    json = members.isEmpty ? [] : JSONValue.object(members).serialized()
  }

  package init(_ value: JSONValue) {
    self.init(
      (value.members ?? []).map { member in
        (member.name, (member.value.list ?? [member.value]).compactMap(Self.text))
      })
  }

  init(json: [UInt8]) { self.json = json }

  /// Whether there is none.
  public var isEmpty: Bool { json.isEmpty }

  /// All fields, in the order of the file.
  public var all: [(name: String, values: [String])] {
    guard !json.isEmpty, let value = try? json.withUnsafeBytes({ try JSONValue(parsing: $0) })
    else { return [] }
    return (value.members ?? []).map { member in
      (member.name, (member.value.list ?? [member.value]).compactMap(Self.text))
    }
  }

  /// The values of a field; none where there is no such field.
  public func values(of name: String) -> [String] {
    all.first { $0.name == name }?.values ?? []
  }

  private static func text(_ value: JSONValue) -> String? {
    switch value {
    case .string(let text): text
    case .number(let text): text
    case .boolean(let flag): flag ? "true" : "false"
    default: nil
    }
  }
}
