import CellTesting
import Channel
import Enclosure
import Glibc
import Testing
import Virtualization

extension EnclosureTests {
    @Test(
        "a cell serves events, is stopped, reset, and serves again, as often as one likes",
        arguments: EnclosureKind.testable)
    func startStopReset(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.stopNanoseconds = 10_000_000_000
        var cell = try arena.startSound(program, limits: limits)
        defer { cell.end() }
        try cell.waitUntilRunning()
        for round in 0..<10 as Range<UInt8> {
            // More than one lap of the four slots, over the end of the sequence numbers.
            for event in 0..<9 as Range<UInt8> { try expectService(of: &cell, round * 16 + event) }
            let end = cell.stop()
            guard case .stopped? = end else {
                return #expect(Bool(false), "round \(round) did not stop: \(end as Any)")
            }
            try cell.reset()
        }
        try expectService(of: &cell, 77)
    }

    @Test("a spinning cell is stopped where it spins", arguments: EnclosureKind.testable)
    func stopSpinning(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.stopNanoseconds = 10_000_000_000
        var cell = try arena.start(HostileImage.attacking("1: jmp 1b"), limits: limits)
        defer { cell.end() }
        try cell.waitUntilRunning()
        cell.submit([])
        pause(milliseconds: 20)
        guard case .stopped(let place?)? = cell.stop() else { return #expect(Bool(false), "it did not stop") }
        #expect(place.instruction == HostileImage.attackAddress)
    }

    @Test(
        "a parked cell is stopped, can be reset, and a parked cell wakes for an event",
        arguments: EnclosureKind.testable)
    func parked(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.stopNanoseconds = 10_000_000_000
        var cell = try arena.startSound(program, limits: limits)
        defer { cell.end() }
        try cell.waitUntilRunning()
        for number in 0..<5 as Range<UInt8> {
            pause(milliseconds: 30)
            try expectService(of: &cell, number)
        }
        pause(milliseconds: 30)
        let end = cell.stop()
        guard case .stopped? = end else { return #expect(Bool(false), "it did not stop: \(end as Any)") }
        try cell.reset()
        pause(milliseconds: 30)
        try expectService(of: &cell, 9)
    }

    @Test("a stop signal that comes late, for a run that is over, stops nothing", arguments: EnclosureKind.testable)
    func lateSignal(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.stopNanoseconds = 10_000_000_000
        var cell = try arena.startSound(program, limits: limits)
        defer { cell.end() }
        try cell.waitUntilRunning()
        try expectService(of: &cell, 1)
        _ = cell.stop()
        try cell.reset()
        // As the one signal that `stop()` sent for the first run, had it been delivered only now.
        for number in 0..<200 {
            #expect(kill(cell.processID, SIGUSR1) == 0)
            try expectService(of: &cell, UInt8(number))
        }
        // While it is parked, too.
        pause(milliseconds: 30)
        #expect(kill(cell.processID, SIGUSR1) == 0)
        pause(milliseconds: 5)
        try expectService(of: &cell, 5)
    }

    @Test("a cell that ended by itself cannot be reset", arguments: EnclosureKind.testable)
    func resetAfterFault(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var cell = try arena.start(HostileImage.attacking("ud2"))
        defer { cell.end() }
        try cell.waitUntilRunning()
        cell.submit([])
        let seen = failure(of: &cell)
        let ended = try #require(seen)
        var refused: CellFailure?
        do throws(CellFailure) { try cell.reset() } catch { refused = error }
        #expect(refused == ended)
    }

    @Test("an image that refuses its boot record is said to have done so", arguments: EnclosureKind.testable)
    func refusedBootRecord(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var cell = try arena.start(
            HostileImage.assembled("movl $\(CellState.refusedBootRecord), STATE\nmfence\n1: jmp 1b"))
        defer { cell.end() }
        var refused: CellFailure?
        do throws(CellFailure) { try cell.waitUntilRunning() } catch { refused = error }
        #expect(refused == .refusedBootRecord)
    }

    @Test("an image that never says that it runs is given up after a while", arguments: EnclosureKind.testable)
    func neverRuns(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.stopNanoseconds = 10_000_000_000
        var cell = try arena.start(HostileImage.assembled("1: jmp 1b"), limits: limits)
        defer { cell.end() }
        var given: CellFailure?
        do throws(CellFailure) { try cell.waitUntilRunning() } catch { given = error }
        guard case .deadlineExceeded(_, .stopped(let place?)?)? = given else {
            return #expect(Bool(false), "\(given as Any)")
        }
        #expect(place.instruction == HostileImage.text.lowerBound)
    }
}
