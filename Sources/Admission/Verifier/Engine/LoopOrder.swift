/// Arranges the blocks of a function so that every loop is an interval which begins with its head (a weak topological order,
/// Bourdoncle 1993): strongly connected parts in topological order, each opened by taking the edges to its head away.
struct LoopOrder {
    /// Loops in loops in loops beyond this are nobody's program.
    static let maximumDepth = 64

    private(set) var items: [OrderItem] = []
    private(set) var tooDeep = false
    private let next: [Int32]
    private let target: [Int32]
    private let entry: Int
    /// Reverse postorder from the entry.
    private var rank: [Int32]

    init(_ blocks: [Block], entry: Int) {
        next = blocks.map(\.next)
        target = blocks.map(\.target)
        self.entry = entry
        rank = [Int32](repeating: -1, count: blocks.count)
        rankBlocks()
    }

    private mutating func rankBlocks() {
        var postorder: [Int32] = []
        var state = [UInt8](repeating: 0, count: next.count)
        var stack: [Int32] = [Int32(entry)]
        state[entry] = 1
        while let block = stack.last {
            let index = Int(block)
            var child: Int32 = -1
            if state[index] == 1 {
                state[index] = 2
                child = target[index]
            } else if state[index] == 2 {
                state[index] = 3
                child = next[index]
            } else {
                stack.removeLast()
                postorder.append(block)
                continue
            }
            if child >= 0, state[Int(child)] == 0 {
                state[Int(child)] = 1
                stack.append(child)
            }
        }
        for (index, block) in postorder.reversed().enumerated() { rank[Int(block)] = Int32(index) }
    }

    mutating func arrange() {
        let members = rank.indices.filter { rank[$0] >= 0 }.map { Int32($0) }.sorted { rank[Int($0)] < rank[Int($1)] }
        // The levels are bounded, so the recursion is.
        arrange(members, without: -1, depth: 0)
    }

    /// Puts `members` in order, edges to `removed` taken away.
    private mutating func arrange(_ members: [Int32], without removed: Int32, depth: Int32) {
        if depth > Self.maximumDepth {
            tooDeep = true
            for block in members { items.append(OrderItem(block: block, isHead: false, end: 0, depth: depth)) }
            return
        }
        for component in components(members, without: removed) {
            guard let head = component.min(by: { rank[Int($0)] < rank[Int($1)] }) else { continue }
            let loops =
                component.count > 1 || (head != removed && (next[Int(head)] == head || target[Int(head)] == head))
            let position = items.count
            items.append(
                OrderItem(block: head, isHead: loops, end: Int32(position + 1), depth: depth + (loops ? 1 : 0)))
            if component.count > 1 {
                arrange(component.filter { $0 != head }, without: head, depth: depth + 1)
            }
            items[position].end = Int32(items.count)
        }
    }

    /// Strongly connected components in topological order (Tarjan's algorithm with a stack of its own).
    private func components(_ members: [Int32], without removed: Int32) -> [[Int32]] {
        var isMember = Set<Int32>(minimumCapacity: members.count)
        for block in members { isMember.insert(block) }
        var index: [Int32: Int32] = [:]
        var low: [Int32: Int32] = [:]
        var onStack: Set<Int32> = []
        var stack: [Int32] = []
        var found: [[Int32]] = []
        var counter: Int32 = 0
        for root in members where index[root] == nil {
            var frames: [(block: Int32, step: Int)] = [(root, 0)]
            index[root] = counter
            low[root] = counter
            counter += 1
            stack.append(root)
            onStack.insert(root)
            while let frame = frames.last {
                let block = frame.block
                if frame.step < 2 {
                    frames[frames.count - 1].step += 1
                    let child = frame.step == 0 ? next[Int(block)] : target[Int(block)]
                    guard child >= 0, child != removed, isMember.contains(child) else { continue }
                    if index[child] == nil {
                        index[child] = counter
                        low[child] = counter
                        counter += 1
                        stack.append(child)
                        onStack.insert(child)
                        frames.append((child, 0))
                    } else if onStack.contains(child) {
                        low[block] = min(low[block] ?? 0, index[child] ?? 0)
                    }
                    continue
                }
                frames.removeLast()
                if let parent = frames.last?.block { low[parent] = min(low[parent] ?? 0, low[block] ?? 0) }
                guard low[block] == index[block] else { continue }
                var component: [Int32] = []
                while let top = stack.popLast() {
                    onStack.remove(top)
                    component.append(top)
                    if top == block { break }
                }
                found.append(component)
            }
        }
        return found.reversed()
    }
}
