import Testing
import Workbench

@Suite struct MemoryBudgetTests {
  @Test func workThatDoesNotFitIsRefusedWithTheEstimate() throws {
    #expect(throws: Never.self) { try MemoryBudget.check(1 << 20, available: 1 << 30) }
    let error = #expect(throws: VerbError.self) {
      try MemoryBudget.check(3_000_000_000, available: 1_000_000_000)
    }
    #expect(
      error?.message
        == "this would need about 3.0 GB of memory, and 1.0 GB are available")
  }

  @Test func theMachineSaysWhatItHas() throws {
    let available = try #require(MemoryBudget.availableBytes())
    #expect(available > 1 << 20)
    #expect(throws: VerbError.self) { try MemoryBudget.check(.max) }
  }
}
