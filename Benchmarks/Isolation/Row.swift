internal import Measuring

/// One subject in one place.
struct Row: Codable {
    let program: String
    let place: Place
    /// Why there are no numbers; nil where there are.
    var problem: String?
    /// Instructions of one event.
    let instructions: UInt64
    /// Nanoseconds of one event, one at a time. In the kernel each sample of a short program is the average of many.
    var event: Summary?
    /// Nanoseconds of one instruction: what an event takes longer here than the tiny program's, shared out.
    var perInstruction: Double?
    /// Nanoseconds of one event with the ring kept full.
    var batched: Summary?
    /// Nanoseconds from nothing to the first verdict.
    var start: Summary?
    /// Bytes of the cell's process that are its own; what the kernel charges for a program of its own.
    var memory: UInt64?
    /// Turns of the program's that somebody else's work disturbed, and whether so many that the rest does not count.
    var disturbedTurns = 0
    var isDisturbed = false

    init(_ program: String, _ place: Place, instructions: UInt64) {
        self.program = program
        self.instructions = instructions
        self.place = place
    }

    var eventsPerSecond: Double? { batched.map { 1e9 / $0.median } }
}

/// Everything that one run found.
struct Report: Codable {
    let host: HostDescription
    var rows: [Row] = []
    var targets: [Judgement] = []

    struct Judgement: Codable {
        var target: Figure.Target
        /// Whether the samples behind it were quiet enough to say anything.
        var isJudged: Bool
    }

    func row(_ program: String, _ place: Place) -> Row? { rows.first { $0.program == program && $0.place == place } }

    /// Holds guests to children: the same code in both must cost the same, and so must the way to it. And compiled programs to the
    /// kernel's.
    mutating func judge() {
        func add(_ program: String, _ text: String, _ limit: Double, _ left: Double?, _ right: Double?) {
            guard let left, let right, right > 0 else { return }
            targets.append(
                Judgement(
                    target: Figure.Target(text, limit: limit, value: left / right),
                    isJudged: !rows.contains { $0.program == program && $0.isDisturbed }))
        }
        for (guest, child) in [(Place.interpGuest, Place.interpChild), (.jitGuest, .jitChild)] {
            add(
                "tiny", "round trip of tiny, \(guest.rawValue) / \(child.rawValue)", 1.1,
                row("tiny", guest)?.event?.median,
                row("tiny", child)?.event?.median)
        }
        for program in Set(rows.map(\.program)).sorted() {
            let guest = row(program, .jitGuest)?.perInstruction
            add(
                program, "an instruction of \(program), jit-guest / jit-child", 1.03, guest,
                row(program, .jitChild)?.perInstruction)
            add(
                program, "an instruction of \(program), jit-guest / kernel", 1.05, guest,
                row(program, .kernel)?.perInstruction)
        }
    }
}
