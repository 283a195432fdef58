package import Plotting

/// What draws plots: for the document, and for the terminal.
package protocol PlotRenderer: Sendable {
  func svg(_ spec: PlotSpec) throws -> [UInt8]
  func text(_ spec: PlotSpec, columns: Int, rows: Int) throws -> String
}

extension GnuplotRenderer: PlotRenderer {}
