import CellImage
import CellTesting
import Channel
import Enclosure
import Testing
import Virtualization

/// Programs that say of themselves what no verifier would: the sound image runs them without looking.
extension BoundaryTests {
    /// An access through R6, and the page fault that it is.
    private static let wildAccesses: [(address: UInt64, isWrite: Bool, errorCode: UInt32)] = {
        // The sound image goes on where the text of a hostile one ends.
        let beyond = unmapped.filter { $0 != HostileImage.text.upperBound }
        let read = beyond.map { ($0, false, PageFault.user) }
        let written = beyond.map { ($0, true, PageFault.user | PageFault.write) }
        let readOnly = [
            AddressMap.image, AddressMap.image + 4096, AddressMap.program, AddressMap.program + BootRecord.capacity,
            AddressMap.hostWords,
        ].map { ($0, true, PageFault.user | PageFault.write | PageFault.present) }
        return [(0, false, PageFault.user), (0, true, PageFault.user | PageFault.write)] + read + written + readOnly
    }()

    @Test(
        "a program that is run without checks and should not be ends its cell with the fault, and nothing else",
        arguments: EnclosureKind.testable, [ExecutionMode.verified, .metered])
    func wildAccess(in kind: EnclosureKind, mode: ExecutionMode) throws {
        let image = try ImageLayout(parsing: CellImage.bytes)
        var arena = try Arena(kind)
        for (address, isWrite, errorCode) in Self.wildAccesses {
            let access = isWrite ? "*(u8 *)(r6 + 0) = r0" : "r0 = *(u8 *)(r6 + 0)"
            var cell = try arena.startSound("r0 = 0\nr6 = \(address) ll\n\(access)\nexit", mode: mode)
            defer { cell.end() }
            try cell.waitUntilRunning()
            cell.submit([])
            do throws(CellFailure) {
                let verdict = try cell.awaitVerdict()
                Issue.record("\(access) at \(address): \(verdict)")
            } catch {
                guard let fault = error.processorFault else {
                    Issue.record("\(access) at \(address): \(error)")
                    continue
                }
                #expect(
                    fault.vector == 14 && fault.address == address
                        && fault.has(errorCode, in: error), "\(fault)")
                // It was the engine's own code that made the access.
                #expect(fault.instruction &- image.textStart < image.textSize)
            }
            #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
        }
    }

    @Test(
        "the same program with checks is a fault of the program, and its cell lives on",
        arguments: EnclosureKind.testable)
    func sameChecked(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        for (address, isWrite, _) in Self.wildAccesses {
            let access = isWrite ? "*(u8 *)(r6 + 0) = r0" : "r0 = *(u8 *)(r6 + 0)"
            var cell = try arena.startSound("r0 = 0\nr6 = \(address) ll\n\(access)\nexit")
            defer { cell.end() }
            try cell.waitUntilRunning()
            for _ in 0..<2 {
                cell.submit([])
                guard case .faulted(let fault) = try cell.awaitVerdict().ending else {
                    Issue.record("\(access) at \(address) came to an end")
                    continue
                }
                #expect(fault.kind == (isWrite ? .outOfBoundsWrite : .outOfBoundsRead))
                #expect(fault.instruction == 3 && fault.address == address && fault.accessSize == 1)
            }
        }
    }

    @Test(
        "a program that is run without fuel and never ends is stopped at its deadline",
        arguments: EnclosureKind.testable)
    func endless(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.deadlineNanoseconds = 100_000_000
        limits.stopNanoseconds = 10_000_000_000
        let image = try ImageLayout(parsing: CellImage.bytes)
        var cell = try arena.startSound("r0 = 0\ntop: r0 += 1\ngoto top\nexit", mode: .verified, limits: limits)
        defer { cell.end() }
        try cell.waitUntilRunning()
        cell.submit([])
        do throws(CellFailure) {
            let verdict = try cell.awaitVerdict()
            Issue.record("\(verdict)")
        } catch {
            guard case .deadlineExceeded(100_000_000, .stopped(let place?)?) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(place.instruction &- image.textStart < image.textSize)
        }
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
    }
}
