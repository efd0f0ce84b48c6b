internal import Bytecode
internal import BytecodeText
internal import ProgramPackage

/// A finding with the way that led to it.
struct Report {
    private(set) var finding: Finding
    private(set) var branches: [Trace.Branch] = []
    private(set) var mergedAt: Int?

    /// Decisions told; more than these nobody follows.
    static let maximumDecisions = 32
    static let maximumFacts = 8

    init(_ found: PendingFinding, _ history: History, _ subject: Subject, packetChecks: Set<Int>) {
        finding = found.finding
        let path = history.path(to: found.node)
        for (step, pc) in path {
            switch step {
            case .taken: branches.append(.init(instruction: pc, isTaken: true))
            case .notTaken: branches.append(.init(instruction: pc, isTaken: false))
            case .merge: mergedAt = pc
            case .entry, .entersCallback, .skipsCallback, .head: break
            }
        }
        for branch in branches.suffix(Self.maximumDecisions) {
            let condition = Self.condition(branch.instruction, subject)
            finding.path.append(.init(branch.instruction, branch.isTaken ? condition : "not \(condition)"))
        }
        if finding.kind == .outOfBoundsPacket, branches.contains(where: { packetChecks.contains($0.instruction) }) {
            finding.hint = .boundOnWrongCopy
        }
        if let register = found.register {
            addOrigins(of: register, Self.instructions(path, subject, end: finding.instruction), subject)
        }
    }

    /// The condition of a jump, in C's words.
    private static func condition(_ pc: Int, _ subject: Subject) -> String {
        let instruction = subject.code[pc]
        let form = subject.forms[pc]
        let prefix = form.isHalf ? "w" : "r"
        let symbol: String
        switch form.condition {
        case .equal: symbol = "=="
        case .notEqual: symbol = "!="
        case .greater, .signedGreater: symbol = ">"
        case .greaterOrEqual, .signedGreaterOrEqual: symbol = ">="
        case .less, .signedLess: symbol = "<"
        case .lessOrEqual, .signedLessOrEqual: symbol = "<="
        case .set: symbol = "&"
        }
        let isSigned: Bool
        switch form.condition {
        case .signedGreater, .signedGreaterOrEqual, .signedLess, .signedLessOrEqual: isSigned = true
        case .equal, .notEqual, .greater, .greaterOrEqual, .less, .lessOrEqual, .set: isSigned = false
        }
        let right = form.usesImmediate ? "\(instruction.immediate)" : "\(prefix)\(instruction.source)"
        return "(\(prefix)\(instruction.destination) \(symbol) \(right)\(isSigned ? ", signed" : ""))"
    }

    /// The instructions that a path consists of, the last few thousand.
    private static func instructions(_ path: [(step: History.Step, pc: Int)], _ subject: Subject, end: Int) -> [Int] {
        var found: [Int] = []
        var callers: [Int] = []
        var pc = 0
        var decisions = path.filter {
            switch $0.step {
            case .taken, .notTaken, .entersCallback: true
            case .entry, .skipsCallback, .merge, .head: false
            }
        }[...]
        var left = 200_000
        while pc < subject.code.count, left > 0 {
            left -= 1
            if decisions.isEmpty, pc == end { break }
            found.append(pc)
            if found.count > 8_192 { found.removeFirst(4_096) }
            switch subject.forms[pc].family {
            case .jump: pc = Int(subject.code[pc].offset)
            case .branch:
                guard let decision = decisions.popFirst(), decision.pc == pc else { return found }
                pc = decision.step == .taken ? Int(subject.code[pc].offset) : pc + 1
            case .callLocal:
                callers.append(pc + 1)
                pc = Int(subject.code[pc].offset)
            case .exit:
                guard let back = callers.popLast() else { return found }
                pc = back
            case .constant, .mapPointer, .mapValue, .code: pc += 2
            case .arithmetic, .negate, .move, .moveSigned, .swap, .callHelper, .load, .store, .atomic, .classicLoad,
                .tail, .refused:
                pc += 1
            }
        }
        return found
    }

    /// Where the register got its value, and what that was made of.
    private mutating func addOrigins(of register: Int, _ instructions: [Int], _ subject: Subject) {
        var wanted: Set<Int> = [register]
        var notes: [Finding.Note] = []
        for pc in instructions.reversed() {
            if notes.count >= Self.maximumFacts || wanted.isEmpty { break }
            let instruction = subject.code[pc]
            let form = subject.forms[pc]
            let destination = Int(instruction.destination)
            switch form.family {
            case .arithmetic where wanted.contains(destination):
                notes.append(.init(pc, "r\(destination) is changed here"))
                if !form.usesImmediate { wanted.insert(Int(instruction.source)) }
            case .move where wanted.contains(destination), .moveSigned where wanted.contains(destination):
                notes.append(.init(pc, "r\(destination) is set here"))
                wanted.remove(destination)
                if !form.usesImmediate { wanted.insert(Int(instruction.source)) }
            case .load where wanted.contains(destination):
                notes.append(.init(pc, "r\(destination) is read from memory here"))
                wanted.remove(destination)
            case .constant where wanted.contains(destination), .mapPointer where wanted.contains(destination),
                .mapValue where wanted.contains(destination), .code where wanted.contains(destination):
                notes.append(.init(pc, "r\(destination) is set here"))
                wanted.remove(destination)
            case .callHelper:
                if wanted.contains(0) { notes.append(.init(pc, "r0 is what this call returned")) }
                wanted.subtract(0...5)
            case .branch
            where wanted.contains(destination) || !form.usesImmediate && wanted.contains(Int(instruction.source)):
                notes.append(.init(pc, "what is known of its bounds was found here"))
            case .arithmetic, .negate, .move, .moveSigned, .swap, .load, .constant, .mapPointer, .mapValue, .code,
                .branch,
                .jump, .callLocal, .exit, .store, .atomic, .classicLoad, .tail, .refused:
                break
            }
        }
        finding.facts += notes
    }
}

extension Analysis {
    /// What made a program too complex.
    func explain(_ exhausted: Exhausted) -> Finding {
        let worst = blame.max { ($0.value, $1.key) < ($1.value, $0.key) }
        let place =
            worst.map { "; most of it went into the block at instruction \($0.key), entered in \($0.value) states" }
            ?? ""
        let text: String
        switch exhausted.resource {
        case .visits: text = "visited \(visits) instructions, the limit of this run"
        case .states: text = "kept \(peakStates) states at once, the limit of this run"
        case .memory: text = "needed \(estimatedBytes) bytes, the limit of this run"
        case .time: text = "took longer than \(options.milliseconds) ms"
        case .nesting: text = "has loops nested deeper than \(LoopOrder.maximumDepth)"
        case .unsettled: text = "has a loop whose bounds do not settle"
        }
        var finding = Finding(.tooComplex, at: exhausted.instruction, "too complex: \(text)\(place)")
        finding.hint = .splitProgram
        return finding
    }
}
