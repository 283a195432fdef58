package import Artifacts
import Bytes

/// A model as a step on the way to another: what the table of ``VerbLibrary`` `lineage` shows.
package struct ModelVersion: Hashable, Sendable {
  /// What was done: `base`, `full`, `lora`, `adapters`, `prefix`, `merge` or `adapter`.
  package var kind: String
  /// How, as the notebook would write it; empty for a base.
  package var method: String
  /// What it learned from; empty where that is not known.
  package var data: String
  /// Optimiser steps of this step.
  package var steps: Int?
  /// How many numbers could change in this step.
  package var trainedParameters: Int?
  /// Bytes of what this step made: all weights, or an adapter's numbers.
  package var bytes: Int
  /// The stored object's digest; nil for the newest, which can't hold its own.
  package var digest: Digest?

  package init(
    kind: String, method: String, data: String, steps: Int?, trainedParameters: Int?, bytes: Int,
    digest: Digest? = nil
  ) {
    self.kind = kind
    self.method = method
    self.data = data
    self.steps = steps
    self.trainedParameters = trainedParameters
    self.bytes = bytes
    self.digest = digest
  }

  /// As JSON, for the metadata of a stored model.
  var json: JSONValue {
    .object([
      .init("kind", .string(kind)), .init("method", .string(method)), .init("data", .string(data)),
      .init("steps", steps.map { .number($0) } ?? .null),
      .init("trained", trainedParameters.map { .number($0) } ?? .null),
      .init("bytes", .number(bytes)),
      .init("digest", digest.map { .string($0.hex) } ?? .null),
    ])
  }

  /// Reads ``json`` back; nil for anything else.
  init?(json: JSONValue) {
    guard let kind = json["kind"]?.string, let method = json["method"]?.string,
      let data = json["data"]?.string, let bytes = json["bytes"]?.integer
    else { return nil }
    self.init(
      kind: kind, method: method, data: data, steps: json["steps"]?.integer,
      trainedParameters: json["trained"]?.integer, bytes: bytes,
      digest: json["digest"]?.string.flatMap(Digest.init(hex:)))
  }
}

/// How a model came about, the base in front and the model itself at the end.
package struct ModelLineage: Hashable, Sendable {
  /// Versions that it was made from.
  package var ancestors: [ModelVersion]
  /// The model itself.
  package var own: ModelVersion

  package init(ancestors: [ModelVersion], own: ModelVersion) {
    self.ancestors = ancestors
    self.own = own
  }

  var json: JSONValue { .list((ancestors + [own]).map(\.json)) }

  init?(json: JSONValue) {
    guard let rows = json.list else { return nil }
    var versions = rows.compactMap(ModelVersion.init(json:))
    guard versions.count == rows.count, let last = versions.popLast() else { return nil }
    self.init(ancestors: versions, own: last)
  }
}
