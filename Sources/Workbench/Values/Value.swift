public import Evaluation
public import Plotting

/// A value of the language.
public indirect enum Value: Sendable {
  case none
  case boolean(Bool)
  case number(Double)
  /// A number that carries its replicates.
  case measured(Measured)
  case string(String)
  /// Text with marked stretches, such as a snippet with the matched terms; a string elsewhere.
  case marked(MarkedText)
  case list([Value])
  case record(Record)
  /// An object of the engine, loaded when first used.
  case artifact(ArtifactHandle)
  /// What a describe verb such as `lora(rank: 8)` gives.
  case option(OptionValue)
  case plot(PlotSpec)
  /// A function of the notebook, only ever an argument of a verb.
  case function(FunctionValue)
  /// One value a seed, where they can't be merged into numbers yet; members distribute over it.
  case across(AcrossSeeds)
}

/// Fields in the order in which they were written.
public struct Record: Sendable {
  public private(set) var names: [String]
  public private(set) var values: [Value]
  /// What a one-line description says instead of the fields, such as what a loader found.
  public var headline: String?

  public init(_ fields: [(String, Value)] = [], headline: String? = nil) {
    names = []
    values = []
    self.headline = headline
    for (name, value) in fields { self[name] = value }
  }

  /// The value of a field. Linear in the number of fields, which is small.
  public subscript(name: String) -> Value? {
    get { names.firstIndex(of: name).map { values[$0] } }
    set {
      if let index = names.firstIndex(of: name) {
        if let newValue {
          values[index] = newValue
        } else {
          names.remove(at: index)
          values.remove(at: index)
        }
      } else if let newValue {
        names.append(name)
        values.append(newValue)
      }
    }
  }

  /// The fields in order.
  public var fields: [(name: String, value: Value)] {
    zip(names, values).map { (name: $0, value: $1) }
  }

  /// The fields of both; the right one wins where both have a name.
  public func merging(_ other: Record) -> Record {
    var result = self
    result.headline = nil
    for (name, value) in other.fields { result[name] = value }
    return result
  }
}

/// Text with marked stretches.
public struct MarkedText: Hashable, Sendable {
  public let text: String
  /// Ranges of UTF-8 offsets, ascending and apart.
  public let marks: [Range<Int>]

  public init(text: String, marks: [Range<Int>]) {
    self.text = text
    self.marks = marks
  }
}

/// A describe verb's name, version and arguments.
public struct OptionValue: Sendable {
  public let verb: String
  public let version: Int
  public let arguments: Record

  public init(verb: String, version: Int, arguments: Record) {
    self.verb = verb
    self.version = version
    self.arguments = arguments
  }
}

/// A notebook's function, or a verb, by name, with what identifies its behaviour.
public struct FunctionValue: Sendable {
  public let name: String
  /// Canonical syntax of the function and of all it reads: what a node key hashes.
  public let identity: String

  public init(name: String, identity: String) {
    self.name = name
    self.identity = identity
  }
}

/// The values that an expression took under several seeds.
public struct AcrossSeeds: Sendable {
  public let seeds: [Double]
  public let parts: [Value]

  public init(seeds: [Double], parts: [Value]) {
    self.seeds = seeds
    self.parts = parts
  }
}
