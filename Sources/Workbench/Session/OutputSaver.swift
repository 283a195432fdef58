import Artifacts
import Diagnostics
import NotebookFormat

/// One cell's output, ready to be written.
struct RenderedOutput: Sendable {
  let id: String
  /// The key that the region will carry.
  let regionKey: String
  /// The cell's own key: an edited file takes the output only where it is still the same.
  let cellKey: String
  let isMeasured: Bool
  /// Whether a number in it depends on a seed.
  let isSeeded: Bool
  let body: String
  let assets: [MarkdownRenderer.Asset]
}

/// Writes outputs into the notebook's file, or into a copy, and notices when it was edited.
final class OutputSaver {
  /// Reads a notebook from bytes that were found on disk.
  typealias Reader = (_ bytes: [UInt8]) throws -> Notebook

  /// The file that is read and edited by the user.
  let source: String
  /// The file that is written: the same, or a copy named with `-o`.
  let target: String
  private let accepts: Bool
  private let reread: Reader
  private var outputs: [RenderedOutput] = []
  private var hasSwept = false
  private(set) var notebook: Notebook

  init(
    notebook: Notebook, source: String, target: String, accepts: Bool, reread: @escaping Reader
  ) {
    self.notebook = notebook
    self.source = source
    self.target = target
    self.accepts = accepts
    self.reread = reread
    writesCopy = !NotebookFile.isSame(source, target)
  }

  /// Whether the target is another file than the notebook, however either is spelled.
  private let writesCopy: Bool

  /// Takes an output and writes all outputs of the run that belong into the file as it is now.
  func save(_ output: RenderedOutput?) -> SaveOutcome {
    if let output {
      outputs.removeAll { $0.id == output.id }
      outputs.append(output)
    }
    // Another save may come in between reading and writing; each try starts from what is there.
    for _ in 0..<5 {
      do {
        return try attempt()
      } catch let failure as FileFailure where failure.reason == .changed {
        continue
      } catch {
        return .failed("\(error)")
      }
    }
    return .failed("'\(target)' keeps changing while it is written")
  }

  private func attempt() throws -> SaveOutcome {
    var stamp: FileStamp?
    if !writesCopy {
      let current = try NotebookFile.read(source)
      stamp = current.stamp
      if current.bytes != notebook.document.file.bytes { notebook = try reread(current.bytes) }
    }
    var edits: [RegionEdit] = []
    var lost: [String] = []
    let states = notebook.states()
    for output in outputs {
      guard let cell = notebook.cell(output.id), cell.key.hex == output.cellKey,
        states.cells[cell.index] != .broken
      else {
        lost.append(output.id)
        continue
      }
      if states.cells[cell.index] == .edited, !accepts {
        lost.append(output.id)
        continue
      }
      edits.append(
        .write(
          cell: cell.index, key: output.regionKey, isMeasured: output.isMeasured,
          body: output.body))
    }
    let bytes = try splice(edits, orphans: states.orphans)
    let before = assetsByRegion()
    for output in outputs where !lost.contains(output.id) { try writeAssets(output.assets) }
    let beforeBytes =
      writesCopy ? try? NotebookFile.read(target).bytes : notebook.document.file.bytes
    let isChanged = bytes != beforeBytes
    if isChanged {
      try DurableFile.write(bytes, to: target, replacing: stamp)
      removeLeftovers()
      notebook = try reread(bytes)
      removeAssets(in: before)
    }
    if !lost.isEmpty { return .changedUnderneath(lost) }
    return isChanged ? .written : .unchanged
  }

  /// The text with the outputs in place and without outputs of cells that are gone. Where taking
  /// those out would make the text around them read differently, they stay.
  private func splice(
    _ edits: [RegionEdit], orphans: [RegionStates.Orphan]
  ) throws -> [UInt8] {
    let removals = orphans.filter { $0.state == .orphanIntact }.map {
      RegionEdit.remove(region: $0.region)
    }
    // With a static error a cell may have lost its id for a while, and its output with it.
    if !removals.isEmpty, !notebook.hasErrors {
      let bytes = try? notebook.document.splicing(
        edits + removals, ids: notebook.ids, acceptEdited: accepts)
      if let bytes { return bytes }
    }
    return try notebook.document.splicing(edits, ids: notebook.ids, acceptEdited: accepts)
  }

  private var assetsFolder: String { NotebookFile.assetsFolder(of: target) }

  /// Earlier runs that were killed may have left halves of files, once per run is enough to look.
  private func removeLeftovers() {
    guard !hasSwept else { return }
    hasSwept = true
    DurableFile.removeLeftovers(in: NotebookFile.folder(of: target))
    DurableFile.removeLeftovers(in: assetsFolder)
  }

  private func writeAssets(_ assets: [MarkdownRenderer.Asset]) throws {
    guard !assets.isEmpty else { return }
    // A folder or file that is a link may have come with the notebook, and lead anywhere.
    guard !NotebookFile.isLink(assetsFolder) else {
      throw FileFailure(.createFolder, assetsFolder, reason: .symbolicLink)
    }
    try NotebookFile.makeFolder(assetsFolder)
    for asset in assets {
      let path = assetsFolder + "/" + asset.name
      if NotebookFile.isLink(path) { NotebookFile.remove(path) }
      // The name holds the content's digest, so a file of that name and size is the same.
      if (try? NotebookFile.read(path).bytes) == asset.bytes { continue }
      try DurableFile.write(asset.bytes, to: path)
    }
  }

  private func assetsByRegion() -> Set<String> {
    Set(notebook.document.regions.filter(\.isIntact).flatMap(\.assets))
  }

  /// Removes files that a replaced region named and no region names any more.
  private func removeAssets(in before: Set<String>) {
    let after = Set(notebook.document.regions.flatMap(\.assets))
    guard !writesCopy, !NotebookFile.isLink(assetsFolder) else { return }
    for name in before.subtracting(after) { NotebookFile.remove(assetsFolder + "/" + name) }
    NotebookFile.removeFolderIfEmpty(assetsFolder)
  }
}
