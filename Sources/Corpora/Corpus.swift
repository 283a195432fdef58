import Bytes

/// Documents with unique ids, in the order of their file.
///
/// All strings lie in one run of bytes and are made when asked for, so that loading a stored
/// corpus costs a check of its offsets and of its UTF-8, not an allocation a document. A position
/// out of range yields an empty document.
public struct Corpus: Sendable, Hashable {
  let storage: SharedBytes
  let layout: Layout

  /// What the corpus is called, such as the name of its folder.
  public var name: String { string(layout.nameStart..<layout.blobStart) }

  /// The number of documents.
  public var count: Int { layout.count }

  /// Whether there are no documents.
  public var isEmpty: Bool { count == 0 }

  /// The documents, in file order; each is made when it is read.
  public var documents: Documents { Documents(corpus: self) }

  /// The document at a position in file order.
  public subscript(index: Int) -> Document {
    Document(
      id: id(at: index), title: title(at: index), text: text(at: index),
      fields: fields(at: index))
  }

  /// The id of the document at a position in file order.
  public func id(at index: Int) -> String { string(field(0, of: index)) }

  /// The title of the document at a position in file order.
  public func title(at index: Int) -> String { string(field(1, of: index)) }

  /// The text of the document at a position in file order.
  public func text(at index: Int) -> String { string(field(2, of: index)) }

  /// The fields of the document at a position in file order.
  public func fields(at index: Int) -> DocumentFields {
    let range = field(3, of: index)
    return range.isEmpty ? .none : DocumentFields(json: Array(slice(range)))
  }

  /// The position of the document with an id, or nil. Binary search: O(log documents).
  public func index(ofID id: String) -> Int? { rank(ofID: id).map(index(rankedByID:)) }

  /// The place of an id among all ids in ascending order, or nil. O(log documents).
  package func rank(ofID id: String) -> Int? {
    var id = id
    return id.withUTF8 { wanted in
      let wanted = UnsafeRawBufferPointer(wanted)
      var low = 0
      var high = count
      while low < high {
        let middle = (low + high) / 2
        let order = compare(idBytes(at: index(rankedByID: middle)), wanted)
        if order == 0 { return middle }
        if order < 0 { low = middle + 1 } else { high = middle }
      }
      return nil
    }
  }

  /// The document with an id, or nil. O(log documents).
  public func document(id: String) -> Document? { index(ofID: id).map { self[$0] } }

  /// The position in file order of the document whose id is the `rank`-th in ascending order.
  package func index(rankedByID rank: Int) -> Int {
    Int(storage.bytes.load(fromByteOffset: layout.orderStart + rank * 4, as: UInt32.self))
  }

  package func idBytes(at index: Int) -> UnsafeRawBufferPointer { slice(field(0, of: index)) }

  package func titleBytes(at index: Int) -> UnsafeRawBufferPointer { slice(field(1, of: index)) }

  /// The text as UTF-8, valid while the corpus lives.
  package func textBytes(at index: Int) -> UnsafeRawBufferPointer { slice(field(2, of: index)) }

  /// The bytes of field 0 (id), 1 (title), 2 (text) or 3 (other fields).
  func fieldBytes(_ number: Int, of index: Int) -> UnsafeRawBufferPointer {
    slice(field(number, of: index))
  }

  /// Bytes of all ids, titles, texts and fields together.
  public var textByteCount: Int { storage.count - layout.blobStart }

  /// The bytes of field 0 (id), 1 (title), 2 (text) or 3 (other fields), as offsets into the storage.
  private func field(_ field: Int, of index: Int) -> Range<Int> {
    // Raw buffers are not checked in release builds; the offsets were when the corpus was made.
    guard index >= 0, index < count else { return layout.blobStart..<layout.blobStart }
    let at = Layout.headerSize + (index * Layout.fieldCount + field) * 8
    let start = storage.bytes.load(fromByteOffset: at, as: UInt64.self)
    let end = storage.bytes.load(fromByteOffset: at + 8, as: UInt64.self)
    return layout.blobStart + Int(start)..<layout.blobStart + Int(end)
  }

  private func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: storage.bytes[range])
  }

  private func string(_ range: Range<Int>) -> String {
    String(decoding: slice(range), as: UTF8.self)
  }
}

extension Corpus {
  /// The documents of a corpus as a collection.
  public struct Documents: RandomAccessCollection, Sendable {
    let corpus: Corpus

    /// The first position.
    public var startIndex: Int { 0 }
    /// One past the last position.
    public var endIndex: Int { corpus.count }
    /// Makes the document at a position.
    public subscript(position: Int) -> Document { corpus[position] }
  }
}

/// Two documents share an id.
public struct DuplicateDocumentID: Error, Hashable, Sendable, CustomStringConvertible {
  /// The shared id.
  public let id: String
  /// Positions of the two documents, the earlier one first.
  public let first: Int, second: Int

  package init(id: String, first: Int, second: Int) {
    self.id = id
    self.first = first
    self.second = second
  }

  /// The message, counting documents from 1.
  public var description: String {
    "document \(second + 1) has the id \"\(id)\" of document \(first + 1)"
  }
}

extension Corpus {
  /// Makes a corpus of documents in memory.
  ///
  /// - Throws: ``DuplicateDocumentID`` where two documents share an id.
  public init(name: String, documents: some Sequence<Document>) throws(DuplicateDocumentID) {
    var builder = CorpusBuilder()
    for document in documents { builder.append(document) }
    self = try builder.finish(name: name)
  }
}
