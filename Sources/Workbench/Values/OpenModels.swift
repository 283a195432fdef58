import Artifacts
import LanguageModels
import Synchronization

/// A model that is in use.
///
/// Models are values; this is what tells whether one with the same contents is in memory already,
/// so that several adapters stand on one mapping of their base and on one tokenizer.
package final class OpenModel: Sendable {
  let model: DecoderModel

  init(_ model: DecoderModel) { self.model = model }
}

/// The models in use, by the digest of what is stored. None is kept longer than it is used.
enum OpenModels {
  private struct Entry: Sendable {
    weak var model: OpenModel?
  }

  private static let entries = Mutex<[Digest: Entry]>([:])

  /// Remembers a model as long as somebody uses it.
  static func note(_ model: OpenModel, as digest: Digest) {
    entries.withLock { entries in
      entries = entries.filter { $0.value.model != nil }
      entries[digest] = Entry(model: model)
    }
  }

  /// A model that was just read, with the weights of the one that is in use where there is one.
  static func shared(_ model: StoredModel, as digest: Digest) -> StoredModel {
    if let open = find(digest) { return model.sharing(open) }
    note(model.opened, as: digest)
    return model
  }

  /// The model of that digest where it is in use.
  static func find(_ digest: Digest) -> OpenModel? { entries.withLock { $0[digest]?.model } }
}
