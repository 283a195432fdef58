package import Bytes

extension TrainingSummary {
  /// The summary as JSON, for the metadata of a stored model.
  package var json: JSONValue {
    .object([
      .init("steps", .number(steps)), .init("kept_step", .number(keptStep)),
      .init("stopped_early", .boolean(stoppedEarly)), .init("tokens", .number(tokens)),
      .init("labelled_tokens", .number(labelledTokens)), .init("operations", .number(operations)),
      .init("trained_parameters", .number(trainedParameters)),
      .init(
        "curve",
        .list(
          curve.points.map { point in
            .list([
              .number(point.step), .number(point.tokens), .number(point.loss),
              point.validationLoss.map { .number($0) } ?? .null, .number(point.learningRate),
            ])
          })),
    ])
  }

  /// Reads ``json`` back; nil for anything else.
  package init?(json: JSONValue) {
    guard let steps = json["steps"]?.integer, let keptStep = json["kept_step"]?.integer,
      let stoppedEarly = json["stopped_early"]?.boolean, let tokens = json["tokens"]?.integer,
      let labelled = json["labelled_tokens"]?.integer,
      let operations = json["operations"]?.double,
      let trained = json["trained_parameters"]?.integer, let rows = json["curve"]?.list
    else { return nil }
    var points: [TrainingCurve.Point] = []
    for row in rows {
      guard let row = row.list, row.count == 5, let step = row[0].integer,
        let tokens = row[1].integer, let loss = row[2].double, let rate = row[4].double
      else { return nil }
      points.append(
        TrainingCurve.Point(
          step: step, tokens: tokens, loss: loss, validationLoss: row[3].double,
          learningRate: rate))
    }
    self.init(
      curve: TrainingCurve(points), steps: steps, keptStep: keptStep, stoppedEarly: stoppedEarly,
      tokens: tokens, labelledTokens: labelled, operations: operations,
      trainedParameters: trained)
  }
}
