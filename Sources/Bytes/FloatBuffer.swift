/// A run of float32 that its owner may write to and hand over without a copy.
///
/// `@unchecked Sendable`: one piece of work owns it until it is shared as bytes, and nothing writes
/// to it after that.
package final class FloatBuffer: @unchecked Sendable {
  package let count: Int
  package let base: UnsafeMutablePointer<Float>

  /// Zeros.
  package init(count: Int) {
    self.count = count
    // Pages of zeros come from the system as they are touched; aligned for vectors and for sharing.
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    base = bytes.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
  }

  deinit { base.deallocate() }

  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Float>.stride)
  }

  /// The numbers as bytes that others may keep; the owner writes no more.
  package func shared() -> SharedBytes { SharedBytes(viewing: bytes, owner: self) }

  /// Reads as many bytes as it has.
  package func fill(from source: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(start: base, count: bytes.count)
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: source.prefix(bytes.count)))
  }
}
