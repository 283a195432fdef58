package import Artifacts
package import Bytes
import Corpora
package import Execution
package import LanguageModels
import Language
import Tokenizers
package import Training

/// A model in the language: the decoder and, where it was trained here, how that went.
///
/// One that carries an adapter is stored as the adapter and the digest of its base, whose weights
/// are an object of their own.
package struct StoredModel: Sendable, ArtifactHolder {
  package let model: DecoderModel
  /// What the last training did; nil for a model that was loaded.
  package let training: TrainingSummary?
  /// What the model's adapter goes with; nil for a model with weights of its own.
  package let base: ArtifactHandle?
  /// The model that the first of its trainings began with; nil for one that was not made from
  /// others.
  package let root: ArtifactHandle?
  /// How it was made from other models; nil for one that was not.
  package let lineage: ModelLineage?
  /// What other models find this one's weights by while it is in use.
  let opened: OpenModel

  package init(
    model: DecoderModel, training: TrainingSummary?, base: ArtifactHandle? = nil,
    root: ArtifactHandle? = nil, lineage: ModelLineage? = nil
  ) {
    self.init(
      model: model, training: training, base: base, root: root, lineage: lineage,
      opened: OpenModel(model.base))
  }

  private init(
    model: DecoderModel, training: TrainingSummary?, base: ArtifactHandle?,
    root: ArtifactHandle?, lineage: ModelLineage?, opened: OpenModel
  ) {
    self.model = model
    self.training = training
    self.base = base
    self.root = root
    self.lineage = lineage
    self.opened = opened
  }

  /// The same with the weights of an equal model that is in use; for a model without an adapter.
  func sharing(_ opened: OpenModel) -> StoredModel {
    StoredModel(
      model: opened.model, training: training, base: base, root: root, lineage: lineage,
      opened: opened)
  }

  package var heldArtifacts: [ArtifactHandle] {
    guard let base else { return root.map { [$0] } ?? [] }
    guard let root, root.digest != base.digest else { return [base] }
    return [base, root]
  }

  private static let trainingNote = "poise.training"
  private static let lineageNote = "poise.lineage"
  private static let baseNote = "poise.base"

  /// Writes a safetensors file: weights as they lie (see `DecoderModelCodec`), or an adapter's
  /// numbers (see `DecoderAdapterCodec`).
  package func encode(to sink: ByteSink) throws {
    var notes: [(name: String, text: String)] = []
    if let training { notes.append((Self.trainingNote, Self.text(training.json))) }
    if let lineage { notes.append((Self.lineageNote, Self.text(lineage.json))) }
    if let adapter = model.adapter {
      guard let base else { throw VerbError("a model with an adapter has no base") }
      notes.append((Self.baseNote, base.digest.hex))
      try DecoderAdapterCodec(adapter, notes: notes).encode { try sink.write($0) }
    } else {
      try DecoderModelCodec(model, notes: notes).encode { try sink.write($0) }
    }
  }

  private static func text(_ json: JSONValue) -> String {
    String(decoding: json.serialized(), as: UTF8.self)
  }

  /// Reads ``encode(to:)`` in place; weights are not touched.
  package init(
    decoding bytes: SharedBytes, handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws {
    func note(_ name: String) throws -> String? {
      try DecoderModelCodec.note(name, in: bytes)
    }
    let training = try note(Self.trainingNote).map { text in
      guard let summary = TrainingSummary(json: try JSONValue(parsing: text)) else {
        throw VerbError("a stored model's training can't be read")
      }
      return summary
    }
    let lineage = try note(Self.lineageNote).map { text in
      guard let lineage = ModelLineage(json: try JSONValue(parsing: text)) else {
        throw VerbError("a stored model's lineage can't be read")
      }
      return lineage
    }
    let root = lineage?.ancestors.first?.digest.map { handle(.model, $0) }
    guard try note(DecoderAdapterCodec.mark) != nil else {
      self.init(
        model: try DecoderModel(decoding: bytes), training: training, root: root, lineage: lineage)
      return
    }
    guard let digest = try note(Self.baseNote).flatMap(Digest.init(hex:)) else {
      throw VerbError("a stored adapter names no base")
    }
    let base = handle(.model, digest)
    let opened = try OpenModels.find(digest) ?? base.object(as: StoredModel.self).opened
    let adapter = try DecoderAdapter(decoding: bytes, for: opened.model.configuration)
    self.init(
      model: try opened.model.attaching(adapter), training: training, base: base, root: root,
      lineage: lineage, opened: opened)
  }
}

// MARK: - Lineage

extension StoredModel {
  /// How it came about; of a model that was not made from others, itself alone.
  var versions: ModelLineage {
    lineage
      ?? ModelLineage(
        ancestors: [],
        own: ModelVersion(
          kind: "base", method: "", data: "", steps: training?.steps,
          trainedParameters: training?.trainedParameters, bytes: ownBytes))
  }

  /// The lineage of a model that is made from this one.
  ///
  /// - Parameters:
  ///   - digest: What this model is stored as.
  ///   - own: The new version.
  /// - Returns: This model's lineage, this model, and the new version.
  func lineage(as digest: Digest, then own: ModelVersion) -> ModelLineage {
    var this = versions.own
    this.digest = digest
    return ModelLineage(ancestors: versions.ancestors + [this], own: own)
  }

  /// Bytes of the numbers that are stored for it alone.
  var ownBytes: Int { model.adapter?.weights.count ?? model.weights.count }

  /// All numbers, an adapter's among them.
  var parameterCount: Int { model.layout.count + (model.adapter?.layout.count ?? 0) }
}
