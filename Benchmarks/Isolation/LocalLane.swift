internal import Bytecode
internal import CBenchmark
internal import Channel
internal import Enclosure
internal import Execution
internal import Linux
internal import Measuring

/// A subject on our interpreter in this process: the image's code on memory of the same layout, called as a function.
final class LocalLane: Lane {
    private struct Engine: ~Copyable {
        private let prepared: Prepared
        private let window: Window
        private var ring: EventRing
        private var runner: ProgramRunner
        private var sequence: UInt32

        init(_ subject: Subject, counts: Bool) throws {
            let prepared = try Prepared(subject, counts: counts)
            let window = try Window(size: AddressMap.windowSize)
            try window.mapPrivate(at: AddressMap.program, size: prepared.programSize)
            try window.mapPrivate(at: AddressMap.hostWords, size: AddressMap.hostWordsSize)
            try window.mapPrivate(at: AddressMap.channel, size: roundedToPage(prepared.channelSize))
            try window.mapPrivate(at: AddressMap.privateMemory, size: AddressMap.privateSize)
            try window.map(
                prepared.maps.file.descriptor, at: AddressMap.maps, size: prepared.maps.file.size, writable: true)
            // SAFETY: the window maps every region that a program touches, and lives as long as this value.
            let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
            let boot = prepared.write(to: memory)
            let ring = EventRing(memory: memory, boot: boot)
            runner = ProgramRunner(memory: memory, boot: boot)
            sequence = boot.initialSequence &+ 1
            self.prepared = prepared
            self.window = window
            self.ring = ring
        }

        mutating func run(_ packet: [UInt8]) throws -> Verdict {
            let code = prepared.code
            ring.submit(packet)
            runner.handle(sequence, code.span)
            runner.clearStack()
            sequence &+= 1
            guard let verdict = try ring.poll() else { throw IsolationError.unexpected("no verdict") }
            return verdict
        }
    }

    private var engine: Engine
    private let packet: [UInt8]
    private let ticks: Ticks
    /// What the program returns of its packet, and the instructions that it takes.
    let expected: UInt64
    let instructions: UInt64

    init(_ subject: Subject, _ ticks: Ticks) throws {
        // Only an engine that counts fuel says how many instructions there were.
        var counting = try Engine(subject, counts: true)
        let counted = try counting.run(subject.packet)
        expected = try result(of: counted)
        instructions = counted.instructionsExecuted
        engine = try Engine(subject, counts: false)
        packet = subject.packet
        self.ticks = ticks
    }

    /// From nothing to the first verdict.
    static func start(_ subject: Subject) throws {
        var engine = try Engine(subject, counts: false)
        _ = try engine.run(subject.packet)
    }

    var process: Int32? { nil }
    /// It is part of this process.
    var memory: UInt64? { nil }

    func single(_ count: Int) throws -> [Double] { try Self.single(count, &engine, packet, expected, ticks) }

    private static func single(
        _ count: Int, _ engine: inout Engine, _ packet: [UInt8], _ expected: UInt64, _ ticks: Ticks
    ) throws -> [Double] {
        try check(engine.run(packet), expected)
        var samples: [Double] = []
        samples.reserveCapacity(count)
        for _ in 0..<count {
            let before = cbenchmark_ticks()
            let verdict = try engine.run(packet)
            samples.append(ticks.nanoseconds(before, cbenchmark_ticks()))
            try check(verdict, expected)
        }
        return samples
    }

    func batched(_ count: Int) throws -> Double { try Self.batched(count, &engine, packet, expected) }

    private static func batched(
        _ count: Int, _ engine: inout Engine, _ packet: [UInt8], _ expected: UInt64
    ) throws -> Double {
        try check(engine.run(packet), expected)
        let start = monotonicNanoseconds()
        for _ in 0..<count { try check(engine.run(packet), expected) }
        return Double(monotonicNanoseconds() - start) / Double(count)
    }
}
