import Bytes

/// Gathers documents into the bytes of a ``Corpus``.
package struct CorpusBuilder {
  private var blob: [UInt8] = []
  /// Where each id, title, text and fields begin, and the end of the last.
  private var offsets: [UInt64] = [0]

  package init() {}

  package var count: Int { offsets.count / Corpus.Layout.fieldCount }

  package mutating func append(_ document: Document) {
    append(document.id)
    append(document.title)
    append(document.text)
    blob.append(contentsOf: document.fields.json)
    offsets.append(UInt64(blob.count))
  }

  /// Adds the document at a position of another corpus.
  package mutating func append(_ index: Int, of corpus: Corpus) {
    for field in 0..<Corpus.Layout.fieldCount {
      blob.append(contentsOf: corpus.fieldBytes(field, of: index))
      offsets.append(UInt64(blob.count))
    }
  }

  /// Adds one document given as UTF-8.
  mutating func append(
    id: [UInt8], title: [UInt8], text: [UInt8], fields: DocumentFields = .none
  ) {
    for part in [id, title, text, fields.json] {
      blob.append(contentsOf: part)
      offsets.append(UInt64(blob.count))
    }
  }

  private mutating func append(_ string: String) {
    blob.append(contentsOf: string.utf8)
    offsets.append(UInt64(blob.count))
  }

  /// Lays the corpus out; of several duplicates the one whose second document comes first is
  /// reported.
  package func finish(name: String) throws(DuplicateDocumentID) -> Corpus {
    let order = try sortedByID()
    let layout = Corpus.Layout(
      count: count, nameLength: name.utf8.count, blobLength: blob.count)
    let storage = SharedBytes(count: layout.total) { target in
      var header = BinaryWriter(magic: Corpus.magic, version: Corpus.version)
      header.put(UInt32(count))
      header.put(UInt64(name.utf8.count))
      header.put(UInt64(blob.count))
      target.copyBytes(from: header.bytes)
      place(offsets.withUnsafeBytes { Array($0) }, at: Corpus.Layout.headerSize, in: target)
      place(order.withUnsafeBytes { Array($0) }, at: layout.orderStart, in: target)
      for at in layout.orderStart + count * 4..<layout.nameStart { target[at] = 0 }
      place(Array(name.utf8), at: layout.nameStart, in: target)
      place(blob, at: layout.blobStart, in: target)
    }
    return Corpus(storage: storage, layout: layout)
  }

  private func place(_ bytes: [UInt8], at start: Int, in target: UnsafeMutableRawBufferPointer) {
    UnsafeMutableRawBufferPointer(rebasing: target[start..<start + bytes.count])
      .copyBytes(from: bytes)
  }

  /// Positions in ascending order of their ids, by bytes.
  private func sortedByID() throws(DuplicateDocumentID) -> [UInt32] {
    // The first eight bytes, big-endian, decide nearly always and need no second memory access.
    var keys: [(prefix: UInt64, index: UInt32)] = []
    keys.reserveCapacity(count)
    var duplicate: (first: Int, second: Int)?
    blob.withUnsafeBytes { blob in
      func id(_ index: UInt32) -> UnsafeRawBufferPointer {
        let at = Int(index) * Corpus.Layout.fieldCount
        return UnsafeRawBufferPointer(rebasing: blob[Int(offsets[at])..<Int(offsets[at + 1])])
      }
      for index in 0..<count {
        let bytes = id(UInt32(index))
        var prefix: UInt64 = 0
        for k in 0..<8 {
          prefix = prefix << 8 | (k < bytes.count ? UInt64(bytes[k]) : 0)
        }
        keys.append((prefix, UInt32(index)))
      }
      keys.sort { a, b in
        if a.prefix != b.prefix { return a.prefix < b.prefix }
        let order = compare(id(a.index), id(b.index))
        return order == 0 ? a.index < b.index : order < 0
      }
      for (a, b) in zip(keys, keys.dropFirst()) where a.prefix == b.prefix {
        guard compare(id(a.index), id(b.index)) == 0 else { continue }
        if duplicate.map({ Int(b.index) < $0.second }) ?? true {
          duplicate = (Int(a.index), Int(b.index))
        }
      }
    }
    if let duplicate {
      let at = duplicate.first * Corpus.Layout.fieldCount
      let id = blob[Int(offsets[at])..<Int(offsets[at + 1])]
      throw DuplicateDocumentID(
        id: String(decoding: id, as: UTF8.self), first: duplicate.first,
        second: duplicate.second)
    }
    return keys.map(\.index)
  }
}
