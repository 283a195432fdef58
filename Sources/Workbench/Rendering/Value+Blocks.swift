import Corpora
import Language

extension Value {
  /// How a value shows as a cell's output.
  var blocks: [OutputBlock] {
    switch self {
    case .list(let items):
      if Value.isTable(items) { return [.table(TableLayout(rows: items))] }
      return [.line(InlineText(interpolated))]
    case .record(let record):
      if record.names.isEmpty { return [.line(InlineText("{}"))] }
      var blocks: [OutputBlock] = []
      if let headline = record.headline { blocks.append(.line(InlineText(headline))) }
      // What the line above says already needs no row.
      let shown = record.fields.filter {
        record.headline == nil || $0.value.text != record.headline
      }
      // What a line introduces may have tables of its own.
      let tables =
        record.headline == nil
        ? []
        : shown.compactMap { field -> [Value]? in
          if case .list(let items) = field.value, Value.isTable(items) { items } else { nil }
        }
      let rows = shown.filter { field in
        guard record.headline != nil, case .list(let items) = field.value else { return true }
        return !Value.isTable(items)
      }.map { field in
        Value.record(
          Record([("name", .string(field.name)), ("value", field.value.cellValue)]))
      }
      blocks.append(.table(TableLayout(rows: rows)))
      blocks += tables.map { .table(TableLayout(rows: $0)) }
      return blocks
    case .string(let text): return [.text(text)]
    case .marked(let marked): return [.line(InlineText(marked))]
    case .plot(let spec): return [.plot(spec)]
    case .artifact(let handle):
      // A summary needs the object; where it can't be had, its kind still tells something.
      let line = (try? handle.summaryLine()) ?? handle.kind.article
      guard handle.kind == .report || handle.kind == .comparison,
        case .list(let rows)?? = try? handle.member("summary")
      else {
        return [.line(InlineText(line))]
      }
      return [.line(InlineText(line)), .table(TableLayout(rows: rows))]
    case .across(let across):
      if let blocks = try? across.comparisonBlocks { return blocks }
      let rows = zip(across.seeds, across.parts).map { seed, part in
        Value.record(Record([("seed", .number(seed)), ("value", part.cellValue)]))
      }
      return [.table(TableLayout(rows: rows))]
    default: return [.line(InlineText(interpolated))]
    }
  }

  /// One line about a value that is bound, not shown.
  var summary: String {
    switch self {
    case .list(let items) where Value.isTable(items):
      let columns = TableLayout(rows: items).headers.joined(separator: ", ")
      return "a table of \(counted(items.count, "row")): \(columns)"
    case .list(let items):
      return items.count > 12 ? "a list of \(counted(items.count, "item"))" : interpolated
    case .record(let record):
      return record.headline ?? "a record of \(record.names.joined(separator: ", "))"
    case .artifact(let handle): return (try? handle.summaryLine()) ?? handle.kind.article
    case .string(let text): return text.count > 80 ? "\(text.prefix(79))…" : text
    case .plot: return "a plot"
    default: return interpolated
    }
  }

  /// What stands for a value inside a table's cell.
  fileprivate var cellValue: Value {
    switch self {
    case .number, .measured, .string, .marked, .boolean, .none: self
    case .list(let items) where items.isEmpty: .none
    default: .string(summary)
    }
  }
}

extension AcrossSeeds {
  /// Comparisons of the same answerers show as one, with the spread over seeds in its intervals;
  /// nil for anything else.
  fileprivate var comparisonBlocks: [OutputBlock]? {
    get throws {
      let reports = try parts.compactMap { part -> ComparisonReport? in
        guard case .artifact(let handle) = part, handle.kind == .comparison else { return nil }
        return try handle.object(as: ComparisonReport.self)
      }
      guard reports.count == parts.count, let first = reports.first,
        case .list(let rows) = try Value.merging(reports.map { try $0.summary() }, seeds)
      else { return nil }
      return [
        .line(InlineText("\(first.summaryLine), \(counted(seeds.count, "seed"))")),
        .table(TableLayout(rows: rows)),
      ]
    }
  }
}

extension TableLayout {
  /// The layout of a list of records: columns in order of first appearance, absent fields empty.
  init(rows values: [Value]) {
    var names: [String] = []
    var positions: [String: Int] = [:]
    let records = values.map { value -> Record in
      guard case .record(let record) = value else { return Record() }
      for name in record.names where positions[name] == nil {
        positions[name] = names.count
        names.append(name)
      }
      return record
    }
    headers = names
    isNumeric = names.map { name in
      records.allSatisfy { record in
        switch record[name] {
        case .number?, .measured?, .none?, nil: true
        default: false
        }
      } && records.contains { $0[name]?.point != nil }
    }
    rows = records.map { record in
      var row = [InlineText](repeating: InlineText(""), count: names.count)
      for (name, value) in record.fields {
        guard let position = positions[name] else { continue }
        switch value {
        case .none: row[position] = InlineText("")
        case .marked(let marked): row[position] = InlineText(marked)
        case .number, .measured, .boolean, .string: row[position] = InlineText(value.interpolated)
        case .list(let items) where !Value.isTable(items) && items.count <= 12:
          row[position] = InlineText(items.map(\.interpolated).joined(separator: ", "))
        default: row[position] = InlineText(value.summary)
        }
      }
      return row
    }
  }
}
