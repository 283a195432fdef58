import Bytes
import CKernels
import Execution
import Glibc

/// The positive pointwise mutual information of words within a window: V × V, symmetric, sparse.
///
/// log(p(a, b) / (p(a) p(b))) where that is above 0, with both marginals to the power of 0.875:
/// half of the 0.75 that smooths contexts for each side, so that the matrix stays symmetric.
struct CooccurrenceMatrix {
  /// V
  let size: Int
  /// Where each row begins, and the end.
  let starts: [Int]
  let columns: [Int32]
  let values: [Float]

  private static let smoothing = 0.875

  /// O(tokens · window). Nearer words count more: 1 / distance.
  init(_ words: CorpusWords, window: Int, context: WorkContext) throws {
    size = words.size
    let occurrences = Occurrences(words)
    let block = 256
    let blocks = (words.size + block - 1) / block
    let size = words.size
    let counted = try parallelMap(blocks, context: context) { number in
      let range = number * block..<min(size, (number + 1) * block)
      context.report(
        Progress(
          task: "counting words", completed: range.lowerBound, total: size, unit: "words"))
      return Self.rows(range, words, occurrences, window: window)
    }
    let rows = counted.flatMap(\.self)
    let totals = rows.map { $0.reduce(0.0) { $0 + Double($1.count) } }
    let smoothed = totals.map { $0 > 0 ? pow($0, Self.smoothing) : 0 }
    let mass = smoothed.reduce(0, +)
    let sum = totals.reduce(0, +)
    var starts = [0]
    var columns: [Int32] = []
    var values: [Float] = []
    for (word, row) in rows.enumerated() {
      for (other, count) in row {
        let expected = smoothed[word] * smoothed[Int(other)] / mass / mass * sum
        guard expected > 0 else { continue }
        let information = log(Double(count) / expected)
        if information > 0 {
          columns.append(other)
          values.append(Float(information))
        }
      }
      starts.append(columns.count)
    }
    self.starts = starts
    self.columns = columns
    self.values = values
  }

  /// Where each word occurs.
  private struct Occurrences: Sendable {
    let starts: [Int]
    let places: [Int32]
    /// The document of each place.
    let documents: [Int32]

    init(_ words: CorpusWords) {
      var counts = [Int](repeating: 0, count: words.size + 1)
      for token in words.tokens where token >= 0 { counts[Int(token) + 1] += 1 }
      for word in 0..<words.size { counts[word + 1] += counts[word] }
      starts = counts
      var next = counts
      var places = [Int32](repeating: 0, count: counts[words.size])
      for (place, token) in words.tokens.enumerated() where token >= 0 {
        places[next[Int(token)]] = Int32(truncatingIfNeeded: place)
        next[Int(token)] += 1
      }
      self.places = places
      var documents = [Int32](repeating: 0, count: words.tokens.count)
      for document in 0..<words.starts.count - 1 {
        for place in words.starts[document]..<words.starts[document + 1] {
          documents[place] = Int32(truncatingIfNeeded: document)
        }
      }
      self.documents = documents
    }
  }

  /// The counts of some rows, columns ascending.
  private static func rows(
    _ range: Range<Int>, _ words: CorpusWords, _ occurrences: Occurrences, window: Int
  ) -> [[(column: Int32, count: Float)]] {
    var counts = [Float](repeating: 0, count: words.size)
    return range.map { word in
      var touched: [Int32] = []
      for index in occurrences.starts[word]..<occurrences.starts[word + 1] {
        let place = Int(occurrences.places[index])
        let document = Int(occurrences.documents[place])
        let low = max(words.starts[document], place - window)
        let high = min(words.starts[document + 1], place + window + 1)
        for other in low..<high where other != place {
          let token = words.tokens[other]
          guard token >= 0 else { continue }
          if counts[Int(token)] == 0 { touched.append(token) }
          counts[Int(token)] += 1 / Float(abs(other - place))
        }
      }
      touched.sort()
      let row = touched.map { (column: $0, count: counts[Int($0)]) }
      for token in touched { counts[Int(token)] = 0 }
      return row
    }
  }

  /// This matrix times a dense one [V, width], rows on several threads.
  func times(_ x: FloatBuffer, width: Int, context: WorkContext) throws -> FloatBuffer {
    let result = FloatBuffer(count: size * width)
    let block = 128
    _ = try parallelMap((size + block - 1) / block, context: context) { number in
      for row in number * block..<min(size, (number + 1) * block) {
        for index in starts[row]..<starts[row + 1] {
          ck_axpy(
            Int64(width), values[index], x.base + Int(columns[index]) * width,
            result.base + row * width)
        }
      }
    }
    return result
  }
}

/// The natural logarithm, for files that need nothing else of the C library.
func logarithm(_ x: Double) -> Double { log(x) }
