import Testing

/// What no file of the repository may hold.
@Suite struct HouseRuleTests {
  static let longest = 500

  @Test func noSourceFileIsLongerThanItShould() throws {
    for file in try Repository.sources() {
      let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count <= Self.longest + 1, "\(file) has \(lines.count - 1) lines")
    }
  }

  /// Traps and loopholes: bad input is a diagnostic, never the end of the program.
  @Test(arguments: [
    "try!", "as!", "fatalError(", "preconditionFailure(", "unsafeFlags", "-Ounchecked",
  ])
  func theCodeHasNo(_ word: String) throws {
    for file in try Repository.sources() + ["Package.swift"] {
      for (index, line) in code(of: try Repository.text(file)).enumerated() {
        #expect(!line.contains(word), "\(file):\(index + 1) has \(word)")
      }
    }
  }

  /// Unfinished work is an issue, not a comment.
  @Test(arguments: ["TO" + "DO", "FIX" + "ME", "XX" + "X"])
  func nothingIsPutOff(_ word: String) throws {
    for file in try Repository.sources() {
      let text = try Repository.text(file)
      // As a word: `XXXXXX` in a template for file names is none.
      let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
      #expect(!words.contains { $0 == word }, "\(file) has \(word)")
    }
  }

  /// Paths of somebody's machine, and hosts that nothing is fetched from.
  @Test func noFileNamesAMachineOrAPackageRegistry() throws {
    let folders = ["wo" + "rk", "ho" + "me", "Us" + "ers"].map { "/\($0)/" }
    let hosts = [
      "py" + "pi.org", "pythonhosted" + ".org", "npm" + "js", "crates" + ".io",
      "ruby" + "gems.org", "registry" + ".npm", "proxy.golang" + ".org",
    ]
    for file in try Repository.files() {
      for (index, line) in try Repository.text(file).split(
        separator: "\n", omittingEmptySubsequences: false
      ).enumerated() {
        for host in hosts { #expect(!line.contains(host), "\(file):\(index + 1) names \(host)") }
        for folder in folders {
          for range in line.ranges(of: folder) {
            // `../work/` and `a/home/` are relative.
            let before =
              range.lowerBound == line.startIndex
              ? " " : line[line.index(before: range.lowerBound)]
            let isRelative = before.isLetter || before.isNumber || "._-~$})".contains(before)
            #expect(isRelative, "\(file):\(index + 1) names a path of a machine")
          }
        }
      }
    }
  }

  @Test func theCodeOfAFileIsItsLinesWithoutCommentsAndTexts() {
    let text = """
      let a = "try! \\" as!" // as!
      /// try!
      let b = try! c
      """
    #expect(code(of: text) == ["let a = \"\" ", "", "let b = try! c"])
  }
}
