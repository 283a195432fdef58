package import Artifacts
import Synchronization

/// An engine object in the language: known by kind and content, loaded when first used.
package final class ArtifactHandle: Sendable {
  package let kind: ArtifactKind
  /// The digest of the encoded object.
  package let digest: Digest
  /// Whether seeded work went into it, so that numbers from it depend on a seed.
  package let isSeeded: Bool
  private let loader: @Sendable () throws -> any Sendable
  private let loaded: Mutex<(any Sendable)?>

  /// A handle to a stored object; `object` is given where it is in memory already.
  package init(
    kind: ArtifactKind, digest: Digest, isSeeded: Bool, object: (any Sendable)? = nil,
    loader: @escaping @Sendable () throws -> any Sendable
  ) {
    self.kind = kind
    self.digest = digest
    self.isSeeded = isSeeded
    self.loader = loader
    loaded = Mutex(object)
  }

  /// The engine object, decoded at the first call and kept.
  /// - Throws: ``ArtifactLost`` where the store no longer holds it intact, or a decoding error.
  package func object<Object: Sendable>(as type: Object.Type) throws -> Object {
    let value: any Sendable
    if let present = loaded.withLock({ $0 }) {
      value = present
    } else {
      value = try loader()
      loaded.withLock { $0 = value }
    }
    guard let object = value as? Object else {
      throw VerbError("expected \(type), got \(kind.article)")
    }
    return object
  }
}

/// A stored object that is missing or corrupt: what made it has to run again.
struct ArtifactLost: Error {
  let digest: Digest
  /// What is wrong with it, where its bytes are there; the store tells of the rest.
  var reason: String?
}
