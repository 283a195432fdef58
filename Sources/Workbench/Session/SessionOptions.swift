/// How a session opens and runs a notebook.
package struct SessionOptions: Sendable {
  /// The store named by the user, or nil for the workspace's own.
  package var store: String?
  /// Folders and files that may be read besides the workspace.
  package var allowedReads: [String] = []
  package var overrides = Overrides()
  /// Where outputs are written instead of into the notebook.
  package var outputFile: String?
  /// Whether outputs are written at all; a replay only compares them.
  package var writesOutputs = true
  /// Whether stored results are ignored, and compared with the new ones.
  package var ignoresStored = false
  /// Whether edited outputs may be written over.
  package var accepts = false
  /// Threads for data-parallel work; results never depend on it.
  package var threads = 1

  package init() {}
}

/// Told what a session does, as it does it. Calls come from the thread that runs the session,
/// progress from any.
package protocol SessionObserver: AnyObject, Sendable {
  /// A cell is about to run.
  func willRun(cell: String, index: Int, of count: Int)
  /// A cell has run; its outputs as text for the terminal.
  func didRun(cell: String, status: CellResult.Status, output: String, seconds: Double)
  /// A cell that is about to be told as run has failed while it ran, for these reasons.
  func didFail(cell: String, diagnostics: String)
  /// Long work tells how far it is.
  func didProgress(_ progress: WorkProgress)
  /// Something worth knowing that stops nothing.
  func note(_ message: String)
}

extension SessionObserver {
  /// Does nothing: the output says it, too.
  package func didFail(cell: String, diagnostics: String) {}
}

/// How far long work is, for people.
package struct WorkProgress: Sendable {
  package let task: String
  package let completed: Int
  package let total: Int?
  package let unit: String
  package let detail: String?

  package init(task: String, completed: Int, total: Int?, unit: String, detail: String? = nil) {
    self.task = task
    self.completed = completed
    self.total = total
    self.unit = unit
    self.detail = detail
  }
}
