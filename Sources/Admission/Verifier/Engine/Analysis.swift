internal import Bytecode
internal import ProgramPackage
internal import Prototypes

/// Why an analysis could not come to its end.
struct Exhausted: Error {
    enum Resource { case visits, states, memory, time, nesting, unsettled }

    var resource: Resource
    /// Where it was when it gave up.
    var instruction: Int
}

/// One verification under way.
struct Analysis: ~Copyable {
    let subject: Subject
    let flow: ControlFlow
    let thresholds: [UInt64]
    var options: VerifierOptions { subject.options }
    let widths: Widths

    var nextSymbol = Symbol.firstFree
    /// While one round of a loop is looked at: older symbols are names of what the round began with.
    var firstOwnSymbol: UInt32 = 0
    var history = History()
    var pending: [PendingFinding] = []
    var reported: Set<Int> = []
    /// False while the bounds of a loop are being looked for.
    var isChecking = true

    /// False while a loop is walked to its very end.
    var prunes = true

    var visits: UInt64 = 0
    var keptStates: UInt64 = 0
    var liveStates = 0
    var peakStates = 0
    var mostAtOnePoint = 0
    /// A join happened: with more states kept, more might be proven.
    var hasJoined = false
    /// Where the last join happened, as an instruction.
    var lastJoin: Int?
    /// How often each block was processed, by its first instruction: what to blame when the budget ends.
    var blame: [Int: UInt64] = [:]

    var sightings: Sightings
    var summaries = FunctionSummaries()
    /// Instructions that calls would have visited of which it was known what comes of them.
    var reusedVisits: UInt64 = 0
    /// Functions being analysed, outermost first.
    var active: [Int] = []
    /// What entered each loop, for the question whether it ends.
    var loopEntries: [LoopKey: [State]] = [:]
    /// Loops that are entered otherwise than through their heads.
    var entersPastHead: Set<LoopKey> = []
    /// First instructions of loops that were not shown to end.
    var unbounded: Set<Int> = []
    /// Jumps at which a pointer with a variable offset was held against the end of the packet.
    var packetChecks: Set<Int> = []
    /// Loops of which it was shown that they end, though states come back.
    var bounded: Set<Int> = []
    /// A loop, or a helper's calls of a function, may go on for longer than it was walked.
    var hasUncountedRounds = false
    var result: Scalar?
    var deadline: ContinuousClock.Instant
    private var clockCountdown = 0
    /// Called with each state before each instruction, while checking: what tests compare real runs with.
    var observer: ((Int, State) -> Void)?

    struct LoopKey: Hashable {
        var function: Int
        var position: Int
    }

    init(_ subject: Subject, _ widths: Widths, deadline: ContinuousClock.Instant) {
        flow = ControlFlow(subject)
        thresholds = Self.thresholds(subject)
        sightings = Sightings(instructions: subject.code.count)
        self.subject = subject
        self.widths = widths
        self.deadline = deadline
    }

    /// The numbers that bounds of loops are likely to be: constants of comparisons and their neighbours, sizes.
    private static func thresholds(_ subject: Subject) -> [UInt64] {
        let packet = UInt64(maximumPacketSize)
        var numbers: Set<UInt64> = [
            packet - 1, packet, 0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, UInt64(Int64.max),
        ]
        for (index, form) in subject.forms.enumerated() where numbers.count < 400 {
            guard form.usesImmediate, form.family == .branch || form.family == .move || form.alu == .and else {
                continue
            }
            let constant = UInt64(bitPattern: subject.code[index].immediate)
            for neighbour in [constant &- 1, constant, constant &+ 1] { numbers.insert(neighbour) }
        }
        for map in subject.maps where numbers.count < 500 {
            numbers.insert(UInt64(map.valueSize))
            numbers.insert(UInt64(map.maximumEntries))
        }
        return numbers.sorted()
    }

    /// Verifies from the given entry states on.
    mutating func run(_ entries: [State]) throws(Exhausted) {
        for function in flow.functions where function.tooDeep {
            throw Exhausted(resource: .nesting, instruction: function.blocks[function.entry].start)
        }
        for pc in flow.strays {
            report(.invalidProgram, pc, State(), "goes on in another function without calling it")
        }
        _ = try run(function: 0, entries, isCallback: false)
        try settleTermination()
    }

    /// Analyses a function from `entries` and gives the states at its exits.
    mutating func run(
        function: Int, _ entries: [State], isCallback: Bool, results: ClosedRange<Int64>? = nil
    ) throws(Exhausted) -> [State] {
        var activation = Activation(function: function, blocks: flow.functions[function].blocks.count)
        activation.isCallback = isCallback
        activation.results = results
        active.append(function)
        let entry = flow.functions[function].entry
        for state in entries { try push(state, to: Int32(entry), &activation) }
        try run(0..<flow.functions[function].order.count, &activation)
        active.removeLast()
        return activation.exits
    }

    /// Processes the blocks at these positions, loops until nothing new comes.
    mutating func run(_ positions: Range<Int>, _ activation: inout Activation) throws(Exhausted) {
        var position = positions.lowerBound
        while position < positions.upperBound {
            let item = flow.functions[activation.function].order[position]
            if item.isHead {
                try runLoop(position, &activation)
                position = Int(item.end)
            } else {
                try process(item.block, &activation, isHead: false)
                position += 1
            }
        }
    }

    /// Puts a state before a block, without what nobody will ask for there.
    mutating func push(_ entering: State, to block: Int32, _ activation: inout Activation) throws(Exhausted) {
        let index = Int(block)
        let target = flow.functions[activation.function].blocks[index]
        if let window = activation.window, !window.contains(Int(target.position)) { return }
        var state = entering
        state.keepRegisters(target.live, exact: target.exact)
        state.keepFrame(state.depth, target.liveFrame, exact: target.exactFrame)
        if isChecking { state.dropLonelySymbols() }
        activation.pending[index].append(Kept(state))
        liveStates += 1
        if activation.pending[index].count > widths.at(target.start) * 2 {
            try reduce(&activation.pending[index], at: target.start)
        }
        if liveStates > peakStates {
            peakStates = liveStates
            if UInt64(peakStates) > options.states { throw Exhausted(resource: .states, instruction: target.start) }
            if estimatedBytes > options.memory { throw Exhausted(resource: .memory, instruction: target.start) }
        }
    }

    /// Whether what failed might not where more states are kept: it failed in a state that stands for several.
    var mayImprove: Bool { hasJoined && pending.contains { $0.isMerged } }

    /// What every state that was checked says of each slot.
    var facts: [InstructionFacts] { sightings.facts(subject, flow) }

    /// Where the states on the ways to what failed were joined, as instructions.
    var joinsBehindFindings: Set<Int> {
        var joins: Set<Int> = []
        for found in pending where found.isMerged {
            for (step, pc) in history.path(to: found.node) where step == .merge { joins.insert(pc) }
        }
        return joins
    }

    var estimatedBytes: UInt64 { UInt64(peakStates + summaries.states) * 2_048 + UInt64(history.count) * 8 }

    /// Spends the budget for one block.
    @inline(__always) mutating func charge(_ block: Block) throws(Exhausted) {
        let length = UInt64(block.end - block.start + 1)
        visits &+= length
        if visits > options.visits { throw Exhausted(resource: .visits, instruction: block.start) }
        clockCountdown -= 1
        if clockCountdown < 0 {
            clockCountdown = 256
            if ContinuousClock.now > deadline { throw Exhausted(resource: .time, instruction: block.start) }
            if estimatedBytes > options.memory { throw Exhausted(resource: .memory, instruction: block.start) }
        }
    }
}

/// One function being analysed.
struct Activation {
    let function: Int
    /// By block: states that wait.
    var pending: [[Kept]]
    /// By block, in loops: states that went on from there and were checked.
    var seen: [[Kept]]
    var exits: [State] = []
    var isCallback = false
    var results: ClosedRange<Int64>?
    /// While a loop's bounds are looked for: what leaves these positions is dropped.
    var window: Range<Int>?

    init(function: Int, blocks: Int) {
        self.function = function
        pending = [[Kept]](repeating: [], count: blocks)
        seen = pending
    }
}
