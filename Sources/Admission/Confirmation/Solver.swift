/// Looks for an input on which conditions hold: starts from one on which most do, takes a condition that does not, and turns the
/// operations of one of its sides around, down to the bytes of the input, until that side is what it should be. A step that
/// breaks more than it mends is taken back, mostly.
///
/// The idea is that of propagation-based local search for bit vectors (Niemetz, Preiner, Biere: CAV 2016).
struct Solver {
    private let pool: ExpressionPool
    private let conditions: [Condition]
    /// The nodes that the conditions depend on and that depend on the input, in order.
    private var cone: [Expression] = []
    private var values: [UInt64]
    private var assigned: [UInt64]
    private var noise: UInt64

    /// Work left, in nodes evaluated.
    private(set) var work: Int

    init(_ pool: ExpressionPool, _ conditions: [Condition], seed: UInt64, work: Int, input: Input) {
        self.pool = pool
        self.conditions = conditions
        self.work = work
        noise = seed
        values = pool.nodes.map(\.value)
        assigned = pool.variables.map { input.value(of: $0) }
        cone = Self.cone(pool, conditions)
    }

    private static func cone(_ pool: ExpressionPool, _ conditions: [Condition]) -> [Expression] {
        var isNeeded = [Bool](repeating: false, count: pool.nodes.count)
        var highest = -1
        for condition in conditions {
            for side in [condition.a, condition.b] {
                isNeeded[Int(side)] = true
                highest = max(highest, Int(side))
            }
        }
        var cone: [Expression] = []
        guard highest >= 0 else { return cone }
        for index in stride(from: highest, through: 0, by: -1) where isNeeded[index] && pool.nodes[index].hasInput {
            let node = pool.nodes[index]
            cone.append(Expression(index))
            if node.op == .variable || node.op == .bytes { continue }
            isNeeded[Int(node.a)] = true
            if node.op.isBinary { isNeeded[Int(node.b)] = true }
        }
        return cone.reversed()
    }

    private mutating func next() -> UInt64 {
        noise &+= 0x9E37_79B9_7F4A_7C15
        return mixed(noise, 1)
    }

    private mutating func evaluate() {
        work -= cone.count + conditions.count
        for index in cone {
            let node = pool.nodes[Int(index)]
            switch node.op {
            case .constant: break
            case .variable: values[Int(index)] = assigned[Int(node.a)]
            case .bytes:
                var value: UInt64 = 0
                for position in 0..<Int(node.b) {
                    value |= (assigned[Int(pool.byteVariables[Int(node.a) + position])] & 0xFF) << UInt64(8 * position)
                }
                values[Int(index)] = value
            case .add, .sub, .mul, .div, .sdiv, .mod, .smod, .and, .or, .xor, .shl, .shr, .sar, .low8, .low16, .low32,
                .extend8, .extend16, .extend32, .swap16, .swap32, .swap64, .less, .select:
                values[Int(index)] = node.op.evaluate(values[Int(node.a)], values[Int(node.b)])
            }
        }
    }

    private func holds(_ condition: Condition) -> Bool {
        condition.relation.holds(values[Int(condition.a)], values[Int(condition.b)])
    }

    private func broken() -> [Int] { conditions.indices.filter { !holds(conditions[$0]) } }

    /// - Returns: the variables that differ from the input's, or nil where nothing was found.
    mutating func solve(steps: Int) -> [Variable: UInt64]? {
        evaluate()
        var bad = broken()
        var best = bad.count
        let start = assigned
        var undo: [UInt64]
        for step in 0..<steps {
            if bad.isEmpty { break }
            guard work > 0 else { return nil }
            undo = assigned
            // The condition that is hardest to come by is the last one; the others were met once.
            let choice = next()
            let condition = conditions[choice & 3 == 0 ? bad[Int(choice >> 8 % UInt64(bad.count))] : bad[bad.count - 1]]
            guard move(condition) else { continue }
            evaluate()
            let now = broken()
            let isBetter = now.count <= bad.count
            if isBetter || next() & 7 == 0 {
                bad = now
                best = min(best, bad.count)
            } else {
                assigned = undo
                evaluate()
            }
            if step % 64 == 63, bad.count > best {
                assigned = start
                evaluate()
                bad = broken()
            }
        }
        guard bad.isEmpty else { return nil }
        var changes: [Variable: UInt64] = [:]
        for (number, variable) in pool.variables.enumerated() where assigned[number] != start[number] {
            changes[variable] = assigned[number]
        }
        return changes
    }

    /// Changes the input so that one side of the condition becomes what it should be, where that can be done.
    private mutating func move(_ condition: Condition) -> Bool {
        let (left, right) = (pool[condition.a].hasInput, pool[condition.b].hasInput)
        guard left || right else { return false }
        let goesLeft = left && (!right || next() & 1 == 0)
        let condition = goesLeft ? condition : condition.mirrored
        let target = condition.proposal(values[Int(condition.a)], values[Int(condition.b)], next())
        return assign(condition.a, target)
    }

    /// Walks down one path of operands, turning each operation around.
    private mutating func assign(_ start: Expression, _ goal: UInt64) -> Bool {
        var expression = start
        var target = goal
        while true {
            let node = pool[expression]
            switch node.op {
            case .constant: return node.value == target
            case .variable:
                let limit = pool.variables[Int(node.a)].limit
                if pool.variables[Int(node.a)].kind == .success {
                    assigned[Int(node.a)] = target & 1
                    return true
                }
                guard target <= limit else { return false }
                assigned[Int(node.a)] = target
                return true
            case .bytes:
                let count = Int(node.b)
                guard count == 8 || target >> UInt64(8 * count) == 0 else { return false }
                for position in 0..<count {
                    assigned[Int(pool.byteVariables[Int(node.a) + position])] = target >> UInt64(8 * position) & 0xFF
                }
                return true
            case .add, .sub, .mul, .div, .sdiv, .mod, .smod, .and, .or, .xor, .shl, .shr, .sar, .low8, .low16, .low32,
                .extend8, .extend16, .extend32, .swap16, .swap32, .swap64, .less, .select:
                let (first, second) = (pool[node.a], pool[node.b])
                let goesFirst = first.hasInput && (!node.op.isBinary || !second.hasInput || next() & 1 == 0)
                let child = goesFirst ? node.a : node.b
                let other = node.op.isBinary ? values[Int(goesFirst ? node.b : node.a)] : 0
                let present = values[Int(child)]
                guard
                    let wanted = goesFirst
                        ? node.op.first(for: target, second: other, present: present, noise: next())
                        : node.op.second(for: target, first: other, present: present, noise: next())
                else { return false }
                target = wanted
                expression = child
            }
        }
    }
}
