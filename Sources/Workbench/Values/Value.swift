package import Evaluation
package import Plotting

/// A value of the language.
package indirect enum Value: Sendable {
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
package struct Record: Sendable {
  package private(set) var names: [String]
  package private(set) var values: [Value]
  /// What a one-line description says instead of the fields, such as what a loader found.
  package var headline: String?

  package init(_ fields: [(String, Value)] = [], headline: String? = nil) {
    names = []
    values = []
    self.headline = headline
    for (name, value) in fields { self[name] = value }
  }

  /// The value of a field. Linear in the number of fields, which is small.
  package subscript(name: String) -> Value? {
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
  package var fields: [(name: String, value: Value)] {
    zip(names, values).map { (name: $0, value: $1) }
  }

  /// The fields of both; the right one wins where both have a name.
  package func merging(_ other: Record) -> Record {
    var result = self
    result.headline = nil
    for (name, value) in other.fields { result[name] = value }
    return result
  }
}

/// Text with marked stretches.
package struct MarkedText: Hashable, Sendable {
  package let text: String
  /// Ranges of UTF-8 offsets, ascending and apart.
  package let marks: [Range<Int>]

  package init(text: String, marks: [Range<Int>]) {
    self.text = text
    self.marks = marks
  }
}

/// A describe verb's name, version and arguments.
package struct OptionValue: Sendable {
  package let verb: String
  package let version: Int
  package let arguments: Record

  package init(verb: String, version: Int, arguments: Record) {
    self.verb = verb
    self.version = version
    self.arguments = arguments
  }
}

/// A notebook's function, or a verb, by name, with what identifies its behaviour.
package struct FunctionValue: Sendable {
  package let name: String
  /// Canonical syntax of the function and of all it reads: what a node key hashes.
  package let identity: String

  package init(name: String, identity: String) {
    self.name = name
    self.identity = identity
  }
}

/// The values that an expression took under several seeds.
package struct AcrossSeeds: Sendable {
  package let seeds: [Double]
  package let parts: [Value]

  package init(seeds: [Double], parts: [Value]) {
    self.seeds = seeds
    self.parts = parts
  }
}
