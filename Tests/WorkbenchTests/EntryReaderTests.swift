import Testing
import Workbench

@Suite struct EntryReaderTests {
  @Test(arguments: [
    "1 + 1", "x = [1, 2]", "f(a) = a", "# only a comment (", "x = \"a ( string\"",
    "s = \"{x} and (\"", "claim a > b : \"text\"", "x = \"never closed", "y = 5 # then +",
    "thereby", "x.by_name", "\"by\"", "report[\"ndcg@10\"]",
    "mean([1, 2)", "x = 1)", "f(1, {a: 2)",
  ])
  func completeLines(_ line: String) {
    var reader = EntryReader()
    #expect(reader.add(line) == .complete(line))
    #expect(!reader.isContinuing)
  }

  @Test(arguments: [
    "x = [1,", "f(", "{a: 1,", "1 +", "a and", "x =", "claim a > b by", "claim a > b :",
    "f(a) = a * b where", "if a then", "[i for i in", "1 + # more to come", "a ==", "not",
    "s = f(\"(\",",
  ])
  func openLines(_ line: String) {
    var reader = EntryReader()
    #expect(reader.add(line) == .more)
    #expect(reader.isContinuing)
    #expect(reader.pending == line)
    // An empty line ends it as it is, so that nobody is caught in it.
    #expect(reader.add("  ") == .complete(line))
    #expect(reader.add("") == .empty)
  }

  @Test func linesAreJoined() {
    var reader = EntryReader()
    #expect(reader.add("x = [") == .more)
    #expect(reader.add("  1, # one") == .more)
    #expect(reader.add("]") == .complete("x = [\n  1, # one\n]"))
  }

  @Test func indentedLinesGoOn() {
    var reader = EntryReader()
    #expect(reader.add("f(a) = a * b") { "  where b = 2" } == .more)
    #expect(reader.add("  where b = 2") { "f(3)" } == .complete("f(a) = a * b\n  where b = 2"))
    #expect(reader.add("f(3)") { "   " } == .complete("f(3)"))
  }

  @Test func commandsAreOneLine() {
    var reader = EntryReader()
    #expect(reader.add(":set k (") { "  indented" } == .complete(":set k ("))
    #expect(reader.add("?bm25") == .complete("?bm25"))
  }

  @Test func droppingForgets() {
    var reader = EntryReader()
    #expect(reader.add("x = [") == .more)
    reader.drop()
    #expect(reader.add("1") == .complete("1"))
    #expect(reader.finish() == .empty)
  }
}

@Suite struct ReplCommandTests {
  @Test func commandsAreRead() throws {
    #expect(try ReplCommand(":run") == .run(.stale))
    #expect(try ReplCommand(":run stale") == .run(.stale))
    #expect(try ReplCommand(":run sweep") == .run(.cell("sweep")))
    #expect(try ReplCommand(":run from a") == .run(.from("a")))
    #expect(try ReplCommand(":run to a") == .run(.to("a")))
    #expect(try ReplCommand(":set k 10") == .set("k", "10"))
    #expect(try ReplCommand(":set k = 10") == .set("k", "10"))
    #expect(try ReplCommand(":set name \"two words\"") == .set("name", "\"two words\""))
    #expect(try ReplCommand(":set k") == .set("k", nil))
    #expect(try ReplCommand(":open \"a b.md\"") == .open("a b.md"))
    #expect(try ReplCommand("?bm25") == .doc("bm25"))
    #expect(try ReplCommand(":q") == .quit)
    #expect(try ReplCommand(":led") == .ledger)
  }

  @Test(arguments: [
    (":ledgr", "there is no command ':ledgr'; did you mean ':ledger'?"),
    (":s", "':s' may be :show, :set, :save"),
    (":show", "usage: :show ID"),
    (":run from a b", "usage: :run [ID | stale | from ID | to ID]"),
    (":cells x", "usage: :cells"),
    (":nonsense", "there is no command ':nonsense'; ':help' lists them"),
  ])
  func mistakesAreExplained(_ line: String, _ message: String) {
    let error = #expect(throws: SessionError.self) { try ReplCommand(line) }
    #expect(error?.description == message)
  }

  @Test func helpNamesAllCommands() {
    for name in [
      "open", "cells", "run", "show", "set", "plan", "explain", "add", "save",
      "artifacts", "ledger", "doc", "help", "quit",
    ] {
      #expect(ReplCommand.helpText.contains("  :\(name)"))
    }
  }
}
