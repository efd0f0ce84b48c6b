import CellTesting
import Channel
import Enclosure
import Testing

extension BoundaryTests {
    /// Lets a cell answer its event after `code` has written to the log, and hands over the cell.
    private static func logging(
        in kind: EnclosureKind, _ code: String, _ body: (inout Cell) throws -> Void
    ) throws {
        var arena = try Arena(kind)
        do {
            var cell = try arena.start(HostileImage.attacking(code + HostileImage.verdict() + HostileImage.idle))
            defer { cell.end() }
            try cell.waitUntilRunning()
            cell.submit([])
            _ = try cell.awaitVerdict()
            try body(&cell)
        }
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
    }

    private static func record(length: UInt32, sequence: String, _ text: [UInt8] = []) -> String {
        let bytes = text.enumerated().map { "movb $\($1), FIRST_LOG + \(LogRecord.text) + \($0)\n" }.joined()
        return bytes + "movl $\(length), FIRST_LOG + \(LogRecord.length)\nmfence\nmovl $\(sequence), FIRST_LOG\n"
    }

    @Test(
        "a log record longer than its room is refused", arguments: EnclosureKind.testable,
        [121, 128, 0x8000_0000, 0xFFFF_FFFF] as [UInt32])
    func lengths(in kind: EnclosureKind, length: UInt32) throws {
        try Self.logging(in: kind, Self.record(length: length, sequence: "FIRST_SEQUENCE")) {
            (cell: inout Cell) throws in
            #expect(throws: ChannelError.logLength(got: length, limit: 120)) { try cell.log.poll() }
        }
    }

    @Test(
        "a log record out of order is refused", arguments: EnclosureKind.testable,
        [0, 5, 0x7FFF_FFFF, 0xFFFF_FFF6] as [UInt32])
    func sequences(in kind: EnclosureKind, sequence: UInt32) throws {
        try Self.logging(in: kind, Self.record(length: 1, sequence: "\(sequence)")) { (cell: inout Cell) throws in
            #expect(throws: ChannelError.logSequence(got: sequence, expected: 0xFFFF_FFFF)) { try cell.log.poll() }
        }
    }

    @Test("what would drive a terminal arrives escaped, and there is one line", arguments: EnclosureKind.testable)
    func controlCharacters(in kind: EnclosureKind) throws {
        let text: [UInt8] = [0x1B, 0x5B, 0x32, 0x4A, 0, 7, 8, 0x0D, 0x0A, 0xC2, 0x9B, 0x7F, 0x5C, 0x0A]
        try Self.logging(in: kind, Self.record(length: UInt32(text.count), sequence: "FIRST_SEQUENCE", text)) {
            (cell: inout Cell) throws in
            #expect(try cell.log.poll() == "\\x1b[2J\\x00\\x07\\x08\\x0d\\x0a\\xc2\\x9b\\x7f\\\\")
            #expect(try cell.log.poll() == nil)
        }
    }

    @Test("a claim of drops is a number and no more", arguments: EnclosureKind.testable)
    func drops(in kind: EnclosureKind) throws {
        try Self.logging(in: kind, "movl $0xffffffff, LOG_DROPPED\n") { (cell: inout Cell) throws in
            #expect(cell.log.claimedDrops == .max)
            #expect(try cell.log.poll() == nil)
        }
    }
}
