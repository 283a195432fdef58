import Bytes
import Glibc
import Safetensors
import TestFolders
import Testing

@Suite struct SafetensorsFileTests {
  @Test func aFileIsReadAsItsHeaderSays() throws {
    let file = try open(sample)
    #expect(file.metadata == ["format": "pt", "note": "é"])
    #expect(file.tensors.map(\.name) == ["bytes", "half", "brain", "one", "none"])
    #expect(file.tensors.map(\.type) == [.uint8, .float16, .bfloat16, .float32, .float32])
    #expect(file.tensors.map(\.shape) == [[3], [2, 2], [2], [], [0, 7]])
    #expect(file.tensors.map(\.count) == [3, 4, 2, 1, 0])
    #expect(try file.floats(of: "half") == [1, -2, 0x1p-24, .infinity])
    #expect(try file.floats(of: "brain") == [1, -3])
    #expect(try file.floats(of: "one") == [0.1])
    #expect(try file.floats(of: "none") == [])
    #expect(try file.bytes(of: "bytes").copied() == [1, 2, 3])
    #expect(try file.bytes(of: "none").copied() == [])
  }

  @Test func partsOfATensorAreRead() throws {
    let file = try open(sample)
    var part: [Float] = [0, 0]
    try part.withUnsafeMutableBufferPointer {
      try file.floats(of: file.entry(of: "half"), range: 1..<3, into: $0)
    }
    #expect(part == [-2, 0x1p-24])
    #expect(
      throws: SafetensorsError.wrongRange(
        file: "a.safetensors", tensor: "half", got: 3..<5, count: 4, target: 2)
    ) {
      try part.withUnsafeMutableBufferPointer {
        try file.floats(of: file.entry(of: "half"), range: 3..<5, into: $0)
      }
    }
    #expect(
      throws: SafetensorsError.wrongRange(
        file: "a.safetensors", tensor: "half", got: 0..<4, count: 4, target: 2)
    ) { try part.withUnsafeMutableBufferPointer { try file.floats(of: "half", into: $0) } }
  }

  @Test func anAlignedTensorIsViewedInPlaceAndKeepsTheFile() throws {
    let writer = try SafetensorsWriter(tensors: [.init(name: "x", type: .float32, shape: [4])])
    let numbers: [Float] = [1, 2, 3, 4]
    let folder = try TemporaryFolder()
    try numbers.withUnsafeBufferPointer { numbers in
      try folder.write(writer.bytes { _ in numbers }, to: "x.safetensors")
    }
    func view() throws -> SharedBytes {
      let file = try SafetensorsFile(path: folder("x.safetensors"))
      let view = try file.bytes(of: "x")
      #expect(
        view.bytes.baseAddress == file.bytes.bytes.baseAddress.map { $0 + writer.header.count })
      return view
    }
    let kept = try view()
    folder.remove("x.safetensors")
    #expect(kept.copied() == littleEndian(numbers.map(\.bitPattern)))
  }

  @Test func spacesMayFollowTheHeaderAndOrderIsFree() throws {
    let header = #"""
      {"b":{"data_offsets":[1,3],"shape":[1],"dtype":"I16"},
       "a":{"dtype":"BOOL","shape":[1,1],"data_offsets":[0,1]}}
      """#
    let file = try open(image(header + "    ", [1, 2, 3]))
    #expect(file.tensors.map(\.name) == ["a", "b"])
    #expect(file.tensors.map(\.byteRange.count) == [1, 2])
    #expect(try open(image("{}")).tensors.isEmpty)
  }

  @Test func typesThatAreNoWholeBytesCountTogether() throws {
    let file = try open(
      image(#"{"x":{"dtype":"F4","shape":[2,3],"data_offsets":[0,3]}}"#, [1, 2, 3]))
    #expect(file.tensors.map(\.count) == [6])
    #expect(throws: SafetensorsError.self) {
      try open(image(#"{"x":{"dtype":"F4","shape":[5],"data_offsets":[0,3]}}"#, [1, 2, 3]))
    }
  }

  @Test func whatIsNoRegularFileIsNotRead() throws {
    let folder = try TemporaryFolder()
    #expect(
      throws: SafetensorsError.unreadable(file: "m", reason: "No such file or directory")
    ) { try SafetensorsFile(path: folder("m"), name: "m") }
    #expect(throws: SafetensorsError.unreadable(file: "m", reason: "not a regular file")) {
      try SafetensorsFile(path: folder.path, name: "m")
    }
    // Opening a pipe that nobody writes to would wait for ever.
    try #require(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(throws: SafetensorsError.unreadable(file: "m", reason: "not a regular file")) {
      try SafetensorsFile(path: folder("pipe"), name: "m")
    }
    try folder.write("", to: "empty")
    #expect(throws: SafetensorsError.truncated(file: "m", expectedBytes: 8, gotBytes: 0)) {
      try SafetensorsFile(path: folder("empty"), name: "m")
    }
  }
}
