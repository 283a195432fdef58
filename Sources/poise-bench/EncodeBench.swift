import Bytes
import Corpora
import Execution
import FoundationEssentials
import Glibc
import Tensors
import TextEncoders

extension BenchCommand {
  /// Vectors of the documents of a corpus; the peer is sentence-transformers.
  ///
  /// Texts are a title and a text with a space between, as the peer's script has them. Reading the
  /// model and laying out its weights are not measured, cutting texts into tokens is. `gflops`
  /// counts the products with weights; `share_of_peak` is of what sgemm reaches on as many threads.
  static let encode = BenchCommand(
    name: "encode",
    arguments: "CORPUS.jsonl [--model FOLDER] [--count N] [--threads N] [--out FILE.npy]",
    summary: "vectors of texts by a BERT-type encoder"
  ) { arguments in
    let folder = try arguments.text("--model") ?? "minilm"
    let count = try arguments.integer("--count", default: 1000, in: 1...10_000_000)
    let threads = try arguments.integer("--threads", default: 2, in: 1...64)
    // The peer's script has it; nothing is padded here.
    _ = try arguments.integer("--batch", default: 32, in: 1...4096)
    let output = try arguments.text("--out")
    let path = try arguments.only("a file of documents")
    let context = WorkContext(threads: threads)
    let place =
      folder.contains("/")
      ? folder
      : try EncoderFolder.named(folder) { name in getenv(name).map { String(cString: $0) } }
    let encoder = BertEncoder(
      try EncoderFolder.load(place, context: context), name: "encoder")
    let texts = try texts(in: path, count: count)
    _ = try encoder.encode(Array(texts.prefix(32)), as: .document, context: context)
    let clock = ContinuousClock()
    let start = clock.now
    let encoded = try encoder.encode(texts, as: .document, context: context)
    let elapsed = seconds(clock.now - start)
    let rate = Double(encoded.tokenCount) / elapsed
    let operations = rate * encoder.operationsPerToken / 1e9
    let peak = ProductPeak.operationsPerSecond(threads: threads).map { $0 / 1e9 }
    let share = peak.map { "\(rounded(operations / $0, 3))" } ?? "null"
    print(
      """
      {"peer":"poise","texts":\(texts.count),"tokens":\(encoded.tokenCount),\
      "texts_per_s":\(rounded(Double(texts.count) / elapsed, 1)),\
      "tokens_per_s":\(Int(rate.rounded())),"threads":\(threads),\
      "truncated":\(encoded.truncatedCount),"gflops":\(rounded(operations, 1)),\
      "share_of_peak":\(share)}
      """)
    if let output { try write(encoded, to: output) }
  }

  private static func texts(in path: String, count: Int) throws -> [String] {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    var texts: [String] = []
    for line in bytes.split(separator: 0x0A) where texts.count < count {
      let json = try Array(line).withUnsafeBytes { try JSONValue(parsing: $0) }
      let text = (json["title"]?.string ?? "") + " " + (json["text"]?.string ?? "")
      texts.append(text)
    }
    return texts
  }

  /// The vectors as NumPy's `.npy` of float32.
  private static func write(_ encoded: EncodedTexts, to path: String) throws {
    var header = Array(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(encoded.count), \(encoded.dimension)), }"
        .utf8)
    header += [UInt8](repeating: 0x20, count: 63 - (10 + header.count) % 64) + [0x0A]
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(header.count & 0xFF), UInt8(header.count >> 8)] + header
    bytes += Array(encoded.vectors.bytes)
    try Data(bytes).write(to: URL(filePath: path))
  }
}
