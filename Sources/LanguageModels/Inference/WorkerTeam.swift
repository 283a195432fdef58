import CKernels
import Glibc
import Synchronization

/// Threads that wait for the next part of a loop without sleeping for a short while.
///
/// A step of a small decoder is dozens of loops of a few microseconds each: waking a thread for
/// every one would cost more than the loop. Parts are claimed one by one, so a thread that is
/// late, or that the system has taken off its core, holds nobody up. Loops must give the same
/// result whoever runs which part.
///
/// One thread calls ``run(_:_:)``, and never from within a part.
final class WorkerTeam {
  private let shared: Shared
  private var threads: [pthread_t] = []
  private var epoch: UInt64 = 0

  /// A team of `count` threads, the caller's included.
  init(count: Int) {
    shared = Shared()
    for worker in 1..<max(count, 1) + 1 where worker < count {
      let start = Start(shared: shared, worker: worker)
      let opaque = Unmanaged.passRetained(start)
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { raw in
          guard let raw else { return nil }
          let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
          start.shared.work(as: start.worker)
          return nil
        }, opaque.toOpaque())
      // Fewer threads are slower and give the same results.
      if status == 0 { threads.append(thread) } else { opaque.release() }
    }
  }

  deinit {
    shared.stop()
    for thread in threads { pthread_join(thread, nil) }
  }

  /// Threads, the caller's included; workers are numbered below it.
  var count: Int { threads.count + 1 }

  /// Runs `body(part, worker)` for every part and returns when all have ended.
  func run(_ parts: Int, _ body: @escaping (Int, Int) -> Void) {
    guard parts > 1, !threads.isEmpty, parts < Ticket.limit else {
      for part in 0..<max(parts, 0) { body(part, 0) }
      return
    }
    epoch &+= 1
    shared.publish(Ticket(epoch: epoch, count: parts), body)
    shared.claimAll(as: 0)
    shared.waitUntilDone(parts)
  }
}

/// Which loop it is, of how many parts, and which one is next: in one word, so that nobody claims
/// a part of one loop by the count of another.
private struct Ticket {
  static let limit = 1 << 20
  var word: UInt64

  init(word: UInt64) { self.word = word }

  init(epoch: UInt64, count: Int) {
    word = epoch << 40 | UInt64(count) << 20
  }

  var count: Int { Int(word >> 20 & 0xF_FFFF) }
  var next: Int { Int(word & 0xF_FFFF) }
  var isExhausted: Bool { next >= count }
}

private final class Start: Sendable {
  let shared: Shared
  let worker: Int

  init(shared: Shared, worker: Int) {
    self.shared = shared
    self.worker = worker
  }
}

private final class Shared: @unchecked Sendable {
  // Sendable because `job` is written only while no part is claimed, and read only by who has
  // claimed one; the ticket's orderings carry it over.
  private let ticket = Atomic<UInt64>(0)
  private let done = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let isStopping = Atomic<Bool>(false)
  private var job: ((Int, Int) -> Void)?
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Looks at the ticket before a worker sleeps: about a tenth of a millisecond.
  private static let patience = 4000

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(condition)
    mutex.deallocate()
    condition.deallocate()
  }

  func publish(_ ticket: Ticket, _ body: @escaping (Int, Int) -> Void) {
    job = body
    done.store(0, ordering: .relaxed)
    self.ticket.store(ticket.word, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wake() }
  }

  func stop() {
    isStopping.store(true, ordering: .sequentiallyConsistent)
    wake()
  }

  private func wake() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Runs parts until none is left; whether it ran any.
  @discardableResult
  func claimAll(as worker: Int) -> Bool {
    var ran = false
    while true {
      let current = Ticket(word: ticket.load(ordering: .acquiring))
      if current.isExhausted { return ran }
      let (claimed, _) = ticket.compareExchange(
        expected: current.word, desired: current.word &+ 1, ordering: .acquiringAndReleasing)
      guard claimed else { continue }
      job?(current.next, worker)
      done.wrappingAdd(1, ordering: .releasing)
      ran = true
    }
  }

  func waitUntilDone(_ parts: Int) {
    var looks = 0
    while done.load(ordering: .acquiring) < parts {
      looks += 1
      if looks % 1024 == 0 { sched_yield() } else { ck_pause() }
    }
    job = nil
  }

  func work(as worker: Int) {
    var looks = 0
    while !isStopping.load(ordering: .relaxed) {
      if claimAll(as: worker) {
        looks = 0
      } else if looks < Self.patience {
        looks += 1
        ck_pause()
      } else {
        sleep()
        looks = 0
      }
    }
  }

  /// Sleeps until there is work. The count of sleepers is raised before the ticket is looked at
  /// again, and the ticket is written before the count is looked at: one of the two sees the other.
  private func sleep() {
    pthread_mutex_lock(mutex)
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while Ticket(word: ticket.load(ordering: .sequentiallyConsistent)).isExhausted,
      !isStopping.load(ordering: .sequentiallyConsistent)
    {
      pthread_cond_wait(condition, mutex)
    }
    sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }
}
