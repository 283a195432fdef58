import Glibc
import Plotting
import TestFolders
import Testing
import Workbench

@Suite struct GnuplotTests {
  private static let hasGnuplot =
    access("/usr/bin/gnuplot", X_OK) == 0 || access("/usr/local/bin/gnuplot", X_OK) == 0

  @Test(.enabled(if: hasGnuplot, "gnuplot is not installed"))
  func aPlotIsAnSVGFileThatTheRegionNames() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      notebook("{#p}\nplot([{x: 1, y: 2}, {x: 2, y: 3}], x: \"x\", y: \"y\", title: \"`id`\")"),
      to: "nb.md")
    let session = try NotebookSession(path: folder("nb.md"))
    #expect(session.run(.stale).status == .success)
    let name = try #require(folder.names(in: "nb.assets").first)
    #expect(name.hasPrefix("p-") && name.hasSuffix(".svg"))
    #expect(try folder.text("nb.assets/" + name).contains("<svg"))
    let text = try folder.text("nb.md")
    #expect(text.contains("](nb.assets/\(name))"))
    let again = try NotebookSession(path: folder("nb.md"))
    #expect(again.run(.all).status == .success)
    #expect(folder.names(in: "nb.assets") == [name], "the same plot has the same name")
    #expect(try folder.text("nb.md") == text)
  }
}
