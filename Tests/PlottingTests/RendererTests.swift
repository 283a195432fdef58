import FoundationEssentials
import Plotting
import Testing

private let renderer = GnuplotRenderer()

private func svg(_ spec: PlotSpec) throws -> String {
  String(decoding: try renderer.svg(spec), as: UTF8.self)
}

@Suite struct RendererTests {
  @Test(arguments: Gallery.all.map(\.name))
  func documentsAreSelfContainedAndRepeatable(name: String) throws {
    let spec = try #require(Gallery.all.first { $0.name == name }).spec
    let document = try svg(spec)
    #expect(try svg(spec) == document)
    #expect(document.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    #expect(document.hasSuffix("</svg>\n"))
    #expect(document.utf8.count < 64 << 10)
    #expect(document.contains("<rect width=\"720\""))
    for absent in ["gnuplot", "Gnuplot", "GNUPLOT", "patchlevel", "<!--", "<script", "gpPt3'"] {
      #expect(!document.contains(absent), "\(absent)")
    }
    // Every tag that opens closes: groups were dropped in pairs.
    let opened = document.split(separator: "<g").count - 1
    #expect(opened == document.split(separator: "</g>").count - 1)
    // What is referred to is still there, once.
    for symbol in ["gpDot", "gpPt5", "gpPt6", "gpPt4"]
    where document.contains("xlink:href='#\(symbol)'") {
      #expect(document.split(separator: "id='\(symbol)'").count == 2)
    }
  }

  @Test func documentsSayWhatTheyShow() throws {
    let document = try svg(Gallery.bars)
    #expect(document.contains("<title>Accuracy by arm</title>"))
    #expect(
      document.contains(
        "<desc>Bar chart of accuracy by arm: accuracy; 4 points, from 0.29 to 0.49.</desc>"))
    for text in ["never", "always", "router", "oracle", "accuracy", "arm"] {
      #expect(document.contains("<text>\(text)</text>"), "\(text)")
    }
    #expect(try svg(Gallery.line).contains("<text>MiniLM, tuned on the train split</text>"))
    #expect(try svg(Gallery.clustered).contains("<title>accuracy by question type</title>"))
  }

  @Test func intervalsAreDrawn() throws {
    // Ribbons under lines; whiskers on bars.
    #expect(try svg(Gallery.line).split(separator: "fill-opacity = '0.15").count - 1 == 3)
    var plain = Gallery.bars
    plain.series[0].points = plain.series[0].points.map { .init(x: $0.x, y: $0.y) }
    #expect(!(try svg(plain)).contains("rgb( 51,  51,  51)"))
    #expect(try svg(Gallery.bars).contains("rgb( 51,  51,  51)"))
    var partly = Gallery.line
    partly.series[0].points[2].low = nil
    partly.series[0].points[2].high = nil
    #expect(try svg(partly).split(separator: "fill-opacity = '0.15").count - 1 == 2)
  }

  @Test func barsStartAtZero() throws {
    let document = try svg(Gallery.bars)
    #expect(document.contains("<text>0</text>"))
    let negative = try svg(Gallery.negative)
    #expect(negative.contains("<text>0</text>") && negative.contains("<text>-0.1</text>"))
  }

  @Test func linesAreDrawnInTheOrderOfX() throws {
    var shuffled = Gallery.line
    for index in shuffled.series.indices { shuffled.series[index].points.reverse() }
    #expect(try svg(shuffled) == svg(Gallery.line))
  }

  @Test func extremeNumbersAreDrawn() throws {
    for (low, high) in [(-1e200, 1e200), (1e-300, 2e-300), (5e-324, 1e-320), (7.0, 7.0), (0, 0)] {
      for kind in PlotSpec.Kind.allCases {
        let spec = PlotSpec(
          kind: kind, xLabel: "x", yLabel: "y",
          series: [
            .init(
              name: "s",
              points: [.init(x: .number(1), y: low), .init(x: .number(2), y: high)])
          ])
        #expect(try svg(spec).hasSuffix("</svg>\n"), "\(kind) \(low) \(high)")
        #expect(try !renderer.text(spec, columns: 60, rows: 15).isEmpty)
      }
    }
    var logarithmic = Gallery.logarithmic
    logarithmic.series[0].points[0].x = .number(1e-190)
    logarithmic.series[0].points[1].y = 1e199
    #expect(try svg(logarithmic).hasSuffix("</svg>\n"))
  }

  @Test func manyCategoriesAreThinnedOut() throws {
    let spec = PlotSpec(
      kind: .bar, xLabel: "", yLabel: "",
      series: [
        .init(
          name: "s",
          points: (0..<300).map { .init(x: .category("c\($0)"), y: Double($0)) })
      ])
    let document = try svg(spec)
    #expect(document.contains("<text>c0</text>") && document.contains("<text>c5</text>"))
    #expect(!document.contains("<text>c1</text>"))
  }
}

@Suite struct TextPlotTests {
  @Test func linesFitTheTerminal() throws {
    for (name, spec) in Gallery.all {
      for columns in [40, 80, 132] {
        let text = try renderer.text(spec, columns: columns, rows: 20)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= columns }, "\(name) at \(columns)")
        #expect(lines.allSatisfy { $0.last != " " }, "\(name) at \(columns)")
        #expect(!text.contains("\u{0C}") && !text.contains("\u{1B}"))
      }
    }
    // Sizes out of bounds are brought within.
    let tiny = try renderer.text(Gallery.line, columns: -5, rows: 0)
    #expect(tiny.split(separator: "\n").count <= 12)
  }

  @Test func barsAreDrawnToScale() throws {
    let text = try renderer.text(Gallery.bars, columns: 60, rows: 10)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.prefix(2) == ["Accuracy by arm", "accuracy by arm"])
    let lengths = lines.dropFirst(2).map { line in line.count { $0 == "█" } }
    #expect(
      lines.dropFirst(2).map { String($0.prefix(6)) } == ["never ", "always", "router", "oracle"])
    #expect(lengths[3] == lengths.max())
    #expect(abs(Double(lengths[0]) / Double(lengths[3]) - 0.29 / 0.49) < 0.05)
    #expect(lines[2].hasSuffix(" 0.29 [0.25, 0.33]"))
    // Without gnuplot too.
    let bare = GnuplotRenderer(program: "no-such-gnuplot")
    #expect(try bare.text(Gallery.bars, columns: 60, rows: 10) == text)
  }

  @Test func linesHaveAKeyAndAxes() throws {
    let text = try renderer.text(Gallery.line, columns: 80, rows: 20)
    for part in ["Recall by depth\nrecall\n", "BM25", "MiniLM", " 0.8 ", "50"] {
      #expect(text.contains(part), "\(part)")
    }
  }
}
