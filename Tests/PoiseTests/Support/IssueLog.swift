import Artifacts
import Synchronization

/// Collects what a store reports.
final class IssueLog: Sendable {
  private let collected = Mutex<[StoreIssue]>([])

  var issues: [StoreIssue] { collected.withLock { $0 } }

  func add(_ issue: StoreIssue) { collected.withLock { $0.append(issue) } }
}
