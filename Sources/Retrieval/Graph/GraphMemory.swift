import Bytes
import Glibc

/// Zeroed memory that begins at a page, in large pages where the system has them: a search jumps
/// all over it, and would else wait for the tables of pages as much as for the data.
///
/// `@unchecked Sendable`: one piece of work writes to it until it is shared as bytes, and nothing
/// after that.
final class GraphMemory: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let count: Int

  init(count: Int) {
    self.count = count
    let large = 2 << 20
    let alignment = count >= large ? large : 64
    base = .allocate(byteCount: max(count, 1), alignment: alignment)
    if count >= large { _ = madvise(base, count / large * large, MADV_HUGEPAGE) }
    base.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1))
  }

  deinit { base.deallocate() }

  func shared() -> SharedBytes {
    SharedBytes(viewing: UnsafeRawBufferPointer(start: base, count: count), owner: self)
  }

  func pointer<T>(_ offset: Int, as type: T.Type = T.self) -> UnsafeMutablePointer<T> {
    (base + offset).assumingMemoryBound(to: type)
  }
}
