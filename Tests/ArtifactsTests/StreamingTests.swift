import Artifacts
import Glibc
import Synchronization
import TestFolders
import Testing

/// Objects that are written in pieces, and read where they lie.
@Suite struct StreamingTests {
  static let mebibyte = 1 << 20

  /// Bytes that do not repeat with any power of two.
  static func sample(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = TestRandom(state: seed)
    let block = random.bytes(4099)
    return (0..<count).map { block[$0 % block.count] }
  }

  @Test(arguments: [0, 1, mebibyte, mebibyte + 1, 5 * mebibyte + 17])
  func piecesGiveWhatTheWholeGives(_ size: Int) throws {
    let fixture = try StoreFixture()
    let bytes = Self.sample(size)
    for piece in [1 << 12, 700_001, max(1, size)] {
      let stored = try fixture.store.put { sink in
        var rest = bytes[...]
        while !rest.isEmpty {
          try sink.write(Array(rest.prefix(piece)))
          rest = rest.dropFirst(piece)
        }
        #expect(sink.count == size)
      }
      #expect(stored.digest == Digest(hashing: bytes) && stored.count == size)
      #expect(try fixture.folder.read(fixture.objectPath(stored.digest)) == bytes)
    }
    #expect(fixture.store.get(Digest(hashing: bytes))?.array == bytes)
    #expect(fixture.folder.files(below: "artifacts").allSatisfy { !$0.contains("poise-tmp") })
  }

  @Test func aFailedWriterLeavesNothing() throws {
    struct Stop: Error {}
    let fixture = try StoreFixture()
    #expect(throws: Stop.self) {
      try fixture.store.put { sink in
        try sink.write(Self.sample(3 * Self.mebibyte))
        throw Stop()
      }
    }
    var calls = 0
    #expect(throws: Stop.self) {
      try fixture.store.put(check: {
        calls += 1
        if calls == 2 { throw Stop() }
      }) { sink in try sink.write(Self.sample(40 * Self.mebibyte)) }
    }
    #expect(fixture.folder.files(below: "artifacts") == ["poise-store.json"])
  }

  @Test func aDamagedObjectIsReplaced() throws {
    let fixture = try StoreFixture()
    let bytes = Self.sample(2 * Self.mebibyte)
    let path = fixture.objectPath(try fixture.store.put { try $0.write(bytes) }.digest)
    var damaged = bytes
    damaged[Self.mebibyte] ^= 1
    try fixture.folder.write(damaged, to: path)
    _ = try fixture.store.put { try $0.write(bytes) }
    #expect(try fixture.folder.read(path) == bytes)
    // What is stored already is not written again.
    let before = try fixture.folder.stamp(path)[0]
    _ = try fixture.store.put { try $0.write(bytes) }
    #expect(try fixture.folder.stamp(path)[0] == before)
  }

  @Test func aFullStorageIsAnErrorOfTheStore() throws {
    let storage = FailingStorage()
    let store = try ArtifactStore.open(on: storage, create: true, issues: { _ in })
    storage.leave(room: Self.mebibyte)
    #expect(throws: StoreError.self) {
      try store.put { try $0.write(Self.sample(3 * Self.mebibyte)) }
    }
  }

  /// A large object that was verified before is neither read nor copied when it is opened.
  @Test func openingALargeObjectReadsNothing() throws {
    let fixture = try StoreFixture()
    let size = 64 * Self.mebibyte
    let zeros = [UInt8](repeating: 0, count: Self.mebibyte)
    let digest = try fixture.store.put { sink in
      for _ in 0..<64 { try sink.write(zeros) }
    }.digest
    let store = try fixture.reopened()
    let before = try Self.bytesRead()
    let object = try #require(store.get(digest))
    #expect(object.count == size && object.isMapped)
    #expect(try Self.bytesRead() - before < Self.mebibyte, "the object was read")
    // The kernel maps pages around one that is touched, so that a few may be resident.
    let resident = try Self.residentBytes(of: fixture.folder(fixture.objectPath(digest)))
    #expect(resident < 4 * Self.mebibyte, "\(resident) bytes of the object were touched")
    let last = object.withUnsafeBytes { $0.last }
    #expect(last == 0)
    #expect(object.owner != nil)
  }

  /// Bytes that this process has read by system calls.
  private static func bytesRead() throws -> Int {
    let text = String(decoding: try TemporaryFolder.bytes(at: "/proc/self/io"), as: UTF8.self)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("rchar:") })
    return try #require(Int(line.filter(\.isNumber)))
  }

  /// How much of the mapping of a file is in this process's memory.
  private static func residentBytes(of path: String) throws -> Int {
    let text = String(decoding: try TemporaryFolder.bytes(at: "/proc/self/smaps"), as: UTF8.self)
    let lines = text.split(separator: "\n")
    let start = try #require(lines.firstIndex { $0.hasSuffix(path) }, "it is not mapped")
    let line = try #require(lines[start...].first { $0.hasPrefix("Rss:") })
    return try #require(Int(line.filter(\.isNumber))) * 1024
  }
}
