import Bytes

/// The tensors of a folder: those of `model.safetensors`, or of the shards that
/// `model.safetensors.index.json` lists, each in exactly the shard that it says.
public struct ShardedCheckpoint: Sendable {
  /// The single file of a checkpoint that is not sharded.
  public static let singleName = "model.safetensors"
  /// The index of a sharded one.
  public static let indexName = "model.safetensors.index.json"
  private static let indexLimit = 100_000_000

  /// The folder as it was named.
  public let folder: String
  /// The shards in the order of their names, or the single file.
  public let files: [SafetensorsFile]
  private let shards: [String: Int]

  /// Maps the files of a folder and checks their headers against the index. O(tensors).
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - mayRead: Which files may be read; nil for those in the folder alone.
  /// - Throws: ``SafetensorsError`` for the first thing that is wrong.
  public init(folder: String, mayRead: ReadPermission? = nil) throws(SafetensorsError) {
    try self.init(CheckpointFolder(folder, mayRead: mayRead))
  }

  package init(_ folder: CheckpointFolder) throws(SafetensorsError) {
    self.folder = folder.path
    let listed = try Self.listed(in: folder)
    guard let index = listed.index else {
      let path = try folder.locate(Self.singleName)
      let name = folder.shown(Self.singleName)
      let file = try SafetensorsFile(bytes: MappedFile.open(path, shown: name), name: name)
      files = [file]
      shards = [:]
      return
    }
    var files: [SafetensorsFile] = []
    var shards: [String: Int] = [:]
    for (number, shard) in listed.shards.enumerated() {
      let path = try folder.locate(shard, namedBy: index)
      let name = folder.shown(shard)
      let file = try SafetensorsFile(bytes: MappedFile.open(path, shown: name), name: name)
      for tensor in file.tensors {
        guard let expected = listed.places[tensor.name] else {
          throw .unlistedTensor(file: index, shard: shard, tensor: tensor.name)
        }
        guard expected == shard else {
          throw .wrongShard(file: index, tensor: tensor.name, got: shard, expected: expected)
        }
        shards[tensor.name] = number
      }
      files.append(file)
    }
    if let lost = listed.places.keys.filter({ shards[$0] == nil }).min() {
      throw .wrongShard(
        file: index, tensor: lost, got: nil, expected: listed.places[lost] ?? "")
    }
    self.files = files
    self.shards = shards
  }

  /// All tensors, file by file in the order of their data.
  public var tensors: [SafetensorsFile.Entry] { files.flatMap(\.tensors) }

  /// The tensor of that name and the file that holds it, or nil.
  public func find(_ name: String) -> (file: SafetensorsFile, entry: SafetensorsFile.Entry)? {
    let file = files.count == 1 ? files[0] : shards[name].map { files[$0] }
    return file.flatMap { file in file.entry(named: name).map { (file, $0) } }
  }

  /// The paths of the files that hold a folder's tensors, and of their index, as the folder's
  /// path and a name. Reads the index alone.
  public static func inputs(folder: String, mayRead: ReadPermission? = nil)
    throws(SafetensorsError) -> [String]
  {
    let folder = try CheckpointFolder(folder, mayRead: mayRead)
    let listed = try listed(in: folder)
    return (listed.index == nil ? [singleName] : [indexName] + listed.shards).map(folder.shown)
  }

  private struct Listed {
    /// The index's name in messages, where there is one.
    var index: String?
    var shards: [String] = []
    var places: [String: String] = [:]
  }

  private static func listed(in folder: CheckpointFolder) throws(SafetensorsError) -> Listed {
    if folder.has(singleName) { return Listed() }
    guard folder.has(indexName) else {
      throw .noCheckpoint(folder: folder.path, expected: [singleName, indexName])
    }
    let index = folder.shown(indexName)
    let bytes = try MappedFile.read(
      folder.locate(indexName), shown: index, limit: indexLimit)
    let places = try weightMap(bytes, file: index)
    let shards = Set(places.values).sorted { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }
    for shard in shards { _ = try folder.locate(shard, namedBy: index) }
    return Listed(index: index, shards: shards, places: places)
  }

  /// `weight_map` of an index: the shard of every tensor. No name occurs twice, at no level.
  private static func weightMap(_ bytes: [UInt8], file: String) throws(SafetensorsError)
    -> [String: String]
  {
    let json = try JSONValue(strict: bytes, file: file)
    guard let map = json["weight_map"] else {
      throw .wrongValue(
        file: file, member: "weight_map", expected: "an object from tensors to shards",
        got: json.members == nil ? json.kind : "nothing")
    }
    guard let members = map.members, !members.isEmpty else {
      throw .wrongValue(
        file: file, member: "weight_map", expected: "an object from tensors to shards",
        got: map.members == nil ? map.kind : "an empty one")
    }
    var places: [String: String] = [:]
    for member in members {
      guard let shard = member.value.string else {
        throw .wrongValue(
          file: file, member: "weight_map.\(member.name)", expected: "the name of a shard",
          got: member.value.kind)
      }
      places[member.name] = shard
    }
    return places
  }
}

extension JSONValue {
  /// Parses a whole document in which no object has a name twice.
  package init(strict bytes: [UInt8], file: String) throws(SafetensorsError) {
    do {
      self = try bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
    } catch let error as JSONSyntaxError {
      throw .syntax(file: file, offset: error.offset, expected: error.expected, got: error.got)
    } catch {
      throw .unreadable(file: file, reason: "\(error)")
    }
    if let name = repeatedName { throw .repeatedName(file: file, name: name) }
  }

  /// The first name that an object in here has twice.
  private var repeatedName: String? {
    switch self {
    case .object(let members):
      var seen: Set<String> = []
      for member in members {
        guard seen.insert(member.name).inserted else { return member.name }
        if let name = member.value.repeatedName { return name }
      }
      return nil
    case .list(let items): return items.lazy.compactMap(\.repeatedName).first
    default: return nil
    }
  }
}
