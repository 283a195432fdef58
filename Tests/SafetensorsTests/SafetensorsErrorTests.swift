import Bytes
import Safetensors
import Testing

/// What is wrong with a file is said with the file, the tensor, what was got and what expected.
@Suite struct SafetensorsErrorTests {
  private let file = "a.safetensors"

  private func fails(
    _ header: String, _ data: [UInt8] = [], with error: SafetensorsError, _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: error, sourceLocation: sourceLocation) { try open(image(header, data)) }
    #expect(error.description == message, sourceLocation: sourceLocation)
  }

  @Test func lengths() {
    #expect(throws: SafetensorsError.truncated(file: file, expectedBytes: 8, gotBytes: 7)) {
      try open([0, 0, 0, 0, 0, 0, 0])
    }
    #expect(throws: SafetensorsError.truncated(file: file, expectedBytes: 108, gotBytes: 10)) {
      try open(littleEndian([UInt64(100)]) + [0x7B, 0x7D])
    }
    for length in [UInt64(100_000_001), 1 << 63, .max] {
      #expect(
        throws: SafetensorsError.headerTooLong(file: file, got: length, limit: 100_000_000)
      ) { try open(littleEndian([length]) + [0x7B, 0x7D]) }
    }
  }

  @Test func syntax() {
    fails(
      "",
      with: .syntax(
        file: file, offset: 8, expected: "the header to begin with '{'", got: "something else"),
      "a.safetensors, byte 8: expected the header to begin with '{', got something else")
    fails(
      #"{"x":}"#, with: .syntax(file: file, offset: 13, expected: "an object", got: "'}'"),
      "a.safetensors, byte 13: expected an object, got '}'")
    fails(
      "{}x",
      with: .syntax(
        file: file, offset: 10, expected: "nothing after the value", got: "'x'"),
      "a.safetensors, byte 10: expected nothing after the value, got 'x'")
    #expect(
      throws: SafetensorsError.syntax(
        file: file, offset: 10, expected: "UTF-8", got: "another byte")
    ) { try open(littleEndian([UInt64(4)]) + [0x7B, 0x22, 0xFF, 0x7D]) }
  }

  @Test func names() {
    let x = #""x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#
    fails(
      "{\(x),\(x)}", [0], with: .repeatedName(file: file, name: "x"),
      "a.safetensors has 'x' twice")
    fails(
      #"{"x":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, [0],
      with: .repeatedName(file: file, name: "x.dtype"), "a.safetensors has 'x.dtype' twice")
    fails(
      #"{"__metadata__":{"a":"1","a":"2"}}"#,
      with: .repeatedName(file: file, name: "__metadata__.a"),
      "a.safetensors has '__metadata__.a' twice")
    fails(
      #"{"x":{"shape":[1],"data_offsets":[0,1]}}"#, [0],
      with: .wrongValue(
        file: file, member: "x", expected: "an object with dtype, shape and data_offsets",
        got: "one without 'dtype'"),
      "a.safetensors: 'x' has to be an object with dtype, shape and data_offsets, "
        + "got one without 'dtype'")
    fails(
      #"{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1}}"#, [0],
      with: .wrongValue(
        file: file, member: "x", expected: "an object with dtype, shape and data_offsets only",
        got: "one with 'more'"),
      "a.safetensors: 'x' has to be an object with dtype, shape and data_offsets only, "
        + "got one with 'more'")
  }

  @Test func values() {
    fails(
      #"{"x":[1]}"#,
      with: .wrongValue(
        file: file, member: "x", expected: "an object with dtype, shape and data_offsets",
        got: "a list"),
      "a.safetensors: 'x' has to be an object with dtype, shape and data_offsets, got a list")
    fails(
      #"{"__metadata__":{"a":1}}"#,
      with: .wrongValue(
        file: file, member: "__metadata__.a", expected: "a text", got: "a number"),
      "a.safetensors: '__metadata__.a' has to be a text, got a number")
    fails(
      #"{"x":{"dtype":"BF61","shape":[1],"data_offsets":[0,1]}}"#, [0],
      with: .unknownType(file: file, tensor: "x", got: "BF61", suggestion: "BF16"),
      "a.safetensors: the elements of 'x' are of the unknown type 'BF61'; did you mean 'BF16'?")
    fails(
      #"{"x":{"dtype":"f32","shape":[1],"data_offsets":[0,1]}}"#, [0],
      with: .unknownType(file: file, tensor: "x", got: "f32", suggestion: "F32"),
      "a.safetensors: the elements of 'x' are of the unknown type 'f32'; did you mean 'F32'?")
    for (size, got) in [("-1", "-1"), ("1.0", "1.0"), ("9223372036854775808", nil)] {
      fails(
        #"{"x":{"dtype":"U8","shape":[\#(size)],"data_offsets":[0,1]}}"#, [0],
        with: .wrongValue(
          file: file, member: "x.shape", expected: "whole numbers from 0 below 2^63",
          got: got ?? size),
        "a.safetensors: 'x.shape' has to be whole numbers from 0 below 2^63, got \(size)")
    }
    fails(
      #"{"x":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}"#, [0],
      with: .wrongValue(
        file: file, member: "x.shape", expected: "a list of sizes", got: "a string in it"),
      "a.safetensors: 'x.shape' has to be a list of sizes, got a string in it")
    for offsets in ["[0]", "[1,0]", "[0,1,1]"] {
      #expect(throws: SafetensorsError.self) {
        try open(image(#"{"x":{"dtype":"U8","shape":[1],"data_offsets":\#(offsets)}}"#, [0]))
      }
    }
  }

  @Test func sizes() {
    fails(
      #"{"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,20]}}"#,
      [UInt8](repeating: 0, count: 20),
      with: .wrongSize(
        file: file, tensor: "x", type: .float32, shape: [2, 3], expectedBytes: 24, gotBytes: 20),
      "a.safetensors: 'x' is F32 [2, 3], which takes 24 bytes; its offsets give it 20")
    let huge = 1 << 62
    fails(
      #"{"x":{"dtype":"U8","shape":[\#(huge),4],"data_offsets":[0,0]}}"#,
      with: .wrongSize(
        file: file, tensor: "x", type: .uint8, shape: [huge, 4], expectedBytes: nil, gotBytes: 0),
      "a.safetensors: 'x' is U8 [4611686018427387904, 4], which takes more bytes than can be "
        + "counted; its offsets give it 0")
    fails(
      #"{"x":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}"#, [0],
      with: .outOfBounds(file: file, tensor: "x", got: 0..<9, dataBytes: 1),
      "a.safetensors: 'x' is at bytes 0 to 9 of the data, which has 1")
  }

  @Test func theTensorsCoverTheData() {
    func header(_ ranges: (Int, Int)...) -> String {
      let members = zip(["x", "y"], ranges).map { name, range in
        """
        "\(name)":{"dtype":"U8","shape":[\(range.1 - range.0)],\
        "data_offsets":[\(range.0),\(range.1)]}
        """
      }
      return "{\(members.joined(separator: ","))}"
    }
    fails(
      header((0, 3), (2, 4)), [0, 0, 0, 0],
      with: .overlap(file: file, tensor: "y", other: "x", got: 2, expected: 3),
      "a.safetensors: 'y' begins at byte 2 of the data, but 'x' ends at 3")
    fails(
      header((0, 1), (2, 4)), [0, 0, 0, 0],
      with: .gap(file: file, tensor: "y", got: 2, expected: 1),
      "a.safetensors: 'y' begins at byte 2 of the data, but what is in front of it ends at 1")
    fails(
      header((1, 2), (2, 4)), [0, 0, 0, 0],
      with: .gap(file: file, tensor: "x", got: 1, expected: 0),
      "a.safetensors: 'x' begins at byte 1 of the data, but what is in front of it ends at 0")
    fails(
      header((0, 1), (1, 3)), [0, 0, 0, 0],
      with: .gap(file: file, tensor: nil, got: 4, expected: 3),
      "a.safetensors: the data have 4 bytes, but the last tensor ends at 3")
    // An empty tensor inside another one.
    #expect(throws: SafetensorsError.self) {
      try open(image(header((0, 4), (2, 2)), [0, 0, 0, 0]))
    }
  }

  @Test func whatIsAskedFor() throws {
    let found = try open(sample)
    #expect(
      throws: SafetensorsError.missingTensor(file: file, tensor: "brian", suggestion: "brain")
    ) { try found.bytes(of: "brian") }
    #expect(
      throws: SafetensorsError.missingTensor(file: file, tensor: "weights", suggestion: nil)
    ) { try found.bytes(of: "weights") }
    #expect(
      throws: SafetensorsError.notFloatingPoint(file: file, tensor: "bytes", got: .uint8)
    ) { try found.floats(of: "bytes") }
  }
}
