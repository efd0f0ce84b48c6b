/// How states came to be: a forest of decisions, and the edges at which one state went on as another.
struct History {
    enum Step: UInt32 {
        /// The entry; a conditional jump not taken, taken; a call of a callback, or not; a join; the head of a loop.
        case entry, notTaken, taken, entersCallback, skipsCallback, merge, head
    }

    private(set) var parents: [Int32] = [-1]
    private var marks: [UInt32] = [0]
    /// One state goes on as another: it was covered by it, or joined into it.
    private(set) var continuations: [(from: Int32, to: Int32)] = []

    var count: Int { parents.count }

    mutating func append(_ step: Step, _ pc: Int, after parent: Int32) -> Int32 {
        parents.append(parent)
        marks.append(UInt32(truncatingIfNeeded: pc) << 3 | step.rawValue)
        return Int32(truncatingIfNeeded: parents.count - 1)
    }

    mutating func connect(_ from: Int32, _ to: Int32) { continuations.append((from, to)) }

    func step(_ node: Int32) -> Step { Step(rawValue: marks[Int(node)] & 7) ?? .entry }
    func instruction(_ node: Int32) -> Int { Int(marks[Int(node)] >> 3) }

    /// The decisions from the entry to a node, first to last.
    func path(to node: Int32) -> [(step: Step, pc: Int)] {
        var path: [(step: Step, pc: Int)] = []
        var node = node
        while node > 0 {
            path.append((step(node), instruction(node)))
            node = parents[Int(node)]
        }
        return path.reversed()
    }

    /// The last decisions from one node to another that came of it.
    func path(from start: Int32, to node: Int32, atMost limit: Int) -> [(step: Step, pc: Int)] {
        var path: [(step: Step, pc: Int)] = []
        var node = node
        while node > 0, node != start, path.count < limit {
            path.append((step(node), instruction(node)))
            node = parents[Int(node)]
        }
        return path.reversed()
    }

    /// The heads of loops that lie on a cycle, as instructions: what keeps coming back to a state that it has been in.
    func headsOnCycles() -> Set<Int> {
        guard !continuations.isEmpty, marks.contains(where: { $0 & 7 == Step.head.rawValue }) else { return [] }
        var edges = continuations
        for node in parents.indices where parents[node] >= 0 { edges.append((parents[node], Int32(node))) }
        let forward = Adjacency(edges, count: count, backward: false)
        let backward = Adjacency(edges, count: count, backward: true)
        var isGone = [Bool](repeating: false, count: count)
        // What nothing leads to, and what leads to nothing, lies on no cycle.
        for (outgoing, incoming) in [(forward, backward), (backward, forward)] {
            var degree = (0..<count).map { incoming.degree($0) }
            for node in 0..<count where isGone[node] {
                for next in outgoing.neighbours(node) { degree[Int(next)] -= 1 }
            }
            var work = (0..<count).filter { !isGone[$0] && degree[$0] <= 0 }
            while let node = work.popLast() {
                if isGone[node] { continue }
                isGone[node] = true
                for next in outgoing.neighbours(node) where !isGone[Int(next)] {
                    degree[Int(next)] -= 1
                    if degree[Int(next)] == 0 { work.append(Int(next)) }
                }
            }
        }
        var heads: Set<Int> = []
        for node in 0..<count where !isGone[node] && step(Int32(node)) == .head {
            heads.insert(instruction(Int32(node)))
        }
        return heads
    }

    /// Edges by node, in one array.
    private struct Adjacency {
        private var starts: [Int32]
        private var ends: [Int32]

        init(_ edges: [(from: Int32, to: Int32)], count: Int, backward: Bool) {
            starts = [Int32](repeating: 0, count: count + 1)
            ends = [Int32](repeating: 0, count: edges.count)
            for edge in edges { starts[Int(backward ? edge.to : edge.from) + 1] += 1 }
            for node in 0..<count { starts[node + 1] += starts[node] }
            var next = starts
            for edge in edges {
                let from = Int(backward ? edge.to : edge.from)
                ends[Int(next[from])] = backward ? edge.from : edge.to
                next[from] += 1
            }
        }

        func degree(_ node: Int) -> Int32 { starts[node + 1] - starts[node] }
        func neighbours(_ node: Int) -> ArraySlice<Int32> { ends[Int(starts[node])..<Int(starts[node + 1])] }
    }
}
