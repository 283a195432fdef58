/// Something that people of a synthetic world have one of each: a birthplace, an employer, a pet.
///
/// Its values form a class of their own: no value belongs to two attributes, so a value alone tells
/// which attribute it answers.
public struct Attribute: Sendable, Hashable {
  /// What questions name it by in their field `attribute`, and its column in tables.
  public let name: String
  /// Words for it that mean the same; four of them.
  public let nouns: [String]
  /// What it can be; single words.
  public let values: [String]

  /// How many ways there are to say a fact of it: every noun in every pattern.
  public static let leadCount = 12
  /// The last leads are in no training example: questions ask in them whether a fact that was
  /// learned in other words is known in these.
  public static let heldOutLeads = 10..<12

  private static let patterns = ["The", "Recorded", "Stated"]

  /// What comes before the name, such as `The birthplace of`. Leads that follow each other differ
  /// in noun; numbers outside ``leadCount`` wrap around.
  public func lead(_ index: Int) -> String {
    let place = ((index % Self.leadCount) + Self.leadCount) % Self.leadCount
    return "\(Self.patterns[place / nouns.count % Self.patterns.count]) "
      + "\(nouns[place % nouns.count]) of"
  }

  /// All leads in order.
  public var leads: [String] { (0..<Self.leadCount).map { lead($0) } }

  /// The attribute of that name.
  public static func named(_ name: String) -> Attribute? { all.first { $0.name == name } }

  /// The attributes that a world of so many has.
  static func first(_ count: Int) -> [Attribute] { Array(all.prefix(count)) }
}
