import CMarkGFM

/// A top-level Markdown block, of the kinds that matter to a notebook.
struct MarkdownBlock {
  enum Kind {
    case fence
    case html
    case heading
  }

  let kind: Kind
  /// The zero-based line on which the block starts.
  let line: Int
  /// The zero-based line on which the next top-level block of any kind starts; nil for the last.
  let nextLine: Int?
}

/// The fences, HTML blocks and headings at the top level of a text, in order.
///
/// cmark-gfm decides, as CommonMark has it. Only its start lines are used: its end lines are not
/// reliable where a container or the text ends. No extension is attached, since none of them can
/// start or continue a block on a line that holds a fence or a comment at the left margin.
/// Linear in the length of the text, which must be valid UTF-8.
func topLevelBlocks(of bytes: [UInt8]) -> [MarkdownBlock] {
  let parsed = bytes.withUnsafeBytes { buffer -> OpaquePointer? in
    guard let base = buffer.baseAddress, buffer.count > 0 else { return nil }
    return cmark_parse_document(
      base.assumingMemoryBound(to: CChar.self), buffer.count, CMARK_OPT_DEFAULT)
  }
  guard let document = parsed else { return [] }
  defer { cmark_node_free(document) }

  var blocks: [MarkdownBlock] = []
  var node = cmark_node_first_child(document)
  while let block = node {
    node = cmark_node_next(block)
    let kind: MarkdownBlock.Kind
    switch cmark_node_get_type(block) {
    case CMARK_NODE_CODE_BLOCK:
      var length: CInt = 0
      var offset: CInt = 0
      var character: CChar = 0
      guard cmark_node_get_fenced(block, &length, &offset, &character) != 0 else { continue }
      kind = .fence
    case CMARK_NODE_HTML_BLOCK: kind = .html
    case CMARK_NODE_HEADING: kind = .heading
    default: continue
    }
    blocks.append(
      MarkdownBlock(
        kind: kind, line: Int(cmark_node_get_start_line(block)) - 1,
        nextLine: node.map { Int(cmark_node_get_start_line($0)) - 1 }))
  }
  return blocks
}
