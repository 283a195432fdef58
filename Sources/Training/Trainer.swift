public import Bytes
public import Execution
import Tensors

/// The training loop: batches, steps, measurements, early stopping, checkpoints.
public struct Trainer<Target: TrainedNumbers>: Sendable {
  /// What is trained.
  public let objective: Target
  /// How long and how fast.
  public let plan: TrainingPlan
  /// Seconds from one checkpoint to the next at least.
  public var checkpointSeconds = 1.0
  /// The share of the time that goes into checkpoints at most; large states are kept less often.
  public var checkpointShare = 0.02

  private let makeOptimizer:
    @Sendable (Target, TrainingPlan, TrainingState, Cancellation) throws -> Optimizer<Target>

  /// A trainer of one objective by one plan.
  public init(_ objective: Target, plan: TrainingPlan) where Target: Objective {
    self.objective = objective
    self.plan = plan
    makeOptimizer = { objective, plan, state, cancellation in
      try Optimizer(
        objective, state: state, options: plan.optimizer, clip: plan.clip,
        groupRows: plan.groupRows, cancellation: cancellation)
    }
  }

  /// A trainer of one objective whose loss spans a batch, by one plan.
  public init(_ objective: Target, plan: TrainingPlan) where Target: CoupledObjective {
    self.objective = objective
    self.plan = plan
    makeOptimizer = { objective, plan, state, cancellation in
      try Optimizer(
        objective, state: state, options: plan.optimizer, clip: plan.clip,
        groupRows: plan.groupRows, cancellation: cancellation)
    }
  }

  /// Trains from `initial`, or goes on from the newest checkpoint.
  ///
  /// The result depends on the objective, the plan, the source and the initial numbers only: not
  /// on threads, and not on interruptions. On cancellation the state is kept before it throws.
  ///
  /// - Parameters:
  ///   - source: The batches.
  ///   - checkpoints: Where to keep states; where an earlier run of the same work left them.
  ///   - context: Threads, progress, and when to stop.
  ///   - initial: Fills the numbers to start from.
  /// - Returns: The trained numbers, float32, and what was done.
  /// - Throws: ``TrainingError`` where the loss breaks down; cancellation; failures of storage.
  public func run(
    _ source: some BatchSource, checkpoints: any CheckpointStore = NoCheckpoints(),
    context: WorkContext, initial: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) throws -> (parameters: SharedBytes, summary: TrainingSummary) {
    guard plan.patience == nil || !source.validation.isEmpty else {
      throw TrainingError.nothingHeldOut
    }
    guard frozenCount < objective.parameterCount else { throw TrainingError.nothingTrained }
    let state = TrainingState(count: objective.parameterCount)
    var progress = TrainingProgress()
    if let stored = try checkpoints.latest() {
      progress = try Checkpoint.restore(stored, into: state)
    } else {
      try initial(UnsafeMutableBufferPointer(start: state.parameters, count: state.count))
    }
    let optimizer = try makeOptimizer(objective, plan, state, context.cancellation)
    var meter = SpeedMeter(threads: context.threads)
    var saved = ContinuousClock.now
    var interval = Duration.seconds(checkpointSeconds)
    while state.step < plan.steps, !progress.isStopped {
      do {
        try step(source, optimizer, &progress, &meter, context)
      } catch let error as CancellationRequested {
        try checkpoints.save { try Checkpoint.write(progress, state, into: $0) }
        throw error
      }
      if ContinuousClock.now - saved > interval, state.step < plan.steps {
        let start = ContinuousClock.now
        try checkpoints.save { try Checkpoint.write(progress, state, into: $0) }
        saved = .now
        interval = max(.seconds(checkpointSeconds), (saved - start) / checkpointShare)
        meter.skip()
      }
    }
    let kept = progress.best?.parameters ?? state.buffer
    return (kept.shared(), summary(progress, steps: state.step))
  }

  /// One step and, where it is due, a measurement. Where it throws, nothing has changed but the
  /// measurement is still due.
  private func step(
    _ source: some BatchSource, _ optimizer: Optimizer<Target>,
    _ progress: inout TrainingProgress, _ meter: inout SpeedMeter, _ context: WorkContext
  ) throws {
    let state = optimizer.state
    if !progress.isMeasurementDue {
      let number = state.step + 1
      let batch = source.batch(at: number)
      let rate = plan.schedule.rate(at: number)
      let result = try optimizer.step(batch, learningRate: rate, context: context)
      guard result.loss.isFinite, result.norm.isFinite else {
        throw TrainingError.notFinite(
          step: number, before: progress.lastLoss, learningRate: plan.schedule.peak)
      }
      let lengths = batch.starts.indices.map { batch.end(of: $0) - batch.starts[$0] }
      let operations = objective.operations(lengths: lengths)
      progress.add(result.loss, batch, operations: operations)
      try progress.checkDivergence(at: number, learningRate: plan.schedule.peak)
      meter.add(tokens: batch.tokens.count, operations: operations)
      context.report(
        Progress(
          task: "training", completed: number, total: plan.steps, unit: "steps",
          detail: meter.detail(loss: progress.smoothedLoss)))
      progress.isMeasurementDue =
        number == 1 || number % plan.evaluateEvery == 0 || number == plan.steps
    }
    guard progress.isMeasurementDue else { return }
    let loss =
      source.validation.isEmpty
      ? nil : try optimizer.measure(source.validation, context: context)
    progress.addPoint(
      step: state.step, validationLoss: loss, learningRate: plan.schedule.rate(at: state.step))
    progress.isMeasurementDue = false
    if let patience = plan.patience, let loss {
      progress.considerStopping(loss, state: state, patience: patience)
    }
    meter.skip()
  }

  private var frozenCount: Int { objective.frozen.reduce(0) { $0 + $1.count } }

  private func summary(_ progress: TrainingProgress, steps: Int) -> TrainingSummary {
    return TrainingSummary(
      curve: TrainingCurve(progress.points), steps: steps,
      keptStep: progress.best?.step ?? steps, stoppedEarly: steps < plan.steps,
      tokens: progress.tokens, labelledTokens: progress.labelledTokens,
      operations: progress.operations, trainedParameters: objective.parameterCount - frozenCount)
  }
}
