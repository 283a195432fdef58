import Language
import Testing

@Suite struct ScalarsTests {
  @Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (3, "3"), (-7, "-7"), (0.1 + 0.2, "0.3"), (2.0 / 3, "0.6667"),
    (1234.567, "1234.6"), (0.000123, "0.000123"), (1e-7, "1e-7"), (1.5e20, "1.5e20"),
    (123456.789, "123456.8"), (12.3456, "12.35"), (0.99999, "1"), (9.99996, "10"),
    (99999.96, "100000"), (-2.5, "-2.5"), (1e15, "1000000000000000"), (1e16, "1e16"),
    (123456789012345678, "1.235e17"), (0.00012345, "0.0001235"), (0.0000123456, "1.235e-5"),
    (0.00009999999, "0.0001"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.798e308"),
    (.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf"),
    (999_999_999_999_999.9, "999999999999999.9"),
    (0.5, "0.5"), (100.04, "100"), (1_000_000.25, "1000000.3"), (-1e-9, "-1e-9"),
  ])
  func numbersPrintWithoutNoise(value: Double, text: String) {
    #expect(formatNumber(value) == text)
  }

  @Test func arithmetic() throws {
    #expect(try Scalars.apply(.remainder, -1, 7) == 6)
    #expect(try Scalars.apply(.remainder, 1, -7) == -6)
    #expect(try Scalars.apply(.remainder, 6, 3) == 0)
    #expect(try Scalars.apply(.divide, 1, 4) == 0.25)
    #expect(throws: Scalars.Problem.divisionByZero) { try Scalars.apply(.divide, 1, 0) }
    #expect(throws: Scalars.Problem.remainderByZero) { try Scalars.apply(.remainder, 1, 0) }
  }

  @Test func positionsCountFromBothEnds() {
    #expect(Scalars.position(-1, count: 3) == 2)
    #expect(Scalars.position(0, count: 3) == 0)
    for outside in [3, -4, 0.5, .nan, .infinity, 1e300] {
      #expect(Scalars.position(outside, count: 3) == nil)
    }
  }

  @Test func domains() {
    #expect(ParameterDomain.interval(0, 1).contains(.number(0.5)))
    #expect(!ParameterDomain.interval(0, 1).contains(.number(1.5)))
    #expect(!ParameterDomain.interval(0, 1).contains(.string("0.5")))
    #expect(ParameterDomain.values([.string("a"), .none]).contains(.none))
    #expect(ParameterDomain.values([.string("a"), .number(2)]).text == "[\"a\", 2]")
  }
}

@Suite struct ConstantTests {
  @Test(arguments: [
    ("10", Constant.number(10)), ("-0.5", .number(-0.5)), ("true", .boolean(true)),
    ("none", .none), ("\"10\"", .string("10")), ("data/x y.md", .string("data/x y.md")),
    ("[1, \"a\"]", .list([.number(1), .string("a")])), ("a - b", .string("a - b")),
    ("", .string("")),
    ("\"{x}\"", .string("\"{x}\"")), ("1...3", .string("1...3")), ("# a", .string("# a")),
  ])
  func argumentsAreRead(text: String, value: Constant) {
    #expect(Constant(argument: text) == value)
  }
}
