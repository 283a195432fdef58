import Execution
import FoundationEssentials
import Tokenizers

extension BenchCommand {
  /// Encoding and decoding of a text on one thread, and training on it.
  ///
  /// With `--tokenizer` the file is read; else byte-level BPE of 4,096 tokens is trained on the
  /// text. Encoding is measured from the text in memory to the array of ids, first with empty
  /// caches (`first_mb_s`) and then the median of the runs; as the peer does it, the text is one
  /// string and special tokens are not added. `lines_mb_s` is the same by lines, one call each.
  static let tokenize = BenchCommand(
    name: "tokenize", arguments: "FILE [--tokenizer FOLDER] [--runs N]",
    summary: "encoding and decoding on one thread, and training of 4,096 tokens"
  ) { arguments in
    let runs = try arguments.integer("--runs", default: 5, in: 1...1000)
    let source = try arguments.text("--tokenizer")
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: try arguments.only("a text file"))))
    let clock = ContinuousClock()
    let megabytes = Double(bytes.count) / 1e6
    let text = String(decoding: bytes, as: UTF8.self)

    var made: Tokenizer?
    let making = try clock.measure {
      if let source {
        let path = source.hasSuffix(".json") ? source : source + "/tokenizer.json"
        made = try Tokenizer(
          tokenizerJSON: [UInt8](try Data(contentsOf: URL(filePath: path))), file: path)
      } else {
        made = try Tokenizer.trainByteLevelBPE(
          [text], vocabularySize: 4096, context: WorkContext())
      }
    }
    guard let tokenizer = made else { return }
    var ids: [Int32] = []
    var times: [Double] = []
    for _ in 0...runs {
      times.append(
        seconds(clock.measure { ids = tokenizer.encode(text, addingSpecialTokens: false) }))
    }
    let first = times.removeFirst()
    let median = times.sorted()[runs / 2]
    let lines = bytes.split(separator: 0x0A).map { Array($0) + [0x0A] }
    let lined = (0..<runs).map { _ in
      seconds(
        clock.measure {
          for line in lines { ids = tokenizer.encode(line, addingSpecialTokens: false) }
        })
    }.sorted()
    ids = tokenizer.encode(text, addingSpecialTokens: false)
    var isSame = false
    let decoding = try clock.measure {
      isSame = try tokenizer.decode(ids, skippingSpecialTokens: false).utf8.count == bytes.count
    }
    print(
      """
      {"peer":"poise","work":"tokenize","mb":\(rounded(megabytes, 3)),"tokens":\(ids.count),\
      "mb_s":\(rounded(megabytes / median, 1)),\
      "tokens_s":\(Int(Double(ids.count) / median)),\
      "lines_mb_s":\(rounded(megabytes / lined[runs / 2], 1)),\
      "first_mb_s":\(rounded(megabytes / first, 1)),\
      "decode_mb_s":\(rounded(megabytes / seconds(decoding), 1)),"round_trip":\(isSame),\
      "\(source == nil ? "train_s" : "load_s")":\(rounded(seconds(making), 3)),\
      "vocabulary":\(tokenizer.vocabularySize),"runs":\(runs)}
      """)
  }
}
