/// The candidate closest to a misspelt name, or nil where none is close enough to suggest.
///
/// Distance is the optimal string alignment distance (Damerau-Levenshtein with adjacent
/// transpositions) between Unicode scalars, case ignored; at most a third of the name's length, and
/// at least one edit. Of several at the same distance it is the first in order.
///
/// O(candidates x length squared), up to a bound: nothing is suggested for names over 256 bytes, and
/// no more candidates are looked at after some hundred million comparisons, so that a hostile file
/// costs no time.
///
/// - Parameters:
///   - name: What was written.
///   - candidates: What may have been meant.
///   - most: The largest distance, for names that are long and alike.
/// - Returns: One of the candidates, as it is written there.
public func closestName(
  to name: String, among candidates: some Sequence<String>, atMost most: Int = .max
) -> String? {
  let wanted = Array(name.lowercased().unicodeScalars)
  guard !wanted.isEmpty, name.utf8.count <= 256 else { return nil }
  var limit = min(most, max(1, wanted.count / 3))
  var best: String?
  var comparisons = 1 << 28
  for candidate in candidates where candidate != name {
    guard comparisons > 0 else { break }
    // A scalar has up to four bytes, and case folding may change how many there are.
    comparisons -= candidate.utf8.count
    guard candidate.utf8.count <= 8 * (wanted.count + limit) else { continue }
    let letters = Array(candidate.lowercased().unicodeScalars)
    guard abs(letters.count - wanted.count) <= limit else { continue }
    comparisons -= letters.count * wanted.count
    let distance = editDistance(wanted, letters, atMost: limit)
    guard distance <= limit, best.map({ distance < limit || candidate < $0 }) ?? true else {
      continue
    }
    best = candidate
    limit = distance
  }
  return best
}

/// The distance, or anything above `limit` where it is more than that.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], atMost limit: Int) -> Int {
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
    // A transposition reaches back two rows.
    if min(current.min() ?? 0, previous.min() ?? 0) > limit { return limit + 1 }
    beforePrevious = previous
    previous = current
  }
  return previous[b.count]
}
