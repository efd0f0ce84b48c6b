internal import Bytecode
internal import CBenchmark
internal import Channel
internal import Enclosure
internal import Execution
internal import Linux
internal import Measuring

/// What one eBPF instruction costs, every access checked, in the guest and on the host.
enum InterpreterFigure {
    struct Workload {
        let name: String
        let assembly: String
        let result: UInt64
        /// Nanoseconds per instruction that the guest is held to.
        let limit: Double?
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
                """, result: 2, limit: 1.5),
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
                """, result: 2, limit: nil),
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
                """, result: 2, limit: nil),
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
                """, result: 1229, limit: nil),
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
                """, result: 2, limit: nil),
    ]

    static func measure(_ workload: Workload) throws -> Figure {
        let fixture = try CellFixture(workload.assembly)
        let jail = try Jail()
        let maps = try CellFixture.maps()
        let file = try fixture.file()
        let idleFile = try CellFixture(CellFixture.tiny).file()
        var cell = try Cell(in: jail, file, maps: maps, generation: 1, limits: WaitLimits())
        try cell.waitUntilRunning()
        var idleCell = try Cell(in: jail, idleFile, maps: maps, generation: 2, limits: WaitLimits())
        try idleCell.waitUntilRunning()
        let host = try HostEngine(fixture)
        let payload = (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
        let instructions = try host.run(payload, expecting: workload.result)
        let perInstruction = 1 / Double(instructions)
        let monitor = cell.processID
        let idleMonitor = idleCell.processID
        var wall: [Double] = []
        let turns = try Alternation(
            turns: 60, atMostSeconds: 6,
            [
                {
                    let elapsed = try processorTime(of: monitor) {
                        wall.append(
                            try timed {
                                // SAFETY: the payload's bytes live through the call.
                                unsafe try payload.withUnsafeBytes {
                                    unsafe try cell.roundTrip(payload: $0, expecting: workload.result)
                                }
                            } * perInstruction)
                    }
                    // The same event's wake and the polling after it, without the program.
                    let rest = try processorTime(of: idleMonitor) { try idleCell.roundTrip() }
                    return [(elapsed - rest) * perInstruction]
                },
                { [try timed { _ = try host.run(payload, expecting: workload.result) } * perInstruction] },
            ])
        guard let guest = Summary(turns.samples[0]), let direct = Summary(turns.samples[1]), let elapsed = Summary(wall)
        else { throw FixtureError.refused("no samples") }
        return Figure(
            "S4", workload.name, "interpreter, per eBPF instruction: \(workload.name)",
            [
                Figure.Series("guest, time on its processor", "ns", guest),
                Figure.Series("host, same code", "ns", direct),
                Figure.Series("guest, submission to verdict, all turns", "ns", elapsed),
            ],
            targets: workload.limit.map { [Figure.Target("guest, ns per instruction", limit: $0, value: guest.median)] }
                ?? [],
            under: turns,
            note: "\(instructions) instructions in one event, every access checked")
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
