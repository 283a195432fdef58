/// A growing array of plain values whose elements are appended without checks of uniqueness,
/// for the inner loops that build indexes. Owned by one thread at a time.
package struct GrowableBuffer<Element: BitwiseCopyable>: ~Copyable {
  package private(set) var base: UnsafeMutablePointer<Element>
  package private(set) var count = 0
  private var capacity: Int

  package init(capacity: Int = 64) {
    self.capacity = max(1, capacity)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  package mutating func append(_ value: Element) {
    if count == capacity { grow() }
    base[count] = value
    count &+= 1
  }

  package mutating func removeAll() { count = 0 }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
    capacity *= 2
  }
}
