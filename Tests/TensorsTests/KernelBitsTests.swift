import CKernels
import Testing

/// The choice of instructions is the process's own, so these tests take turns. Other suites may
/// run meanwhile: that their results stay the same is what is tested here.
@Suite("The same bits from all instruction sets", .serialized)
struct KernelBitsTests {
  private static let others = ["avx512", "avx2"]

  @Test("kernels", arguments: KernelCase.all)
  func sameBits(_ kernel: KernelCase) throws {
    let chosen = String(cString: ck_backend())
    defer { _ = ck_use_backend(chosen) }
    for filling in Filling.allCases {
      #expect(ck_use_backend("portable"))
      let expected = try kernel.bits(filling)
      for name in Self.others where ck_use_backend(name) {
        #expect(String(cString: ck_backend()) == name)
        #expect(try kernel.bits(filling) == expected, "\(name), \(filling.rawValue) numbers")
      }
    }
  }

  @Test("an unknown instruction set is refused and changes nothing")
  func unknown() {
    let chosen = String(cString: ck_backend())
    #expect(!ck_use_backend("sse9"))
    #expect(String(cString: ck_backend()) == chosen)
  }
}
