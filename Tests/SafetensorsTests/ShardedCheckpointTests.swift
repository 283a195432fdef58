import Bytes
import Glibc
import Safetensors
import TestFolders
import Testing

@Suite struct ShardedCheckpointTests {
  private func shard(_ names: String...) -> [UInt8] {
    let members = names.enumerated().map { index, name in
      #""\#(name)":{"dtype":"U8","shape":[1],"data_offsets":[\#(index),\#(index + 1)]}"#
    }
    return image("{\(members.joined(separator: ","))}", names.map { $0.utf8.first ?? 0 })
  }

  private func folder(_ index: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(shard("a", "b"), to: "m/1.safetensors")
    try folder.write(shard("c"), to: "m/2.safetensors")
    try folder.write(index, to: "m/model.safetensors.index.json")
    return folder
  }

  private func index(_ map: String) -> String { #"{"metadata":{},"weight_map":{\#(map)}}"# }

  private let sound = #""c":"2.safetensors","a":"1.safetensors","b":"1.safetensors""#

  @Test func shardsAreReadAsTheIndexSays() throws {
    let folder = try folder(index(sound))
    let found = try ShardedCheckpoint(folder: folder("m"))
    #expect(found.tensors.map(\.name) == ["a", "b", "c"])
    #expect(found.find("c")?.file.name == folder("m/2.safetensors"))
    #expect(try found.find("b")?.file.bytes(of: "b").copied() == [0x62])
    #expect(found.find("d") == nil)
    #expect(
      try ShardedCheckpoint.inputs(folder: folder("m"))
        == ["model.safetensors.index.json", "1.safetensors", "2.safetensors"].map {
          folder("m/" + $0)
        })
  }

  @Test func aSingleFileWins() throws {
    let folder = try folder("not JSON")
    try folder.write(shard("x"), to: "m/model.safetensors")
    #expect(try ShardedCheckpoint(folder: folder("m")).tensors.map(\.name) == ["x"])
    #expect(
      try ShardedCheckpoint.inputs(folder: folder("m")) == [folder("m/model.safetensors")])
  }

  @Test func aFolderWithoutACheckpoint() throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    #expect(
      throws: SafetensorsError.noCheckpoint(
        folder: path, expected: ["model.safetensors", "model.safetensors.index.json"])
    ) { try ShardedCheckpoint(folder: path) }
    #expect(
      throws: SafetensorsError.unreadable(
        file: folder("no"), reason: "No such file or directory")
    ) { try ShardedCheckpoint(folder: folder("no")) }
    try folder.write("", to: "file")
    #expect(throws: SafetensorsError.unreadable(file: folder("file"), reason: "not a folder")) {
      try ShardedCheckpoint(folder: folder("file"))
    }
  }

  @Test func noShardLeavesTheFolder() throws {
    for path in ["../x", "/etc/passwd", "s/../../x", ".", "..", "", "s//x", "./1.safetensors"] {
      let folder = try folder(index(#""a":"\#(path)""#))
      try folder.write(shard("a"), to: "x")
      try folder.write("", to: "m/s/x")
      let expected = SafetensorsError.forbidden(
        file: folder("m/model.safetensors.index.json"), path: path)
      #expect(throws: expected) { try ShardedCheckpoint(folder: folder("m")) }
      #expect(throws: expected) { try ShardedCheckpoint.inputs(folder: folder("m")) }
    }
    let nul = try folder(index(#""a":"1.safetensors\u0000x""#))
    #expect(throws: SafetensorsError.self) { try ShardedCheckpoint(folder: nul("m")) }
  }

  @Test func noLinkLeavesTheFolderUnlessItMay() throws {
    let folder = try folder(index(sound))
    try folder.write(shard("c"), to: "elsewhere/2")
    folder.remove("m/2.safetensors")
    try #require(symlink("../elsewhere/2", folder("m/2.safetensors")) == 0)
    #expect(
      throws: SafetensorsError.forbidden(
        file: folder("m/model.safetensors.index.json"), path: "2.safetensors")
    ) { try ShardedCheckpoint(folder: folder("m")) }
    let allowed = try ShardedCheckpoint(folder: folder("m")) { _ in true }
    #expect(allowed.tensors.count == 3)
    #expect(throws: SafetensorsError.self) {
      try ShardedCheckpoint(folder: folder("m")) { !$0.hasSuffix("/elsewhere/2") }
    }
    // A folder that a neighbour's name begins with is not inside it.
    folder.remove("m/2.safetensors")
    try folder.write(shard("c"), to: "mm/2")
    try #require(symlink("../mm/2", folder("m/2.safetensors")) == 0)
    #expect(throws: SafetensorsError.self) { try ShardedCheckpoint(folder: folder("m")) }
    // Within the folder a link is fine, and so is a link to the folder.
    folder.remove("m/2.safetensors")
    try folder.write(shard("c"), to: "m/deep/2")
    try #require(symlink("deep/2", folder("m/2.safetensors")) == 0)
    try #require(symlink("m", folder("link")) == 0)
    #expect(try ShardedCheckpoint(folder: folder("link")).tensors.count == 3)
  }

  @Test func theIndexAndTheShardsAgree() throws {
    func fails(
      _ index: String, _ error: (String) -> SafetensorsError,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let folder = try folder(index)
      #expect(
        throws: error(folder("m/model.safetensors.index.json")), sourceLocation: sourceLocation
      ) { try ShardedCheckpoint(folder: folder("m")) }
    }
    try fails(index(sound.replacing("2.s", with: "3.s"))) {
      .missingShard(file: $0, shard: "3.safetensors", reason: "No such file or directory")
    }
    try fails(index(sound.replacing(#""b":"1"#, with: #""b":"2"#))) {
      .wrongShard(file: $0, tensor: "b", got: "1.safetensors", expected: "2.safetensors")
    }
    try fails(index(sound + #","d":"2.safetensors""#)) {
      .wrongShard(file: $0, tensor: "d", got: nil, expected: "2.safetensors")
    }
    try fails(index(#""c":"2.safetensors","a":"1.safetensors""#)) {
      .unlistedTensor(file: $0, shard: "1.safetensors", tensor: "b")
    }
    try fails(index(sound + "," + sound)) { .repeatedName(file: $0, name: "c") }
    try fails(index(#""a":1"#)) {
      .wrongValue(
        file: $0, member: "weight_map.a", expected: "the name of a shard", got: "a number")
    }
    for (text, got) in [
      (#"{"weight_map":[]}"#, "a list"), (#"{"weight_map":{}}"#, "an empty one"), ("{}", "nothing"),
      ("[]", "a list"),
    ] {
      try fails(text) {
        .wrongValue(
          file: $0, member: "weight_map", expected: "an object from tensors to shards", got: got)
      }
    }
    try fails("{") {
      .syntax(file: $0, offset: 1, expected: "a member's name in quotes", got: "the end")
    }
  }
}
