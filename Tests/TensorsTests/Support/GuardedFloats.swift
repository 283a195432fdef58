import Glibc

/// Floats that end where a page begins that may not be touched, with canaries before them:
/// reading or writing past the end ends the test run, writing before the start is noticed.
final class GuardedFloats {
  let count: Int
  let pointer: UnsafeMutablePointer<Float>
  private let mapping: UnsafeMutableRawPointer
  private let length: Int
  private let canaries: UnsafeMutableBufferPointer<Float>
  private static let canary: Float = -123456.78

  init(_ values: [Float]) throws {
    count = values.count
    let page = Int(getpagesize())
    let bytes = (values.count + 16) * 4
    length = (bytes + page - 1) / page * page + page
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let mapping = mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0),
      mapping != MAP_FAILED
    else { throw MappingFailure() }
    self.mapping = mapping
    let end = mapping + length - page
    pointer = (end - values.count * 4).bindMemory(to: Float.self, capacity: max(1, values.count))
    let before = (end - values.count * 4 - mapping) / 4
    canaries = UnsafeMutableBufferPointer(
      start: (pointer - before), count: before)
    canaries.update(repeating: Self.canary)
    for (i, value) in values.enumerated() { pointer[i] = value }
    guard mprotect(end, page, PROT_NONE) == 0 else { throw MappingFailure() }
  }

  convenience init(count: Int, filledWith value: Float = 0) throws {
    try self.init([Float](repeating: value, count: count))
  }

  deinit { munmap(mapping, length) }

  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
  var isIntact: Bool { canaries.allSatisfy { $0 == Self.canary } }
}

struct MappingFailure: Error {}
