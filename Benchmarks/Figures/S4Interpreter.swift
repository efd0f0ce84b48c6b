internal import Bytecode
internal import CBenchmark
internal import Channel
internal import Enclosure
internal import Execution
internal import Linux
internal import Measuring

/// What one eBPF instruction costs in each mode, in the guest and on the host.
enum InterpreterFigure {
    struct Workload {
        let name: String
        let assembly: String
        let result: UInt64
        /// Nanoseconds per instruction that the guest is held to with every access checked, and with nothing checked.
        let limits: (checked: Double, verified: Double)?
    }

    static let workloads = [
        Workload(
            name: "alu",
            assembly: """
                r0 = 0
                r3 = 200000
                loop:
                r0 += 3
                r0 ^= 1
                r3 -= 1
                if r3 != 0 goto loop
                r0 = 2
                exit
                """, result: 2, limits: (checked: 1.5, verified: 1.0)),
        Workload(
            name: "checksum",
            assembly: """
                r6 = r1
                r7 = r1
                r7 += 1500
                r8 = 300
                r0 = 0
                again:
                r1 = r6
                word:
                r3 = *(u16 *)(r1 + 0)
                r0 += r3
                r1 += 2
                if r1 != r7 goto word
                r8 -= 1
                if r8 != 0 goto again
                r0 = 2
                exit
                """, result: 2, limits: nil),
        Workload(
            name: "read-modify-write",
            assembly: """
                r6 = r1
                r7 = r1
                r7 += 1500
                r8 = 500
                again:
                r1 = r6
                word:
                r3 = *(u32 *)(r1 + 0)
                r3 ^= 90
                *(u32 *)(r1 + 0) = r3
                r1 += 4
                if r1 != r7 goto word
                r8 -= 1
                if r8 != 0 goto again
                r0 = 2
                exit
                """, result: 2, limits: nil),
        Workload(
            name: "stack",
            assembly: """
                r8 = 100000
                *(u64 *)(r10 - 8) = 0
                again:
                r0 = *(u64 *)(r10 - 8)
                r0 += 1
                *(u64 *)(r10 - 8) = r0
                *(u32 *)(r10 - 16) = 7
                r2 = *(u32 *)(r10 - 16)
                r8 -= 1
                if r8 != 0 goto again
                r0 = 2
                exit
                """, result: 2, limits: nil),
        Workload(
            name: "primes",
            assembly: """
                r0 = 0
                r6 = 2
                candidate:
                r7 = 2
                divisor:
                r8 = r7
                r8 *= r7
                if r8 > r6 goto prime
                r8 = r6
                r8 %= r7
                if r8 == 0 goto composite
                r7 += 1
                goto divisor
                prime:
                r0 += 1
                composite:
                r6 += 1
                if r6 < 10000 goto candidate
                exit
                """, result: 1229, limits: nil),
        Workload(
            name: "helper calls",
            assembly: """
                r6 = 300000
                loop:
                call 5
                r6 -= 1
                if r6 != 0 goto loop
                r0 = 2
                exit
                """, result: 2, limits: nil),
    ]

    static func measure(_ workload: Workload) throws -> Figure {
        let jail = try Jail()
        let maps = try CellFixture.maps()
        var idle = try Cell(
            in: jail, CellFixture(CellFixture.tiny).file(), maps: maps, generation: 1, limits: WaitLimits())
        try idle.waitUntilRunning()
        let payload = (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
        // The engine says how many instructions there were only where it counts them.
        let counting = try HostEngine(CellFixture(workload.assembly))
        let instructions = try counting.run(payload, expecting: workload.result)
        let perInstruction = 1 / Double(instructions)

        var cells = try Cells(workload, in: jail, maps)
        let hosts = Hosts(
            checked: counting, metered: try HostEngine(CellFixture(workload.assembly, mode: .metered)),
            verified: try HostEngine(CellFixture(workload.assembly, mode: .verified)))
        var wall: [Double] = []
        func inGuest(_ mode: ExecutionMode) throws -> [Double] {
            let monitor = cells.monitor(mode)
            var elapsed = 0.0
            let busy = try processorTime(of: monitor) {
                elapsed = try timed { try cells.roundTrip(mode, payload, expecting: workload.result) }
            }
            if mode == .checked { wall.append(elapsed * perInstruction) }
            // The same event's wake and the polling after it, without the program.
            let rest = try processorTime(of: idle.processID) { try idle.roundTrip() }
            return [(busy - rest) * perInstruction]
        }
        func onHost(_ mode: ExecutionMode) throws -> [Double] {
            [try timed { try hosts.run(mode, payload, expecting: workload.result) } * perInstruction]
        }
        let modes = ExecutionMode.allCases
        let turns = try Alternation(
            turns: 60, atMostSeconds: 12,
            modes.map { mode in { try inGuest(mode) } } + modes.map { mode in { try onHost(mode) } })
        let summaries = turns.samples.compactMap(Summary.init)
        guard summaries.count == 2 * modes.count, let elapsed = Summary(wall) else {
            throw FixtureError.refused("no samples")
        }
        let places =
            [String](repeating: "guest, time on its processor", count: modes.count)
            + [String](repeating: "host, same code", count: modes.count)
        var series = zip(zip(places, modes + modes), summaries).map { Figure.Series("\($0.1), \($0.0)", "ns", $1) }
        series.append(Figure.Series("checked, guest, submission to verdict, all turns", "ns", elapsed))
        return Figure(
            "S4", workload.name, "interpreter, per eBPF instruction: \(workload.name)", series,
            targets: workload.limits.map { limits in
                [
                    Figure.Target("checked, guest", limit: limits.checked, value: summaries[0].median),
                    Figure.Target("verified, guest", limit: limits.verified, value: summaries[2].median),
                ]
            } ?? [], under: turns,
            note: "\(instructions) instructions in one event")
    }

    /// The same program in a cell for each mode.
    private struct Cells: ~Copyable {
        private var checked: Cell
        private var metered: Cell
        private var verified: Cell

        init(_ workload: Workload, in jail: Jail, _ maps: borrowing MemoryFile) throws {
            let checked = try Self.start(workload, .checked, in: jail, maps)
            let metered = try Self.start(workload, .metered, in: jail, maps)
            let verified = try Self.start(workload, .verified, in: jail, maps)
            self.checked = checked
            self.metered = metered
            self.verified = verified
        }

        private static func start(
            _ workload: Workload, _ mode: ExecutionMode, in jail: Jail, _ maps: borrowing MemoryFile
        ) throws -> Cell {
            let file = try CellFixture(workload.assembly, mode: mode).file()
            var cell = try Cell(in: jail, file, maps: maps, generation: 2 + mode.rawValue, limits: WaitLimits())
            try cell.waitUntilRunning()
            return cell
        }

        func monitor(_ mode: ExecutionMode) -> Int32 {
            switch mode {
            case .checked: checked.processID
            case .metered: metered.processID
            case .verified: verified.processID
            }
        }

        mutating func roundTrip(_ mode: ExecutionMode, _ payload: [UInt8], expecting result: UInt64) throws {
            // SAFETY: the payload's bytes live through the call.
            unsafe try payload.withUnsafeBytes { bytes in
                switch mode {
                case .checked: unsafe try checked.roundTrip(payload: bytes, expecting: result)
                case .metered: unsafe try metered.roundTrip(payload: bytes, expecting: result)
                case .verified: unsafe try verified.roundTrip(payload: bytes, expecting: result)
                }
            }
        }
    }

    /// The same on this processor.
    private struct Hosts: ~Copyable {
        let checked: HostEngine
        let metered: HostEngine
        let verified: HostEngine

        func run(_ mode: ExecutionMode, _ payload: [UInt8], expecting result: UInt64) throws {
            switch mode {
            case .checked: _ = try checked.run(payload, expecting: result)
            case .metered: _ = try metered.run(payload, expecting: result)
            case .verified: _ = try verified.run(payload, expecting: result)
            }
        }
    }

    /// Nanoseconds that a monitor has the processor for one event, its polling until it parks again included.
    private static func processorTime(of monitor: Int32, _ event: () throws -> Void) throws -> Double {
        cbenchmark_sleep(1_000_000)
        let before = cbenchmark_processor_time_of(monitor)
        try event()
        cbenchmark_sleep(1_000_000)
        return Double(cbenchmark_processor_time_of(monitor) - before)
    }
}

/// The interpreter on the host, over memory of the same layout.
struct HostEngine: ~Copyable {
    private let window: Window
    private let memory: CellMemory
    private let boot: BootRecord
    private let code: [Instruction]

    init(_ fixture: CellFixture) throws {
        let window = try Window(size: AddressMap.windowSize)
        try window.mapPrivate(at: AddressMap.program, size: fixture.programSize)
        try window.mapPrivate(at: AddressMap.hostWords, size: AddressMap.hostWordsSize)
        try window.mapPrivate(at: AddressMap.channel, size: roundedToPage(fixture.geometry.size))
        try window.mapPrivate(at: AddressMap.privateMemory, size: AddressMap.privateSize)
        // SAFETY: the window maps every region that a program without maps touches, and lives as long as this value.
        memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        self.window = window
        boot = ProgramRegion.write(
            fixture.code, mapCount: 0, descriptorSize: 0, boot: fixture.boot, to: memory
        ) { _ in }
        code = fixture.code
    }

    /// Runs one event and gives the instructions that it took.
    func run(_ payload: [UInt8], expecting expected: UInt64) throws -> UInt64 {
        var ring = EventRing(memory: memory, boot: boot)
        var runner = ProgramRunner(memory: memory, boot: boot)
        // SAFETY: the payload's bytes live through the call; the empty context has no memory.
        unsafe payload.withUnsafeBytes {
            unsafe ring.submit(
                context: UnsafeRawBufferPointer(start: nil, count: 0), payload: $0, lane: 0, time: 0)
        }
        runner.handle(boot.initialSequence &+ 1, code.span)
        guard let verdict = try ring.poll(), verdict.ending == .returned(expected) else {
            throw FixtureError.refused("the host's interpreter did not return \(expected)")
        }
        return verdict.instructionsExecuted
    }
}
