import Evaluation
import Language

extension VerbLibrary {
  static let prices = Verb.option(
    VerbSignature(
      "prices", topic: "weighing", .describe,
      summary: "What counts cost in money: a sheet of assumptions, each of which may be replaced.",
      example: "sheet = prices(hour: 0.5, peak_flops: 1e12)",
      parameters: [
        .init(
          "hour", .number, default: "2",
          "Money an hour of the machine that trains and answers. 2: about what one rented "
            + "data-centre accelerator of the A100 class costs, within a factor of two."),
        .init(
          "peak_flops", .number, default: "3.12e14",
          "The machine's peak in floating-point operations a second. 3.12e14: the data sheet of "
            + "an A100 for bfloat16."),
        .init(
          "training_use", .number, default: "0.4",
          "The share of the peak that training reaches. 0.4: large runs report 30 to 50 %."),
        .init(
          "answering_use", .number, default: "0.1",
          "The share of the peak that answering reaches. 0.1: every written token reads all "
            + "weights, which leaves most of the peak unused."),
        .init(
          "storage", .number, default: "0.1",
          "Money for a gigabyte of models and indexes for 30 days. 0.1: block storage."),
        .init(
          "lm_call", .number, default: "1e-6",
          "Money for handing a text to a model, besides its operations. 1e-6: a machine of 0.10 "
            + "an hour that handles thirty a second."),
        .init(
          "retriever_call", .number, default: "1e-6",
          "Money for a search, besides an encoder's operations. 1e-6: as a call of a model."),
        .init(
          "table_query", .number, default: "1e-6", "Money for a query to a table; as a search."),
        .init(
          "prompt_token", .number, default: "0",
          "Money for a token read. 0, since operations are paid for; for a model behind an "
            + "interface give its price here, and hour: 0."),
        .init("generated_token", .number, default: "0", "Money for a token written; likewise."),
        .init(
          "model_scale", .number, default: "1",
          "How many times larger the model in use is than the one measured: operations, or "
            + "measured seconds, and the bytes of what was trained are multiplied. 1: the measured "
            + "model."),
        .init(
          "basis", .string, default: "\"counts\"",
          choices: PriceSheet.Basis.allCases.map(\.rawValue),
          "What is paid for: counted operations, or the seconds that ledger(…) measured."),
      ],
      result: { _ in .option("prices") })
  ) { _ = try PriceArgument.sheet($0) }
}

/// The price sheet among a verb's arguments.
enum PriceArgument {
  static let parameter = VerbSignature.Parameter(
    "prices", StaticType.option("prices").optional, default: "none",
    "What counts cost, such as prices(hour: 1); prices() where left out.")

  static func sheet(of arguments: Arguments) throws -> PriceSheet {
    // Not a default of `prices()`: a notebook may have a name of its own for its sheet.
    if arguments.isNone("prices") { return PriceSheet() }
    return try sheet(Arguments(try arguments.option("prices", anyOf: ["prices"]).arguments))
  }

  static func sheet(_ arguments: Arguments) throws -> PriceSheet {
    var sheet = PriceSheet()
    sheet.hour = try arguments.number("hour")
    sheet.peakOperations = try arguments.number("peak_flops")
    sheet.trainingUtilisation = try arguments.number("training_use")
    sheet.answeringUtilisation = try arguments.number("answering_use")
    sheet.storage = try arguments.number("storage")
    sheet.modelCall = try arguments.number("lm_call")
    sheet.retrieverCall = try arguments.number("retriever_call")
    sheet.tableQuery = try arguments.number("table_query")
    sheet.promptToken = try arguments.number("prompt_token")
    sheet.generatedToken = try arguments.number("generated_token")
    sheet.modelScale = try arguments.number("model_scale")
    guard let basis = PriceSheet.Basis(rawValue: try arguments.string("basis")) else {
      throw VerbError(
        "the basis is \"counts\" or \"seconds\", got \(arguments["basis"].quoted)",
        parameter: "basis")
    }
    sheet.basis = basis
    do {
      try sheet.validate()
    } catch let failure as PriceSheet.Failure {
      let name =
        switch failure {
        case .price(let name, _), .rate(let name, _), .share(let name, _): name
        }
      throw VerbError("\(failure)", parameter: name)
    }
    return sheet
  }
}
