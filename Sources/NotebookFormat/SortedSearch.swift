extension RandomAccessCollection {
  /// The first index from which on the predicate is false, in a collection where it is true up to
  /// some element and false from there on. Logarithmic.
  func partitionPoint(where isBefore: (Element) -> Bool) -> Index {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = index(low, offsetBy: distance(from: low, to: high) / 2)
      if isBefore(self[middle]) { low = index(after: middle) } else { high = middle }
    }
    return low
  }

  /// The last element before the predicate turns false, in such a collection.
  func lastBefore(turn isBefore: (Element) -> Bool) -> Element? {
    let point = partitionPoint(where: isBefore)
    return point == startIndex ? nil : self[index(before: point)]
  }

  /// The first element after the predicate turned false, in such a collection.
  func firstAfter(turn isBefore: (Element) -> Bool) -> Element? {
    let point = partitionPoint(where: isBefore)
    return point == endIndex ? nil : self[point]
  }
}
