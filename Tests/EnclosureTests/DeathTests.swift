import CellTesting
import Channel
import Enclosure
import Foundation
import Linux
import Synchronization
import Testing

extension EnclosureTests {
    @Test(
        "a monitor that is killed from outside is missed at once; the next cell finds the maps as they were",
        arguments: EnclosureKind.testable)
    func monitorKilled(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var cell = try arena.startSound(program)
        try cell.waitUntilRunning()
        try expectService(of: &cell, 3)
        #expect(kill(cell.processID, SIGKILL) == 0)
        cell.submit([], context: context(4))
        let failure = failure(of: &cell)
        // The guest may have answered before the signal arrived; then the next event misses it.
        if failure == nil {
            cell.submit([], context: context(5))
            let next = self.failure(of: &cell)
            #expect(next == .processDied(.killed(signal: 9)))
        } else {
            #expect(failure == .processDied(.killed(signal: 9)))
        }
        cell.end()
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
    }

    @Test("when the spawner dies its cells die with it, and no new one is promised", arguments: EnclosureKind.testable)
    func spawnerKilled(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var cell = try arena.startSound(program)
        try cell.waitUntilRunning()
        try expectService(of: &cell, 3)
        #expect(kill(arena.jail.spawnerProcess, SIGKILL) == 0)
        pause(milliseconds: 50)
        cell.submit([], context: context(4))
        let failure = failure(of: &cell)
        // Who could say how it ended is dead too.
        #expect(failure == .processDied(.unknown))
        cell.end()
        #expect(throws: EnclosureError.self) { _ = try arena.startSound(program) }
    }

    /// The memory files and process handles of cells that this process has open.
    func cellDescriptors() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { name in
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
        }.filter { link in
            ["/memfd:host-words", "/memfd:channel", "/memfd:monitor-words", "/memfd:image", "/memfd:program"].contains {
                link.hasPrefix($0)
            }
        }
    }

    private func spawner(_ process: Int32) throws -> (descriptors: Int, children: String) {
        (
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count,
            try String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        )
    }

    @Test(
        "a hundred cells that came and went leave no descriptor, no process and no mapping behind",
        arguments: EnclosureKind.testable)
    func hundredCells(in kind: EnclosureKind) async {
        // In a process of its own: what is open there nobody else opened.
        await #expect(processExitsWith: .success) { [name = "\(kind)"] in
            try EnclosureTests().startHundredCells(
                in: try #require(EnclosureKind.testable.first { "\($0)" == name }))
        }
    }

    private func startHundredCells(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
        let before = try spawner(arena.jail.spawnerProcess).descriptors
        let own = try cellDescriptors().count
        for number in 0..<100 {
            var cell = try arena.startSound(program)
            // Every other one is dropped before it came up.
            if number % 2 == 0 {
                try cell.waitUntilRunning()
                try expectService(of: &cell, UInt8(number))
            }
            if number % 4 < 2 { cell.end() }
        }
        #expect(try cellDescriptors().count == own)
        let limit = monotonicNanoseconds() + 5_000_000_000
        while try !spawner(arena.jail.spawnerProcess).children.isEmpty, monotonicNanoseconds() < limit {
            pause(milliseconds: 5)
        }
        let after = try spawner(arena.jail.spawnerProcess)
        #expect(after.children.isEmpty)
        // One handle of a child may be open between its start and the next message.
        #expect(after.descriptors == before, "\(before) before, \(after.descriptors) after")
    }

    @Test("a deadline holds while every processor is busy", arguments: EnclosureKind.testable)
    func deadlineUnderLoad(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.deadlineNanoseconds = 200_000_000
        limits.stopNanoseconds = 10_000_000_000
        let stop = Flag()
        let workers = (0..<4).map { _ in Thread { while !stop.isSet {} } }
        workers.forEach { $0.start() }
        defer {
            stop.set()
            while workers.contains(where: { !$0.isFinished }) { usleep(1000) }
        }
        var cell = try arena.start(HostileImage.attacking("1: jmp 1b"), limits: limits)
        defer { cell.end() }
        try cell.waitUntilRunning()
        cell.submit([])
        let started = monotonicNanoseconds()
        let failure = failure(of: &cell)
        let waited = monotonicNanoseconds() - started
        guard case .deadlineExceeded(200_000_000, .stopped)? = failure else {
            return #expect(Bool(false), "\(failure as Any)")
        }
        #expect(waited >= 200_000_000 && waited < 5_000_000_000, "\(waited) ns")
    }
}

/// A flag between threads.
private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    func set() { value.store(true, ordering: .releasing) }
    var isSet: Bool { value.load(ordering: .acquiring) }
}
