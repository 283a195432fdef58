import CKernels
import Execution

extension GraphBuilder {
  /// Nodes that are put into the graph at a time. All of them search the graph as it was before,
  /// and meet each other by comparing all with all; so what comes out does not depend on threads.
  static let roundSize = 1024

  /// Puts nodes into the graph; `new` is ascending, the other nodes are there already.
  func insert(_ new: [UInt32], context: WorkContext) throws {
    guard let firstNew = new.first else { return }
    var entry = firstOld(besides: new)
    var begun = 0
    while begun < new.count {
      let members = Array(new[begun..<min(new.count, begun + Self.roundSize)])
      context.report(
        Progress(task: "linking", completed: begun, total: new.count, unit: "vectors"))
      try link(members, entry: entry, context: context)
      entry = min(entry ?? Int(firstNew), Int(firstNew))
      begun += members.count
    }
  }

  /// The first node that is not in an ascending list.
  private func firstOld(besides new: [UInt32]) -> Int? {
    for (at, node) in new.enumerated() where Int(node) != at { return at }
    return new.count < layout.count ? new.count : nil
  }

  /// The highest level of a node.
  func level(of node: Int) -> Int {
    var level = 0
    while level + 1 < layout.levelCounts.count, node < layout.levelCounts[level + 1] { level += 1 }
    return level
  }

  private func link(_ members: [UInt32], entry: Int?, context: WorkContext) throws {
    let chunk = 16
    _ = try parallelMap((members.count + chunk - 1) / chunk, context: context) { index in
      self.searches.with { search in
        self.selections.with(stride: self.layout.stride) { selection in
          for at in index * chunk..<min(members.count, (index + 1) * chunk) {
            self.chooseLinks(
              of: Int(members[at]), members: members, entry: entry, search: search,
              selection: selection)
          }
        }
      }
    }
    let highest = members.first.map { level(of: Int($0)) } ?? 0
    for level in 0...highest { try linkBack(members, level: level, context: context) }
  }

  /// Finds a new node's neighbours on all of its levels, and writes its own links.
  private func chooseLinks(
    of node: Int, members: [UInt32], entry: Int?, search: GraphScratch,
    selection: SelectionScratch
  ) {
    let width = max(options.efConstruction, layout.degree)
    let query = query(of: node, signed: search.signed)
    let own = level(of: node)
    var at = entry
    var score: Float = 0
    var highest = -1
    if let entry {
      highest = level(of: entry)
      score = view.score(of: entry, query: query)
      if highest > own {
        for level in stride(from: highest, to: own, by: -1) {
          let found = view.descend(
            from: at ?? entry, score: score, level: level, query: query, scratch: search)
          (at, score) = (found.node, found.score)
        }
      }
    }
    for level in stride(from: own, through: 0, by: -1) {
      if let start = at, level <= highest {
        view.walk(
          from: start, score: score, level: level, width: width, query: query, scratch: search)
        if search.keyCount > 0 {
          at = CandidateKey.node(search.keys[0])
          score = CandidateKey.score(search.keys[0])
        }
      } else {
        search.begin(width: width)
      }
      meet(members, node: node, level: level, query: query, width: width, scratch: search)
      let (base, capacity) = links(of: node, level: level)
      selection.makeRoom(max(search.keyCount, capacity))
      for at in 0..<search.keyCount { selection.keys[at] = search.keys[at] }
      let chosen = select(
        for: node, among: search.keyCount, limit: capacity, scratch: selection)
      write(selection.chosen, chosen, to: base, capacity: capacity)
    }
  }

  /// Adds the members of the same round, as far as they are on the level, to the candidates.
  private func meet(
    _ members: [UInt32], node: Int, level: Int, query: GraphQuery, width: Int,
    scratch: GraphScratch
  ) {
    var query = query
    let nodes = layout.levelCounts[level]
    members.withUnsafeBufferPointer { members in
      guard let base = members.baseAddress else { return }
      var at = 0
      while at < members.count, Int(base[at]) < nodes {
        var n = 0
        while n < scratch.batchCapacity, at + n < members.count, Int(base[at + n]) < nodes {
          n &+= 1
        }
        view.score(n, base + at, &query, into: scratch.scores)
        scratch.products &+= n
        for k in 0..<n where Int(base[at + k]) != node {
          _ = scratch.insert(
            CandidateKey.make(score: scratch.scores[k], node: base[at + k]), width: width)
        }
        at += n
      }
    }
  }

  /// Links the neighbours of new nodes back to them; a neighbour without room chooses anew.
  private func linkBack(_ members: [UInt32], level: Int, context: WorkContext) throws {
    var pairs: [UInt64] = []
    pairs.reserveCapacity(members.count * layout.degree)
    for member in members where Int(member) < layout.levelCounts[level] {
      let (base, _) = links(of: Int(member), level: level)
      for at in 0..<linkCount(of: Int(member), level: level) {
        pairs.append(UInt64(base[at]) << 32 | UInt64(member))
      }
    }
    pairs.sort()
    var starts: [Int] = []
    for (at, pair) in pairs.enumerated() where at == 0 || pairs[at - 1] >> 32 != pair >> 32 {
      starts.append(at)
    }
    starts.append(pairs.count)
    let groups = starts.count - 1
    let chunk = 128
    let (sorted, bounds) = (pairs, starts)
    _ = try parallelMap((groups + chunk - 1) / chunk, context: context) { index in
      self.selections.with(stride: self.layout.stride) { scratch in
        for group in index * chunk..<min(groups, (index + 1) * chunk) {
          self.addLinks(sorted[bounds[group]..<bounds[group + 1]], level: level, scratch: scratch)
        }
      }
    }
  }

  /// Adds the sources of pairs that have one target to the target's links.
  private func addLinks(_ pairs: ArraySlice<UInt64>, level: Int, scratch: SelectionScratch) {
    guard let target = pairs.first.map({ Int($0 >> 32) }) else { return }
    let (base, capacity) = links(of: target, level: level)
    var count = linkCount(of: target, level: level)
    var candidates: [UInt32] = []
    for pair in pairs {
      let source = UInt32(truncatingIfNeeded: pair)
      if (0..<count).contains(where: { base[$0] == source }) { continue }
      candidates.append(source)
    }
    if count + candidates.count <= capacity {
      for source in candidates {
        base[count] = source
        count += 1
      }
      return
    }
    for at in 0..<count { candidates.append(base[at]) }
    relink(target, level: level, among: candidates, scratch: scratch)
  }
}
