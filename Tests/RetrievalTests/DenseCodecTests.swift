import Bytes
import Execution
import Retrieval
import Testing

@Suite struct DenseCodecTests {
  static func matrix() throws -> VectorMatrix {
    try VectorMatrix(rows: RandomVectors(40, dimension: 9, queries: 0, seed: 1).rows)
  }

  static func tokens(_ precision: TokenMatrix.Precision) throws -> TokenMatrix {
    let rows = RandomVectors(60, dimension: 6, queries: 0, seed: 2).rows
    let documents = (0..<20).map { Array(rows[($0 * 3)..<($0 * 3 + $0 % 4)]) }
    return try TokenMatrix(documents: documents, dimension: 6, precision: precision, centroids: 5)
  }

  @Test func vectorsComeBackAsTheyWere() throws {
    let matrix = try Self.matrix()
    let again = try VectorMatrix(decoding: SharedBytes(matrix.encodedBytes.copied()))
    #expect(again.encodedBytes == matrix.encodedBytes)
    #expect((0..<40).allSatisfy { again[$0] == matrix[$0] })
    #expect(again.count == 40 && again.dimension == 9)
    let empty = try VectorMatrix(rows: [])
    #expect(try VectorMatrix(decoding: empty.encodedBytes).count == 0)
  }

  @Test(arguments: TokenMatrix.Precision.allCases)
  func tokensComeBackAsTheyWere(_ precision: TokenMatrix.Precision) throws {
    let tokens = try Self.tokens(precision)
    let again = try TokenMatrix(decoding: SharedBytes(tokens.encodedBytes.copied()))
    #expect(again.encodedBytes == tokens.encodedBytes)
    #expect((0..<20).allSatisfy { again.rows(ofRank: $0) == tokens.rows(ofRank: $0) })
    #expect(again.centroidCount == 5 && again.precision == precision)
    #expect(again.rows(ofRank: 20) == [] && again.rows(ofRank: -1) == [])
  }

  @Test func numbersThatAreNotFiniteAreRefused() throws {
    var bytes = try Self.matrix().encodedBytes.copied()
    let nan = Float.nan.bitPattern
    let at = 64 + (3 * 9 + 2) * 4
    for place in 0..<4 { bytes[at + place] = UInt8(truncatingIfNeeded: nan >> (8 * UInt32(place))) }
    #expect(throws: VectorError.notFinite(what: "vectors", row: 3)) {
      try VectorMatrix(decoding: SharedBytes(bytes))
    }
  }

  @Test func cutAndLengthenedFormsAreRefused() throws {
    let forms: [([UInt8], (SharedBytes) throws -> Void)] = [
      (try Self.matrix().encodedBytes.copied(), { _ = try VectorMatrix(decoding: $0) }),
      (try Self.tokens(.int8).encodedBytes.copied(), { _ = try TokenMatrix(decoding: $0) }),
      (try Self.tokens(.float32).encodedBytes.copied(), { _ = try TokenMatrix(decoding: $0) }),
    ]
    for (bytes, decode) in forms {
      for length in 0..<bytes.count {
        #expect(throws: BinaryCodingError.self) {
          try decode(SharedBytes(Array(bytes.prefix(length))))
        }
      }
      #expect(throws: BinaryCodingError.self) { try decode(SharedBytes(bytes + [0])) }
    }
  }

  /// Damaged bytes are refused, or can be searched: nothing outside of them is ever read.
  @Test func damagedFormsNeverTrap() throws {
    var stream = RandomStream(seed: 4, purpose: "tests/mutations")
    let matrix = try Self.matrix().encodedBytes.copied()
    let encoder = FakeEncoder(dimension: 6)
    let tokens = try TokenMatrix.Precision.allCases.map {
      try Self.tokens($0).encodedBytes.copied()
    }
    let corpus = try RandomTexts.numbered(20)
    var read = 0
    for round in 0..<4000 {
      var bytes = round % 2 == 0 ? matrix : tokens[round / 2 % 2]
      for _ in 0...stream.below(3) {
        // The header more often than the rest.
        let place = stream.below(stream.below(2) == 0 ? 150 : bytes.count)
        bytes[place] = stream.below(2) == 0 ? UInt8(stream.below(256)) : bytes[place] ^ 1
      }
      do {
        if round % 2 == 0 {
          let again = try VectorMatrix(decoding: SharedBytes(bytes))
          let query = [Float](repeating: 0.5, count: again.dimension)
          query.withUnsafeBufferPointer { query in
            if let base = query.baseAddress {
              _ = ExactSearcher(again).search(base, k: 5, allowed: nil)
            }
          }
        } else {
          let again = try TokenMatrix(decoding: SharedBytes(bytes))
          let index = try LateInteractionIndex(
            documents: IndexedDocuments(corpus), parts: [again], encoder: encoder,
            pruning: .centroids(rescored: 4))
          _ = try index.search("w1 w2", k: 2)
        }
        read += 1
      } catch is BinaryCodingError {
      } catch is VectorError {
      }
    }
    #expect(read > 100)
  }
}
