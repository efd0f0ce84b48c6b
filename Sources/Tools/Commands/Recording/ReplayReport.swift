internal import CommandSupport
internal import PolicyCore
internal import ProgramPackage
internal import Prototypes
internal import Sandbox

/// What `ringfence replay` says at its end.
struct ReplayReport: Encodable {
    struct Program: Encodable {
        let program: String
        let section: String
        let object: String
        let objectDigest: String
        let recordedTier: String
        let tier: String
        let decision: DecisionRecord
        var events: UInt64 = 0
        var faults: UInt64 = 0
        /// Events that policy had answered because their cell died.
        var notDecidedAgain: UInt64 = 0
        var verdicts: [String: UInt64] = [:]

        init(_ recorded: RecordedProgram, _ path: String, _ loaded: LoadedObject, _ permit: borrowing Permit) {
            program = permit.program.program.name
            section = permit.program.program.section
            object = path
            objectDigest = "sha256:\(loaded.digest)"
            recordedTier = recorded.tier.name
            tier = permit.decision.outcome.name
            decision = DecisionRecord(permit.decision)
        }

        fileprivate mutating func add(_ replayed: ReplayedProgram) {
            let rows = replayed.sandbox.layout.shape.verdicts.rows
            events = replayed.events
            faults = replayed.faults
            notDecidedAgain = replayed.skipped
            verdicts = Dictionary(
                zip(rows.map { "\($0.name)" }, replayed.verdicts), uniquingKeysWith: { $0 + $1 })
        }
    }

    struct Difference: Encodable {
        let event: UInt64
        let program: String
        let field: String
        let recorded: String
        let replayed: String
    }

    let recording: String
    let programs: [Program]
    let events: UInt64
    let nanoseconds: UInt64
    /// Nil where everything came out the same.
    let difference: Difference?

    init(_ file: String, _ programs: [Program], _ replayed: [ReplayedProgram], _ result: ReplayRun.Result) {
        recording = file
        self.programs = zip(programs, replayed).map { program, replayed in
            var program = program
            program.add(replayed)
            return program
        }
        events = result.events
        nanoseconds = result.nanoseconds
        difference = result.difference.map { event, program, what in
            let (recorded, again) = what.texts(in: replayed[program].sandbox.permit.program)
            return Difference(
                event: event, program: replayed[program].recorded.name, field: what.field, recorded: recorded,
                replayed: again)
        }
    }

    /// For people.
    func text(for terminal: Terminal) -> String {
        var table = Table(
            .left("program"), .left("recorded in"), .left("replayed in"), .right("events"), .right("faults"),
            .right("not decided again"))
        for program in programs {
            table.add(
                Table.Cell(program.program), Table.Cell(program.recordedTier), Table.Cell(program.tier),
                Table.Cell(Quantity.grouped(program.events)), Table.Cell(Quantity.grouped(program.faults)),
                Table.Cell(Quantity.grouped(program.notDecidedAgain)))
        }
        var text = table.text(for: terminal) + "\n"
        guard let difference else {
            return text + terminal.toned("all the same", .good)
                + ": \(Quantity.grouped(events)) events in \(Quantity.duration(nanoseconds: nanoseconds))\n"
        }
        text += terminal.toned("event \(difference.event) differs", .bad)
        text += " in its \(difference.field) (\(Printable.text(difference.program))):\n"
        text += "  recorded  \(Printable.text(difference.recorded))\n"
        return text + "  replayed  \(Printable.text(difference.replayed))\n"
    }
}

extension ReplayDifference {
    /// What was recorded, and what came of it this time.
    fileprivate func texts(in program: AdmittedProgram) -> (recorded: String, replayed: String) {
        switch self {
        case .ending(let recorded, let failure):
            let before =
                switch recorded {
                case .returned: "returned"
                case .fault: "the program faulted"
                case .cell: "the cell died"
                }
            return (before, failure.map { $0.sentence(in: program) } ?? "returned")
        case .result(let recorded, let replayed):
            return ("\(Int32(bitPattern: recorded))", "\(Int32(bitPattern: replayed))")
        case .verdict(let recorded, let replayed): return (recorded, replayed)
        case .redirection(let recorded, let replayed): return ("to interface \(recorded)", "to interface \(replayed)")
        case .packet(let offset, let size, let replayedSize):
            return ("\(size) bytes", "\(replayedSize) bytes, other ones from byte \(offset) on")
        case .context(let offset): return ("a context", "another one from byte \(offset) on")
        case .map(let name, let key):
            let text = key.isEmpty ? "its contents" : "key \(hexadecimalDigits(key))"
            return ("map \(name)", "another one: \(text)")
        }
    }
}
