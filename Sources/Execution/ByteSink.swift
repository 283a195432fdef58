/// Where bytes go piece by piece, so that what is large is never in memory twice: a file that is
/// hashed while it is written, or whatever else the maker of the sink wants.
///
/// Used by one thread at a time, and only while the call lasts that handed it over.
public struct ByteSink {
  private let take: (UnsafeRawBufferPointer) throws -> Void

  /// A sink that hands every piece to `take`, in order.
  public init(_ take: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.take = take }

  /// Adds bytes; how they are cut into pieces makes no difference.
  ///
  /// - Throws: What stops the writing: a full disk, a cancellation.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    if !bytes.isEmpty { try take(bytes) }
  }

  /// Adds bytes; how they are cut into pieces makes no difference.
  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }
}
