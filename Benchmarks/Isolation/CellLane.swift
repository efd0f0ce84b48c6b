internal import CBenchmark
internal import Enclosure
internal import Linux
internal import Measuring

/// A subject in a cell: one of the four tiers.
final class CellLane: Lane {
    /// Keeps the maps.
    private let prepared: Prepared
    private var cell: Cell
    private let packet: [UInt8]
    private let expected: UInt64
    private let ticks: Ticks

    /// Starts a cell from nothing but a spawner that waits.
    ///
    /// - Parameter generation: different for every cell.
    init(
        _ subject: Subject, isNative: Bool, in jail: Jail, generation: UInt32, expecting expected: UInt64,
        _ ticks: Ticks
    ) throws {
        let prepared = try Prepared(subject)
        let file = try prepared.file(isNative: isNative)
        var limits = WaitLimits()
        // On a busy machine a cell may have to wait for its processor longer than an event may otherwise take.
        limits.deadlineNanoseconds = 10_000_000_000
        // Nor shall the host fall asleep over a long program: what it costs to be woken is another figure (S3).
        limits.spinNanoseconds = 20_000_000
        var cell = try Cell(in: jail, file, maps: prepared.maps.file, generation: generation, limits: limits)
        try cell.waitUntilRunning()
        self.cell = cell
        self.prepared = prepared
        packet = subject.packet
        self.expected = expected
        self.ticks = ticks
    }

    deinit { cell.end() }

    /// The host is on processor 0.
    func pin() { _ = cbenchmark_pin(cell.processID, 1) }

    var process: Int32? { cell.processID }
    var memory: UInt64? { unsharedMemory(of: cell.processID) }

    func trip() throws { try Self.trip(&cell, packet, expected) }
    func single(_ count: Int) throws -> [Double] { try Self.single(count, &cell, packet, expected, ticks) }
    func batched(_ count: Int) throws -> Double { try Self.batched(count, &cell, packet, expected) }

    // The cell is lent once for all events of a sample: a class asks at each access whether it is alone.

    private static func single(
        _ count: Int, _ cell: inout Cell, _ packet: [UInt8], _ expected: UInt64, _ ticks: Ticks
    ) throws -> [Double] {
        // A cell that waited has parked meanwhile, and has to be woken first.
        for _ in 0..<8 { try trip(&cell, packet, expected) }
        var samples: [Double] = []
        samples.reserveCapacity(count)
        for _ in 0..<count {
            let before = cbenchmark_ticks()
            try trip(&cell, packet, expected)
            samples.append(ticks.nanoseconds(before, cbenchmark_ticks()))
        }
        return samples
    }

    private static func trip(_ cell: inout Cell, _ packet: [UInt8], _ expected: UInt64) throws {
        cell.ring.submit(packet)
        cell.notify()
        try check(cell.awaitVerdict(), expected)
    }

    private static func batched(
        _ count: Int, _ cell: inout Cell, _ packet: [UInt8], _ expected: UInt64
    ) throws -> Double {
        for _ in 0..<8 { try trip(&cell, packet, expected) }
        let start = monotonicNanoseconds()
        var submitted = 0
        var taken = 0
        while taken < count {
            while submitted < count, !cell.ring.isFull {
                cell.ring.submit(packet)
                submitted += 1
            }
            cell.notify()
            try check(cell.awaitVerdict(), expected)
            taken += 1
        }
        return Double(monotonicNanoseconds() - start) / Double(count)
    }
}

/// Every place has to say the same.
func check(_ verdict: Verdict, _ expected: UInt64) throws {
    let returned = try result(of: verdict)
    guard returned == expected else {
        throw IsolationError.unexpected("a program returned \(returned), and \(expected) elsewhere")
    }
}
