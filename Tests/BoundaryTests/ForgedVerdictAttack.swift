import CellTesting
import Enclosure
import Testing

extension BoundaryTests {
    /// The error that the broker names when it takes the verdict that `code` leaves.
    private static func forged(_ code: String, _ expected: ChannelError) -> Attack {
        Attack(code: code + HostileImage.idle) { $0 == .channel(expected) }
    }

    @Test("a verdict out of order or invented is refused, and the numbers are told", arguments: EnclosureKind.testable)
    func sequences(in kind: EnclosureKind) throws {
        let first: UInt32 = 0xFFFF_FFFF
        let invented: [UInt32] = [0, 1, 5, 0x7FFF_FFFF, 0x8000_0000, first &- 5, first &- 6, first / 2]
        try expectContained(
            in: kind,
            invented.map { Self.forged(HostileImage.verdict(sequence: "\($0)"), .sequence(got: $0, expected: first)) })
    }

    @Test("a fault that is none is refused", arguments: EnclosureKind.testable)
    func faultKinds(in kind: EnclosureKind) throws {
        try expectContained(
            in: kind,
            [10, 0xFFFF, 0x8000_0001, 0xFFFF_FFFF].map {
                Self.forged(HostileImage.verdict(fault: $0), .faultKind(got: $0, limit: 9))
            })
    }

    @Test("more fuel left than was given is refused", arguments: EnclosureKind.testable)
    func fuel(in kind: EnclosureKind) throws {
        try expectContained(
            in: kind,
            [1_000_001, 1 << 32, 1 << 63, UInt64.max].map {
                Self.forged(HostileImage.verdict(fuelLeft: $0), .fuel(got: $0, limit: 1_000_000))
            })
    }

    @Test("a payload that leaves its slot is refused", arguments: EnclosureKind.testable)
    func payloads(in kind: EnclosureKind) throws {
        let cases: [(Int32, UInt32)] = [
            (0, 3585), (0, 0xFFFF_FFFF), (0, 0x8000_0000), (-257, 0), (Int32.min, 0), (Int32.max, 0), (3585, 0),
            (3584, 1),
            (1, 3584), (1, 0xFFFF_FFFF), (-256, 3585), (-256, 0xFFFF_FFFF),
        ]
        try expectContained(
            in: kind,
            cases.map {
                Self.forged(
                    HostileImage.verdict(payloadOffset: $0.0, payloadSize: $0.1),
                    .payload(offset: $0.0, size: $0.1, limit: 3584))
            })
    }

    @Test(
        "a payload at the edge of its slot is copied out and not a byte beside it",
        arguments: EnclosureKind.testable, [(-256, 3584), (3584, 0), (0, 3584), (3583, 1)] as [(Int32, UInt32)])
    func payloadEdges(in kind: EnclosureKind, payload: (offset: Int32, size: UInt32)) throws {
        let (offset, size) = payload
        var arena = try Arena(kind)
        var cell = try arena.start(
            HostileImage.attacking(HostileImage.verdict(payloadOffset: offset, payloadSize: size) + HostileImage.idle))
        defer { cell.end() }
        try cell.waitUntilRunning()
        cell.submit([UInt8](repeating: 0xAB, count: 3584))
        let verdict = try cell.awaitVerdict()
        #expect(verdict.ending == .returned(7))
        #expect(verdict.payloadSize == size)
        var bytes = [UInt8](repeating: 0x11, count: 8192)
        let count = bytes.withUnsafeMutableBytes { cell.ring.copyPayload(of: verdict, into: $0) }
        #expect(count == Int(size))
        #expect(bytes[count...].allSatisfy { $0 == 0x11 })
        #expect(bytes[max(0, -Int(offset))..<max(count, max(0, -Int(offset)))].allSatisfy { $0 == 0xAB })
        // A buffer that is too short for the claim is filled and no more.
        var short = [UInt8](repeating: 0x11, count: 4)
        let copied = short.withUnsafeMutableBytes {
            cell.ring.copyPayload(of: verdict, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<2]))
        }
        #expect(copied == min(2, Int(size)))
        #expect(short[2...].allSatisfy { $0 == 0x11 })
    }

    @Test("the verdict of the event before is not taken for the next", arguments: EnclosureKind.testable)
    func replay(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.deadlineNanoseconds = 200_000_000
        limits.stopNanoseconds = 10_000_000_000
        var cell = try arena.start(
            HostileImage.attacking(
                HostileImage.verdict(result: 7) + HostileImage.verdict(at: "SECOND_VERDICT", result: 8)
                    + HostileImage.idle),
            limits: limits)
        defer { cell.end() }
        try cell.waitUntilRunning()
        cell.submit([])
        #expect(try cell.awaitVerdict().ending == .returned(7))
        cell.submit([])
        var failure: CellFailure?
        do throws(CellFailure) { _ = try cell.awaitVerdict() } catch { failure = error }
        guard case .deadlineExceeded(200_000_000, .stopped)? = failure else {
            Issue.record("\(failure.map { "\($0)" } ?? "the replay was taken")")
            return
        }
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
    }
}
