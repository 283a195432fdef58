/// The names of files `ID-…` in `NOTEBOOK.assets/` that a body links to, in order, each once.
///
/// A name has letters, digits, `.`, `_` and `-` only, so that no link can lead out of the folder;
/// and only names that begin with the cell's id count, so that a forged region can't name what
/// somebody else put there.
func linkedAssets(in body: [UInt8], notebook: String, cell: String) -> [String] {
  var stem = notebook.utf8.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
  for suffix in [".md", ".markdown"] where stem.count > suffix.utf8.count {
    if stem.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) {
      stem.removeLast(suffix.utf8.count)
      break
    }
  }
  let folder = stem + Array(".assets/".utf8)
  let encoded = Array(String(decoding: stem, as: UTF8.self).percentEncoded.utf8)
  let spellings = encoded == stem ? [folder] : [folder, encoded + Array(".assets/".utf8)]
  let prefix = Array("\(cell)-".utf8)

  var names: [String] = []
  var index = 0
  while index < body.count {
    // A link's target follows one of these; `./` may stand between.
    guard [UInt8(ascii: "("), UInt8(ascii: "\""), UInt8(ascii: "<")].contains(body[index]) else {
      index += 1
      continue
    }
    index += 1
    var rest = body[index...]
    if rest.starts(with: "./".utf8) { rest = rest.dropFirst(2) }
    guard let spelling = spellings.first(where: { rest.starts(with: $0) }) else { continue }
    let name = rest.dropFirst(spelling.count).prefix {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    let isEnded =
      name.endIndex < body.count
      && [UInt8(ascii: ")"), UInt8(ascii: "\""), UInt8(ascii: ">"), Ascii.space]
        .contains(body[name.endIndex])
    guard isEnded, name.starts(with: prefix), name.count > prefix.count else { continue }
    let text = String(decoding: name, as: UTF8.self)
    if !names.contains(text) { names.append(text) }
  }
  return names
}

extension String {
  /// Everything but unreserved characters (RFC 3986, section 2.3) as `%XX`.
  fileprivate var percentEncoded: String {
    var result: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.append(byte)
      default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
