import Diagnostics

extension NotebookDocument {
  /// Refuses a body that could not be told apart from the text around its region.
  ///
  /// The body is read between two markers, as it would be in a notebook. That is enough to know:
  /// a marker is a block of its own that leaves no other open, so that what stands before a region
  /// has no bearing on how the region is read, nor the region on what comes after it. Output that
  /// merely looks like a marker or a heading is fine inside a fence longer than any in it.
  ///
  /// - Parameter body: Lines joined by LF; line feeds at either end are not part of a body.
  /// - Throws: ``NotebookError/unfitBody(_:)``. Linear in the length of the body.
  public static func validateBody(_ body: String) throws(NotebookError) {
    _ = try validatedBody(body)
  }

  /// The bytes of a body without line feeds at either end.
  static func validatedBody(_ text: String) throws(NotebookError) -> [UInt8] {
    let body = trimmedBody(text)
    var line = 1
    for byte in body {
      switch byte {
      case Ascii.lineFeed: line += 1
      case Ascii.carriageReturn: throw .unfitBody(.carriageReturn(line: line))
      case 0: throw .unfitBody(.nul(line: line))
      default: break
      }
    }
    let region = RegionText(id: "body", key: "000000000000", isMeasured: false, body: body)
    let file = SourceFile(name: "", bytes: region.bytes(.lineFeed))
    // The markers take a line each, and so do the empty lines that frame the body.
    let firstLine = 2
    let endLine = file.lineCount - 1
    var hasEnd = false
    for block in topLevelBlocks(of: file.bytes) where block.line > 0 {
      let line = block.line - firstLine + 1
      switch block.kind {
      case .heading: throw .unfitBody(.heading(line: line))
      case .fence:
        if FenceOpening(line: block.line, in: file)?.isCell(in: file) == true {
          throw .unfitBody(.cell(line: line))
        }
      case .html:
        guard Marker(line: file.bytes[file.textRange(ofLine: block.line)]) != nil else { continue }
        guard block.line == endLine else { throw .unfitBody(.marker(line: line)) }
        hasEnd = true
      }
    }
    guard hasEnd else { throw .unfitBody(.openBlock) }
    return body
  }

  private static func trimmedBody(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    let start = bytes.firstIndex { $0 != Ascii.lineFeed } ?? bytes.count
    let end = bytes.lastIndex { $0 != Ascii.lineFeed }.map { $0 + 1 } ?? start
    return Array(bytes[start..<end])
  }
}

/// A region about to be written.
struct RegionText {
  let id: String
  let key: String
  let isMeasured: Bool
  /// Lines joined by LF, without a line feed at either end.
  let body: [UInt8]
  let sum: String

  init(id: String, key: String, isMeasured: Bool, body: [UInt8]) {
    self.id = id
    self.key = String(key.prefix(keyPrefixLength))
    self.isMeasured = isMeasured
    self.body = body
    sum = bodyChecksum(body)
  }

  /// From the start of the first marker to the end of the last, without its line ending.
  func bytes(_ ending: LineEnding) -> [UInt8] {
    let newline = ending.bytes
    var result: [UInt8] = []
    result.reserveCapacity(body.count + 128)
    let out = Marker.out(id: id, key: key, isMeasured: isMeasured)
    let end = Marker.end(id: id, sum: sum)
    result += Array((out.line ?? "").utf8) + newline + newline
    if !body.isEmpty {
      for byte in body {
        if byte == Ascii.lineFeed { result += newline } else { result.append(byte) }
      }
      result += newline + newline
    }
    return result + Array((end.line ?? "").utf8)
  }

  /// Whether a region says the same, whatever its line endings are.
  func matches(_ region: OutputRegion) -> Bool {
    region.isIntact && region.id == id && region.sum == sum && region.isMeasured == isMeasured
      && region.keyPrefix == key && region.body.utf8.elementsEqual(body)
  }
}
