internal import Bytecode
internal import Prototypes

/// A stretch of instructions that is entered at its first and left at its last.
struct Block {
    var start: Int
    /// Its last instruction.
    var end: Int
    /// Block behind it, where the last instruction goes on; block that it jumps to. -1: none.
    var next: Int32 = -1
    var target: Int32 = -1
    var predecessors: Int32 = 0
    /// R0 to R9 that may be read before they are written.
    var live: UInt16 = 0x3FF
    /// Bytes of the frame of which the same is true, eight at a time.
    var liveFrame: UInt64 = ~0
    /// Registers and bytes of the frame whose very number matters.
    var exact: UInt16 = 0x3FF
    var exactFrame: UInt64 = ~0
    /// Position in the order of the function.
    var position: Int32 = -1
}

/// A function of the program: blocks, in an order in which loops are intervals.
struct FunctionGraph {
    var entry: Int
    var blocks: [Block]
    var order: [OrderItem]
    var tooDeep: Bool
}

/// One place of the order. A loop is its head and everything up to `end`.
struct OrderItem {
    var block: Int32
    var isHead: Bool
    /// For a head, the position behind the loop.
    var end: Int32
    /// How many loops it lies in, its own included.
    var depth: Int32
}

/// All functions of the program.
struct ControlFlow {
    var functions: [FunctionGraph] = []
    /// Instructions from which control goes into another function otherwise than by a call.
    var strays: [Int] = []
    /// By instruction: the function that begins there.
    var functionAt: [Int: Int] = [:]
    /// By function: what it calls or may have called, directly or not; empty where there are too many functions to say.
    private(set) var callees: [Set<Int>] = []

    init(_ subject: Subject) {
        var starts: Set<Int> = [0]
        for (index, form) in subject.forms.enumerated() where form.family == .callLocal || form.family == .code {
            let target = Int(subject.code[index].offset)
            if target >= 0, target < subject.code.count { starts.insert(target) }
        }
        for start in starts.sorted() {
            functionAt[start] = functions.count
            functions.append(Self.function(subject, start, starts))
        }
        let bounds = starts.sorted() + [subject.code.count]
        for (index, function) in functions.enumerated() {
            for block in function.blocks where block.start >= bounds[index] && block.end < bounds[index + 1] {
                for next in [block.next, block.target] where next >= 0 {
                    let start = function.blocks[Int(next)].start
                    if start < bounds[index] || start >= bounds[index + 1] { strays.append(block.end) }
                }
            }
        }
        if functions.count <= Self.maximumCallGraph { callees = findCallees(subject) }
    }

    private static let maximumCallGraph = 256

    private func findCallees(_ subject: Subject) -> [Set<Int>] {
        var callees = functions.map { function in
            var called: Set<Int> = []
            for block in function.blocks {
                for pc in block.start...block.end
                where subject.forms[pc].family == .callLocal || subject.forms[pc].family == .code {
                    if let callee = functionAt[Int(subject.code[pc].offset)] { called.insert(callee) }
                }
            }
            return called
        }
        var grew = true
        while grew {
            grew = false
            for index in callees.indices {
                let before = callees[index].count
                for callee in callees[index] { callees[index].formUnion(callees[callee]) }
                if callees[index].count > before { grew = true }
            }
        }
        return callees
    }

    private static func function(_ subject: Subject, _ entry: Int, _ starts: Set<Int>) -> FunctionGraph {
        let count = subject.code.count
        // Reachable instructions, and which of them begin a block.
        var isReached = [Bool](repeating: false, count: count)
        var isLeader = [Bool](repeating: false, count: count)
        var work = [entry]
        isLeader[entry] = true
        for start in starts { isLeader[start] = true }
        while let first = work.popLast() {
            var pc = first
            while pc < count, !isReached[pc] {
                isReached[pc] = true
                let form = subject.forms[pc]
                switch form.family {
                case .jump:
                    let target = Int(subject.code[pc].offset)
                    isLeader[target] = true
                    work.append(target)
                    pc = count
                case .branch:
                    let target = Int(subject.code[pc].offset)
                    isLeader[target] = true
                    work.append(target)
                    if pc + 1 < count { isLeader[pc + 1] = true }
                    pc += 1
                case .exit: pc = count
                case .callLocal:
                    if pc + 1 < count { isLeader[pc + 1] = true }
                    pc += 1
                case .callHelper:
                    if callsBack(subject, pc) || isTailCall(subject, pc), pc + 1 < count { isLeader[pc + 1] = true }
                    pc += 1
                case .constant, .mapPointer, .mapValue, .code: pc += 2
                case .arithmetic, .negate, .move, .moveSigned, .swap, .load, .store, .atomic, .classicLoad, .tail,
                    .refused:
                    pc += 1
                }
            }
        }
        var blocks: [Block] = []
        var blockAt: [Int: Int32] = [:]
        var pc = 0
        while pc < count {
            guard isReached[pc] else {
                pc += 1
                continue
            }
            var end = pc
            while end + 1 < count, isReached[end + 1] || subject.forms[end + 1].family == .tail, !isLeader[end + 1],
                !endsBlock(subject, end)
            { end += 1 }
            blockAt[pc] = Int32(blocks.count)
            blocks.append(Block(start: pc, end: end))
            pc = end + 1
        }
        for index in blocks.indices {
            let end = blocks[index].end
            switch subject.forms[end].family {
            case .jump: blocks[index].target = blockAt[Int(subject.code[end].offset)] ?? -1
            case .branch:
                blocks[index].target = blockAt[Int(subject.code[end].offset)] ?? -1
                blocks[index].next = blockAt[end + 1] ?? -1
            case .exit: break
            case .arithmetic, .negate, .move, .moveSigned, .swap, .load, .store, .atomic, .classicLoad, .tail, .refused,
                .callHelper,
                .callLocal, .constant, .mapPointer, .mapValue, .code:
                blocks[index].next = blockAt[end + 1] ?? -1
            }
            if blocks[index].next >= 0 { blocks[Int(blocks[index].next)].predecessors += 1 }
            if blocks[index].target >= 0 { blocks[Int(blocks[index].target)].predecessors += 1 }
        }
        var order = LoopOrder(blocks, entry: Int(blockAt[entry] ?? 0))
        order.arrange()
        for (position, item) in order.items.enumerated() { blocks[Int(item.block)].position = Int32(position) }
        var function = FunctionGraph(
            entry: Int(blockAt[entry] ?? 0), blocks: blocks, order: order.items, tooDeep: order.tooDeep)
        Liveness.compute(&function, subject)
        let frame = FrameLiveness(function, subject)
        for index in function.blocks.indices {
            function.blocks[index].liveFrame = frame.live[index]
            function.blocks[index].exact = frame.exact[index]
            function.blocks[index].exactFrame = frame.exactFrame[index]
        }
        return function
    }

    private static func endsBlock(_ subject: Subject, _ pc: Int) -> Bool {
        switch subject.forms[pc].family {
        case .jump, .branch, .exit, .callLocal: true
        case .callHelper: callsBack(subject, pc) || isTailCall(subject, pc)
        case .arithmetic, .negate, .move, .moveSigned, .swap, .load, .store, .atomic, .classicLoad, .tail, .refused,
            .constant,
            .mapPointer, .mapValue, .code:
            false
        }
    }

    /// Whether a helper may go on in another program, which then returns where this function would.
    static func isTailCall(_ subject: Subject, _ pc: Int) -> Bool {
        HelperPrototype.row(UInt32(truncatingIfNeeded: subject.code[pc].immediate))?.result == .tailCall
    }

    /// Whether a helper calls functions of the program.
    static func callsBack(_ subject: Subject, _ pc: Int) -> Bool {
        HelperPrototype.row(UInt32(truncatingIfNeeded: subject.code[pc].immediate))?.callback != nil
    }
}

/// Which registers each block may read before it writes them.
enum Liveness {
    static func compute(_ function: inout FunctionGraph, _ subject: Subject) {
        for index in function.blocks.indices { function.blocks[index].live = 0 }
        var changed = true
        while changed {
            changed = false
            for item in function.order.reversed() {
                let index = Int(item.block)
                let block = function.blocks[index]
                var live: UInt16 = 0
                if block.next >= 0 { live |= function.blocks[Int(block.next)].live }
                if block.target >= 0 { live |= function.blocks[Int(block.target)].live }
                var pc = block.end
                while pc >= block.start {
                    live = before(pc, live, subject)
                    pc -= 1
                }
                if live != block.live {
                    function.blocks[index].live = live
                    changed = true
                }
            }
        }
    }

    private static func before(_ pc: Int, _ after: UInt16, _ subject: Subject) -> UInt16 {
        let form = subject.forms[pc]
        let instruction = subject.code[pc]
        let destination: UInt16 = 1 << UInt16(instruction.destination) & 0x3FF
        let source: UInt16 = 1 << UInt16(instruction.source) & 0x3FF
        switch form.family {
        case .arithmetic: return after | destination | (form.usesImmediate ? 0 : source)
        case .negate, .swap: return after | destination
        case .move: return after & ~destination | (form.usesImmediate ? 0 : source)
        case .moveSigned, .load: return after & ~destination | source
        case .constant, .mapPointer, .mapValue, .code: return after & ~destination
        case .store: return after | destination | (form.usesImmediate ? 0 : source)
        case .atomic:
            return after | destination | source | (form.atomic == .compareExchange ? 1 : 0)
        case .branch: return after | destination | (form.usesImmediate ? 0 : source)
        case .jump, .tail, .refused: return after
        case .classicLoad: return after & ~0x3F | 1 << 6 | (form.usesImmediate ? 0 : source)
        case .exit: return 1
        case .callLocal: return after & ~0x3F | 0x3E
        case .callHelper:
            guard let row = HelperPrototype.row(UInt32(truncatingIfNeeded: instruction.immediate)) else {
                return after & ~0x3F | 0x3E
            }
            var used: UInt16 = 0
            for index in 0..<5 where row.arguments[index] != .unused { used |= 2 << UInt16(index) }
            return after & ~0x3F | used
        }
    }
}
