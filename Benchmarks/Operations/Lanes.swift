internal import CBenchmark
internal import Dispatch
internal import Enclosure
internal import Linux
internal import Sandbox
internal import Synchronization

/// One program, running on several processors at once, over the same maps.
protocol LaneGroup: AnyObject, Sendable {
    /// Runs events on one lane; nanoseconds of an event, on average.
    func run(lane: Int, events: Int) throws -> Double
}

extension LaneGroup {
    /// Runs as many events on each of the first lanes, all beginning at once; nanoseconds of an event on each.
    func runAll(_ lanes: Int, events: Int) throws -> [Double] {
        let results = Mutex<[Result<Double, any Error>]>([])
        let waiting = Atomic<Int>(lanes)
        DispatchQueue.concurrentPerform(iterations: lanes) { lane in
            _ = cbenchmark_pin(0, Int32(lane))
            waiting.subtract(1, ordering: .acquiringAndReleasing)
            while waiting.load(ordering: .acquiring) > 0 {}
            let result = Result { try self.run(lane: lane, events: events) }
            results.withLock { $0.append(result) }
            _ = cbenchmark_unpin()
        }
        _ = cbenchmark_pin(0, 0)
        return try results.withLock { try $0.map { try $0.get() } }
    }
}

/// Lanes of the kernel's: threads, each on a processor of its own.
///
/// What they share is descriptors, which nothing changes any more.
final class KernelLanes: LaneGroup, @unchecked Sendable {
    private let lane: KernelLane

    init(_ lane: KernelLane) { self.lane = lane }

    func run(lane: Int, events: Int) throws -> Double { try self.lane.run(UInt32(events)) }
}

/// Cells, one for each lane and each on a processor of its own, where the host's thread sleeps meanwhile.
///
/// Each slot is used by one thread at a time: that of its lane.
final class CellLanes: LaneGroup, @unchecked Sendable {
    private final class Slot {
        var cell: Cell
        init(_ cell: consuming Cell) { self.cell = cell }
        deinit { cell.end() }
    }

    private let slots: [Slot]
    /// Keeps the maps.
    private let shared: SharedMaps

    init(of program: AdmittedProgram, lanes: Int, in jail: Jail) throws {
        let shared = try SharedMaps(of: program, lanes: lanes)
        var limits = WaitLimits()
        limits.deadlineNanoseconds = 30_000_000_000
        // The host's thread must not take the cell's processor.
        limits.spinNanoseconds = 0
        var slots: [Slot] = []
        for lane in 0..<lanes {
            var cell = try Cell(
                in: jail, shared.file(lane: lane), maps: shared.maps.file, generation: UInt32(lane + 1), limits: limits)
            try cell.waitUntilRunning()
            _ = cbenchmark_pin(cell.processID, Int32(lane))
            slots.append(Slot(cell))
        }
        self.slots = slots
        self.shared = shared
    }

    func run(lane: Int, events: Int) throws -> Double { try Self.run(&slots[lane].cell, lane, events) }

    /// All events are in flight at once, so that the host wakes when the work is done.
    private static func run(_ cell: inout Cell, _ lane: Int, _ events: Int) throws -> Double {
        let start = monotonicNanoseconds()
        for _ in 0..<events {
            let data = UInt32(truncatingIfNeeded: cell.ring.nextPayloadAddress)
            let context: [6 of UInt32] = [data, data + UInt32(eventPacket.count), data, 1, 0, 0]
            // SAFETY (both): the bytes are read during the call only.
            unsafe withUnsafeBytes(of: context) { context in
                unsafe eventPacket.withUnsafeBytes { packet in
                    unsafe cell.ring.submit(context: context, payload: packet, lane: UInt32(lane), time: 0)
                }
            }
        }
        cell.notify()
        for _ in 0..<events {
            let verdict = try cell.awaitVerdict()
            guard verdict.ending == .returned(successfulResult) else {
                throw OperationsError.unexpected("a program ended with \(verdict.ending)")
            }
        }
        return Double(monotonicNanoseconds() - start) / Double(events)
    }
}
