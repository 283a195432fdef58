/// The candidate that differs from `name` in the fewest letters, where that is at most a third of
/// them and at most four: what somebody may have meant. The first of several.
///
/// O(name × candidates) bytes; nothing is suggested for names over 256 bytes, so that a hostile
/// file costs no time.
package func closestName(to name: String, among candidates: some Sequence<String>) -> String? {
  let wanted = Array(name.lowercased().utf8)
  guard (1...256).contains(wanted.count) else { return nil }
  var limit = min(4, max(1, wanted.count / 3))
  var best: String?
  for candidate in candidates.prefix(20_000) where candidate != name {
    let letters = Array(candidate.lowercased().utf8.prefix(257))
    guard abs(letters.count - wanted.count) <= limit else { continue }
    let distance = differences(wanted, letters, atMost: limit)
    guard distance < limit || (distance == limit && best == nil) else { continue }
    best = candidate
    limit = distance
  }
  return best
}

/// Insertions, deletions, replacements and exchanges of neighbours between two names; anything above
/// `limit` where they are more than that.
private func differences(_ a: [UInt8], _ b: [UInt8], atMost limit: Int) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...b.count)
  for (row, letter) in a.enumerated() {
    var current = previous
    current[0] = row + 1
    for (column, other) in b.enumerated() {
      var least = min(
        previous[column] + (letter == other ? 0 : 1), previous[column + 1] + 1,
        current[column] + 1)
      if row > 0, column > 0, letter == b[column - 1], a[row - 1] == other {
        least = min(least, beforePrevious[column - 1] + 1)
      }
      current[column + 1] = least
    }
    if min(current.min() ?? 0, previous.min() ?? 0) > limit { return limit + 1 }
    beforePrevious = previous
    previous = current
  }
  return previous.last ?? 0
}
