import FoundationEssentials

/// The form of an action on disk, `actions/KEY.json`:
///
///     {"sum":"64 digits of SHA-256 over the action's bytes",
///     "action":{…}}
///
/// The sum finds damage that would still be valid JSON, such as a flipped bit in a cost. It is
/// compared before anything is parsed. It proves nothing about who wrote the file.
enum ActionFile {
  /// The most bytes that an action file may have.
  static let limit = 16 << 20

  /// Why a file is not an action.
  enum Malformed: Error, Hashable {
    case frame
    case sum
    case json(String)
    case format(found: Int)
    case key(found: Digest)
    case value(String)

    var description: String {
      switch self {
      case .frame: "it is cut off, or not an action at all"
      case .sum: "its bytes do not match its checksum"
      case .json(let reason): "it cannot be parsed: \(reason)"
      case .format(let found):
        "it has format version \(found), this program reads \(Action.currentFormat)"
      case .key(let found): "it is the action of another key, \(found.short)"
      case .value(let what): "it has an impossible \(what)"
      }
    }
  }

  private static let opening = Array(#"{"sum":""#.utf8)
  private static let middle = Array("\",\n\"action\":".utf8)
  private static let closing = Array("}\n".utf8)
  private static var bodyStart: Int { opening.count + 64 + middle.count }

  /// The bytes of an action's file.
  static func encode(_ action: Action) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return frame([UInt8](try encoder.encode(action)))
  }

  /// A body with its sum around it.
  static func frame(_ body: [UInt8]) -> [UInt8] {
    opening + Array(Digest(hashing: body).hex.utf8) + middle + body + closing
  }

  /// The action in a file that is named after `key`.
  static func decode(_ bytes: [UInt8], key: Digest) throws(Malformed) -> Action {
    guard bytes.count > bodyStart + closing.count, bytes.starts(with: opening),
      bytes[(opening.count + 64)...].starts(with: middle),
      bytes.suffix(closing.count).elementsEqual(closing),
      let sum = Digest(
        hex: String(decoding: bytes[opening.count..<opening.count + 64], as: UTF8.self))
    else { throw .frame }
    let body = Array(bytes[bodyStart..<bytes.count - closing.count])
    guard Digest(hashing: body) == sum else { throw .sum }
    let action: Action
    do {
      // The version comes first: a later format may lack what this one needs.
      let version = try JSONDecoder().decode(Version.self, from: Data(body)).formatVersion
      guard version == Action.currentFormat else { throw Malformed.format(found: version) }
      action = try JSONDecoder().decode(Action.self, from: Data(body))
    } catch let error as Malformed {
      throw error
    } catch {
      throw .json(reason(error))
    }
    guard action.key == key else { throw .key(found: action.key) }
    if let what = impossible(in: action) { throw .value(what) }
    return action
  }

  private struct Version: Codable {
    var formatVersion: Int
  }

  /// What in an action cannot be, nil where all is well. Holds for reading and for recording.
  static func impossible(in action: Action) -> String? {
    let numbers =
      [action.cost.seconds, action.cost.cpuSeconds] + Array(action.cost.counts.values)
    if numbers.contains(where: { !$0.isFinite }) { return "number in its cost" }
    if action.cost.seconds < 0 || action.cost.cpuSeconds < 0 { return "duration" }
    if action.outputBytes < 0 || action.cost.outputBytes < 0 || action.cost.peakMemoryBytes < 0 {
      return "size"
    }
    if !action.objects.contains(action.output) { return "list of objects: the output is missing" }
    if action.objects.count > 1_000_000 || action.inputs.count > 1_000_000 {
      return "number of objects"
    }
    return nil
  }

  private static func reason(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .dataCorrupted(let context), .keyNotFound(_, let context),
      .typeMismatch(_, let context), .valueNotFound(_, let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
    default: return "not JSON"
    }
  }
}
