import Bytes
import Execution
import Safetensors
import Testing

/// Damaged files give an error or a sound file: one whose tensors are within it, cover it and can
/// be read.
@Suite struct SafetensorsMutationTests {
  private func isSound(_ bytes: [UInt8]) -> Bool {
    do {
      let file = try open(bytes)
      var covered = 0
      for tensor in file.tensors {
        covered += tensor.byteRange.count
        #expect(tensor.byteRange.lowerBound >= 8 && tensor.byteRange.upperBound <= bytes.count)
        if tensor.type.isReadAsFloat {
          #expect(try file.floats(of: tensor.name).count == tensor.count)
        }
        #expect(
          try file.bytes(of: tensor.name).copied() == Array(bytes[tensor.byteRange]))
      }
      #expect(Set(file.tensors.map(\.name)).count == file.tensors.count)
      #expect(covered <= bytes.count - 8)
      return true
    } catch is SafetensorsError {
      return false
    } catch {
      Issue.record("another error: \(error)")
      return false
    }
  }

  @Test func everyPrefixIsRefused() {
    #expect(isSound(sample))
    for length in 0..<sample.count { #expect(!isSound(Array(sample[..<length]))) }
    #expect(!isSound(sample + [0]))
  }

  @Test func changedBytes() {
    var random = RandomStream(seed: 1, purpose: "bytes")
    var sound = 0
    for _ in 0..<20_000 {
      var bytes = sample
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: .min ... .max, using: &random)
      }
      if isSound(bytes) { sound += 1 }
    }
    #expect((100..<10_000).contains(sound))
  }

  /// Changes that keep the header's length true, so that what is behind it is reached.
  @Test func changedHeaders() {
    var random = RandomStream(seed: 2, purpose: "headers")
    let length = Int(sample.withUnsafeBytes { $0.load(as: UInt64.self) })
    let header = Array(sample[8..<8 + length])
    let data = Array(sample[(8 + length)...])
    let pieces = [
      "0", "1", "9", "-1", "1e9", "4611686018427387904", "9223372036854775807",
      "18446744073709551616", "[", "]", "{", "}", ",", ":", "\"", "null", "[]", "\"F64\"",
      "\"F4\"", "\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},", "\\u0000",
      "\\ud800", "shape", "dtype", "\u{FEFF}", " ",
    ].map { Array($0.utf8) }
    var sound = 0
    for _ in 0..<40_000 {
      var changed = header
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let start = Int.random(in: 0..<changed.count, using: &random)
        let end = min(changed.count, start + Int.random(in: 0...3, using: &random))
        let piece = pieces[Int.random(in: 0..<pieces.count, using: &random)]
        changed.replaceSubrange(start..<end, with: piece)
      }
      if isSound(littleEndian([UInt64(changed.count)]) + changed + data) { sound += 1 }
    }
    #expect(sound > 100)
  }

  @Test func deepNestingIsNoStackOverflow() {
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(!isSound(image("{\"x\":" + deep)))
    #expect(!isSound(image(#"{"x":{"shape":"# + deep)))
    #expect(!isSound(image("{\"x\":" + deep.replacing("[", with: "{\"a\":"))))
  }

  @Test func manyTensorsAreReadInTime() throws {
    let members = (0..<50_000).map {
      #""t\#($0)":{"dtype":"U8","shape":[1],"data_offsets":[\#($0),\#($0 + 1)]}"#
    }
    let file = try open(
      image("{\(members.joined(separator: ","))}", [UInt8](repeating: 1, count: 50_000)))
    #expect(file.tensors.count == 50_000)
    #expect(throws: SafetensorsError.self) { try file.entry(of: "t50000") }
  }
}
