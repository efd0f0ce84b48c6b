import Bytecode
import ProgramPackage

/// Who calls whom in a linked program.
struct CallGraph {
    private let program: Program
    /// For each function of the program, the functions that it calls.
    private let callees: [[Int]]

    init(_ program: Program) {
        self.program = program
        let starts = program.functions.map(\.start)
        var callees: [[Int]] = Array(repeating: [], count: starts.count)
        var caller = 0
        var slot = 0
        while slot < program.code.count {
            while caller + 1 < starts.count, starts[caller + 1] <= slot { caller += 1 }
            switch SlotShape(program.code[slot]) {
            case .localCall:
                let target = slot + 1 + Int(program.code[slot].immediate)
                let callee = starts.partitioningIndex { $0 >= target }
                if callee < starts.count, starts[callee] == target, !callees[caller].contains(callee) {
                    callees[caller].append(callee)
                }
                slot += 1
            case .wideImmediate: slot += 2
            case .kernelCall, .jump, .exit, .plain: slot += 1
            }
        }
        self.callees = callees
    }

    /// Frames are counted and few, so a function that can reach itself is refused. The search keeps its own stack: the
    /// depth is the object's to choose.
    func refuseRecursion() throws(ObjectError) {
        enum Mark { case new, open, done }
        var marks = Array(repeating: Mark.new, count: callees.count)
        for root in callees.indices where marks[root] == .new {
            var path = [root]
            var nextEdge = [0]
            marks[root] = .open
            while let function = path.last, let edge = nextEdge.last {
                guard edge < callees[function].count else {
                    marks[function] = .done
                    path.removeLast()
                    nextEdge.removeLast()
                    continue
                }
                nextEdge[nextEdge.count - 1] += 1
                let callee = callees[function][edge]
                switch marks[callee] {
                case .done: break
                case .new:
                    marks[callee] = .open
                    path.append(callee)
                    nextEdge.append(0)
                case .open:
                    let cycle = path.drop { $0 != callee } + [callee]
                    throw .recursion(program: program.name, functions: cycle.map { program.functions[$0].name })
                }
            }
        }
    }
}
