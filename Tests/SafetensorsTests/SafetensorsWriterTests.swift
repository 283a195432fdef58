import Bytes
import Glibc
import Safetensors
import TestFolders
import Testing

@Suite struct SafetensorsWriterTests {
  private static let tensors: [SafetensorsWriter.Tensor] = [
    .init(name: "z", type: .float32, shape: [2, 2]), .init(name: "a", type: .bfloat16, shape: [3]),
    .init(name: "\"é\n", type: .float16, shape: [1, 1]),
    .init(name: "e", type: .float32, shape: [0]),
  ]
  private static let numbers: [[Float]] = [
    [1, -2.5, .infinity, 0.1], [1, 0x1.02p0, .nan], [0x1p-24], [],
  ]

  private func written(
    _ tensors: [SafetensorsWriter.Tensor] = tensors, _ numbers: [[Float]] = numbers,
    metadata: [(name: String, text: String)] = [("format", "pt")]
  ) throws -> [UInt8] {
    let writer = try SafetensorsWriter(tensors: tensors, metadata: metadata)
    var bytes: [UInt8] = []
    var last = UnsafeMutableBufferPointer<Float>.allocate(capacity: 0)
    defer { last.deallocate() }
    try writer.write(to: { bytes.append(contentsOf: $0) }) { index in
      last.deallocate()
      last = .allocate(capacity: numbers[index].count)
      _ = last.initialize(from: numbers[index])
      return UnsafeBufferPointer(last)
    }
    #expect(bytes.count == writer.byteCount)
    return bytes
  }

  @Test func whatIsWrittenIsReadInTheSameOrder() throws {
    let bytes = try written(metadata: [("format", "pt"), ("b", "\u{1}\"\\"), ("a", "")])
    let file = try open(bytes)
    #expect(file.metadata == ["format": "pt", "b": "\u{1}\"\\", "a": ""])
    #expect(file.tensors.map(\.name) == Self.tensors.map(\.name))
    #expect(file.tensors.map(\.type) == Self.tensors.map(\.type))
    #expect(file.tensors.map(\.shape) == Self.tensors.map(\.shape))
    #expect(try file.floats(of: "z") == Self.numbers[0])
    #expect(try file.floats(of: "a").prefix(2) == [1, 0x1.02p0])
    #expect(try file.floats(of: "a")[2].isNaN)
    #expect(try file.floats(of: "\"é\n") == [0x1p-24])
    #expect(try written(metadata: [("format", "pt"), ("b", "\u{1}\"\\"), ("a", "")]) == bytes)
  }

  @Test func theDataBeginAtAMultipleOf64() throws {
    for length in 0..<70 {
      let name = String(repeating: "n", count: length)
      let bytes = try written([.init(name: name, type: .float32, shape: [1])], [[7]])
      #expect(bytes.count % 64 == 4)
      #expect(try open(bytes).floats(of: name) == [7])
    }
  }

  @Test func moreNumbersThanAreConvertedAtATime() throws {
    let count = 2 << 20 | 5
    let numbers = (0..<count).map { Float($0 % 251) - 100 }
    for type in [TensorType.float32, .float16, .bfloat16] {
      let file = try open(written([.init(name: "x", type: type, shape: [count])], [numbers]))
      #expect(try file.floats(of: "x") == numbers)
    }
  }

  @Test func anOpenFileIsWrittenTo() throws {
    let folder = try TemporaryFolder()
    let writer = try SafetensorsWriter(tensors: [Self.tensors[0]])
    let descriptor = Glibc.open(folder("x"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    try Self.numbers[0].withUnsafeBufferPointer { numbers in
      try writer.write(to: descriptor, named: "x") { _ in numbers }
      #expect(throws: SafetensorsError.unreadable(file: "x", reason: "Bad file descriptor")) {
        try writer.write(to: -1, named: "x") { _ in numbers }
      }
    }
    #expect(try SafetensorsFile(path: folder("x")).floats(of: "z") == Self.numbers[0])
  }

  @Test func whatCannotBeWrittenIsRefused() throws {
    let x = SafetensorsWriter.Tensor(name: "x", type: .float16, shape: [3])
    let file = "the file to be written"
    #expect(throws: SafetensorsError.repeatedName(file: file, name: "x")) {
      try SafetensorsWriter(tensors: [x, x])
    }
    #expect(throws: SafetensorsError.repeatedName(file: file, name: "__metadata__")) {
      try SafetensorsWriter(tensors: [.init(name: "__metadata__", type: .float32, shape: [])])
    }
    #expect(throws: SafetensorsError.notFloatingPoint(file: file, tensor: "x", got: .int8)) {
      try SafetensorsWriter(tensors: [.init(name: "x", type: .int8, shape: [])])
    }
    for shape in [[Int.max, 2], [-1], [1 << 58]] {
      #expect(throws: SafetensorsError.self) {
        try SafetensorsWriter(tensors: [.init(name: "x", type: .float32, shape: shape)])
      }
    }
    #expect(
      throws: SafetensorsError.overflow(tensor: "x", index: 1, value: 65520, type: .float16)
    ) { try written([x], [[.infinity, 65520, 0]]) }
    #expect(
      throws: SafetensorsError.wrongRange(
        file: file, tensor: "x", got: 0..<3, count: 3, target: 2)
    ) { try written([x], [[1, 2]]) }
    let text = String(repeating: "x", count: SafetensorsFile.headerLimit)
    #expect(throws: SafetensorsError.self) {
      try SafetensorsWriter(tensors: [], metadata: [("a", text)])
    }
  }
}
