internal import Crypto
internal import PolicyCore

/// Lines that are no records, until a record accounts for them.
struct Rubble: Sendable {
    private(set) var lines: UInt64 = 0
    private var hash = SHA256()

    mutating func add(_ line: [UInt8]) {
        lines += 1
        hash.update(data: line)
        hash.update(data: [0x0A])
    }

    var sha256: ContentDigest { LogChain.digest(Array(hash.finalize())) }

    /// Clears it if the record is about just these lines.
    mutating func clear(_ torn: LogRecord.Torn) {
        if torn.lines == lines, torn.sha256 == sha256 { self = Rubble() }
    }
}
