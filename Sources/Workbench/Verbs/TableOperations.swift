import Diagnostics

/// What the verbs over tables share.
enum TableOperations {
  /// A field of a row, with a suggestion where the row has none of that name.
  static func field(_ name: String, of row: Record, parameter: String) throws -> Value {
    guard let value = row[name] else {
      let close = closestName(to: name, among: row.names)
      throw VerbError(
        "the table has no column '\(name)'", parameter: parameter,
        help: close.map { "did you mean '\($0)'?" }
          ?? "it has \(row.names.joined(separator: ", "))")
    }
    return value
  }

  /// The rows of a record of lists of equal length.
  static func rows(fromColumns record: Record, parameter: String) throws -> [Record] {
    let columns = try record.fields.map { field -> [Value] in
      guard case .list(let items) = field.value else {
        throw VerbError(
          "column '\(field.name)' is \(field.value.typeName), expected a list",
          parameter: parameter)
      }
      return items
    }
    let lengths = columns.map(\.count)
    guard let length = lengths.first else { return [] }
    guard lengths.allSatisfy({ $0 == length }) else {
      throw VerbError(
        "columns differ in length: "
          + zip(record.names, lengths).map { "\($0) has \($1)" }.joined(separator: ", "),
        parameter: parameter)
    }
    return (0..<length).map { row in Record(Array(zip(record.names, columns.map { $0[row] }))) }
  }

  /// Rows by the value of a column, groups in the order in which they first appear.
  static func groups(
    _ rows: [Record], by column: String
  ) throws -> [(key: Value, rows: [Record])] {
    var groups: [(key: Value, rows: [Record])] = []
    var positions: [String: Int] = [:]
    for row in rows {
      let key = try field(column, of: row, parameter: "by")
      if let position = positions[key.quoted] {
        groups[position].rows.append(row)
      } else {
        positions[key.quoted] = groups.count
        groups.append((key, [row]))
      }
    }
    return groups
  }

  /// Positions in ascending order of their keys: numbers before strings, equal ones as they stand.
  static func order(_ keys: [Value], parameter: String) throws -> [Int] {
    for key in keys where key.point == nil && key.text == nil {
      throw VerbError(
        "only numbers and strings can be sorted, got \(key.typeName)", parameter: parameter)
    }
    return keys.indices.sorted { a, b in
      switch (keys[a].point, keys[b].point) {
      case (let x?, let y?):
        // NaN sorts last, so that the order is total.
        if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
        return x != y ? x < y : a < b
      case (_?, nil): return true
      case (nil, _?): return false
      case (nil, nil):
        let x = keys[a].text ?? ""
        let y = keys[b].text ?? ""
        return x != y ? x < y : a < b
      }
    }
  }

  /// The order turned round, but equal keys still as they stand.
  static func reversedStable(_ order: [Int], _ keys: [Value]) -> [Int] {
    var result: [Int] = []
    var end = order.count
    while end > 0 {
      var start = end - 1
      while start > 0, keys[order[start - 1]].isEqual(to: keys[order[end - 1]]) { start -= 1 }
      result += order[start..<end]
      end = start
    }
    return result
  }

  /// The inner join; columns that both have, besides the one joined on, must agree in name only:
  /// the second's gain `_2`. Linear in the rows of both and of the result.
  static func join(_ first: [Record], _ second: [Record], by column: String) throws -> Value {
    var matches: [String: [Record]] = [:]
    for row in second {
      matches[try field(column, of: row, parameter: "by").quoted, default: []].append(row)
    }
    var rows: [Value] = []
    for row in first {
      for match in matches[try field(column, of: row, parameter: "by").quoted] ?? [] {
        var joined = row
        for (name, value) in match.fields where name != column {
          joined[row[name] == nil ? name : name + "_2"] = value
        }
        guard rows.count < Evaluator.elementLimit else {
          throw VerbError("the join has more than \(Evaluator.elementLimit) rows")
        }
        rows.append(.record(joined))
      }
    }
    return .list(rows)
  }

  /// The pieces of a text between the occurrences of a separator, which is not empty.
  static func split(_ text: String, at separator: String) -> [String] {
    let bytes = Array(text.utf8)
    let mark = Array(separator.utf8)
    var pieces: [String] = []
    var start = 0
    var index = 0
    while index + mark.count <= bytes.count {
      if bytes[index..<index + mark.count].elementsEqual(mark) {
        pieces.append(String(decoding: bytes[start..<index], as: UTF8.self))
        index += mark.count
        start = index
      } else {
        index += 1
      }
    }
    return pieces + [String(decoding: bytes[start...], as: UTF8.self)]
  }
}
