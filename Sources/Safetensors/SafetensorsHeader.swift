import Bytes
import Diagnostics

/// The header of a safetensors file, read and checked against the bytes that follow it.
struct SafetensorsHeader {
  private(set) var metadata: [String: String] = [:]
  private(set) var tensors: [SafetensorsFile.Entry] = []
  private(set) var indices: [String: Int] = [:]
  private let file: String
  private let dataStart: Int
  private let dataBytes: Int

  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(SafetensorsError) {
    self.file = file
    guard bytes.count >= 8 else {
      throw .truncated(file: file, expectedBytes: 8, gotBytes: bytes.count)
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(SafetensorsFile.headerLimit) else {
      throw .headerTooLong(file: file, got: length, limit: SafetensorsFile.headerLimit)
    }
    guard length <= UInt64(bytes.count - 8) else {
      throw .truncated(file: file, expectedBytes: 8 + length, gotBytes: bytes.count)
    }
    dataStart = 8 + Int(length)
    dataBytes = bytes.count - dataStart
    let header = UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart])
    try parse(header)
    try checkCover()
    indices.reserveCapacity(tensors.count)
    for (index, tensor) in tensors.enumerated() { indices[tensor.name] = index }
  }

  /// The tensors in the order of the header, each checked for itself.
  private mutating func parse(_ header: UnsafeRawBufferPointer) throws(SafetensorsError) {
    guard header.first == UInt8(ascii: "{") else {
      throw .syntax(
        file: file, offset: 8, expected: "the header to begin with '{'", got: "something else")
    }
    if let offset = firstInvalidUTF8(in: header) {
      throw .syntax(file: file, offset: 8 + offset, expected: "UTF-8", got: "another byte")
    }
    var scanner = JSONScanner(header, range: 0..<header.count)
    var seen: Set<String> = []
    do {
      try scanner.forEachMember { scanner, name in
        let name = String(decoding: name, as: UTF8.self)
        guard seen.insert(name).inserted else {
          throw SafetensorsError.repeatedName(file: file, name: name)
        }
        if name == "__metadata__" {
          try readMetadata(&scanner)
        } else {
          tensors.append(try readTensor(&scanner, name: name))
        }
      }
      try scanner.finish()
    } catch let error as SafetensorsError {
      throw error
    } catch let error as JSONSyntaxError {
      throw .syntax(
        file: file, offset: 8 + error.offset, expected: error.expected, got: error.got)
    } catch {
      throw .unreadable(file: file, reason: "\(error)")
    }
  }

  private mutating func readMetadata(_ scanner: inout JSONScanner) throws {
    var found: [String: String] = [:]
    try expect(&scanner, "{", "an object of texts", of: "__metadata__")
    try scanner.forEachMember { scanner, name in
      let name = String(decoding: name, as: UTF8.self)
      try expect(&scanner, "\"", "a text", of: "__metadata__.\(name)")
      guard found.updateValue(try scanner.string(), forKey: name) == nil else {
        throw SafetensorsError.repeatedName(file: file, name: "__metadata__.\(name)")
      }
    }
    metadata = found
  }

  private func readTensor(_ scanner: inout JSONScanner, name: String) throws
    -> SafetensorsFile.Entry
  {
    var type: TensorType?
    var shape: [Int]?
    var offsets: [Int]?
    try expect(&scanner, "{", "an object with dtype, shape and data_offsets", of: name)
    try scanner.forEachMember { scanner, member in
      let member = String(decoding: member, as: UTF8.self)
      let repeated: Bool
      switch member {
      case "dtype":
        repeated = type != nil
        type = try readType(&scanner, tensor: name)
      case "shape":
        repeated = shape != nil
        shape = try readSizes(&scanner, of: "\(name).shape")
      case "data_offsets":
        repeated = offsets != nil
        offsets = try readSizes(&scanner, of: "\(name).data_offsets")
      default:
        throw SafetensorsError.wrongValue(
          file: file, member: name, expected: "an object with dtype, shape and data_offsets only",
          got: "one with '\(member)'")
      }
      if repeated {
        throw SafetensorsError.repeatedName(file: file, name: "\(name).\(member)")
      }
    }
    guard let type, let shape, let offsets else {
      let missing = type == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
      throw SafetensorsError.wrongValue(
        file: file, member: name, expected: "an object with dtype, shape and data_offsets",
        got: "one without '\(missing)'")
    }
    return try entry(name, type, shape, offsets)
  }

  private func readType(_ scanner: inout JSONScanner, tensor: String) throws -> TensorType {
    try expect(&scanner, "\"", "the name of a type", of: "\(tensor).dtype")
    let text = try scanner.string()
    guard let type = TensorType(rawValue: text) else {
      throw SafetensorsError.unknownType(
        file: file, tensor: tensor, got: text,
        suggestion: closestName(to: text, among: TensorType.allCases.map(\.name), atMost: 4))
    }
    return type
  }

  /// A list of whole numbers from 0, written in digits alone.
  private func readSizes(_ scanner: inout JSONScanner, of member: String) throws -> [Int] {
    var sizes: [Int] = []
    try expect(&scanner, "[", "a list of sizes", of: member)
    try scanner.forEachElement { scanner in
      let kind = scanner.peek().map { _ in scanner.kind } ?? "the end"
      guard kind == "a number" else {
        throw SafetensorsError.wrongValue(
          file: file, member: member, expected: "a list of sizes", got: "\(kind) in it")
      }
      let text = try scanner.number()
      guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let size = Int(text) else {
        throw SafetensorsError.wrongValue(
          file: file, member: member, expected: "whole numbers from 0 below 2^63", got: text)
      }
      sizes.append(size)
    }
    return sizes
  }

  /// Fails where the next value is of another kind than the one that begins with `byte`; what is
  /// no value is left to the scanner.
  private func expect(
    _ scanner: inout JSONScanner, _ byte: Unicode.Scalar, _ expected: String, of member: String
  ) throws {
    guard let next = scanner.peek(), next != UInt8(ascii: byte),
      scanner.kind != "something else"
    else { return }
    throw SafetensorsError.wrongValue(
      file: file, member: member, expected: expected, got: scanner.kind)
  }

  private func entry(_ name: String, _ type: TensorType, _ shape: [Int], _ offsets: [Int])
    throws(SafetensorsError) -> SafetensorsFile.Entry
  {
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw .wrongValue(
        file: file, member: "\(name).data_offsets", expected: "a begin and an end not before it",
        got: "\(offsets.prefix(3))")
    }
    guard offsets[1] <= dataBytes else {
      throw .outOfBounds(
        file: file, tensor: name, got: offsets[0]..<offsets[1], dataBytes: dataBytes)
    }
    var elements: Int? = 1
    for size in shape {
      elements = elements.flatMap {
        let (product, overflow) = $0.multipliedReportingOverflow(by: size)
        return overflow ? nil : product
      }
    }
    let expected = elements.flatMap { type.bytes(for: $0) }
    guard expected == offsets[1] - offsets[0] else {
      throw .wrongSize(
        file: file, tensor: name, type: type, shape: shape, expectedBytes: expected,
        gotBytes: offsets[1] - offsets[0])
    }
    return SafetensorsFile.Entry(
      name: name, type: type, shape: shape,
      byteRange: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  /// Sorts the tensors by their data, and fails unless they cover it exactly.
  private mutating func checkCover() throws(SafetensorsError) {
    tensors.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
    }
    var end = dataStart
    var last = ""
    for tensor in tensors {
      let start = tensor.byteRange.lowerBound
      guard start >= end else {
        throw .overlap(
          file: file, tensor: tensor.name, other: last, got: start - dataStart,
          expected: end - dataStart)
      }
      guard start == end else {
        throw .gap(
          file: file, tensor: tensor.name, got: start - dataStart, expected: end - dataStart)
      }
      end = tensor.byteRange.upperBound
      last = tensor.name
    }
    guard end - dataStart == dataBytes else {
      throw .gap(file: file, tensor: nil, got: dataBytes, expected: end - dataStart)
    }
  }
}
