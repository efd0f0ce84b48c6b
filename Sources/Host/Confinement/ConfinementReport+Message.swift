/// Why bytes are not a confinement report.
package enum ReportMessageError: Error, Equatable, Sendable, CustomStringConvertible {
    case length(got: Int, expected: Int)
    case version(UInt8)
    case role(UInt8)
    case outcome(step: ConfinementStep, tag: UInt8)
    case mappings(UInt8)

    package var description: String {
        switch self {
        case .length(let got, let expected): "a confinement report has \(expected) bytes, not \(got)"
        case .version(let version): "confinement report version \(version) is not known"
        case .role(let role): "no role has number \(role)"
        case .outcome(let step, let tag): "\(step): no outcome has number \(tag)"
        case .mappings(let tag): "mapping audit: \(tag) is neither absent (0) nor present (1)"
        }
    }
}

/// The report as one message of fixed size, so that a confined process can tell its parent, which may not look for
/// itself: what is not dumpable shows its mappings and descriptors to nobody without privilege.
extension ConfinementReport {
    private static let version: UInt8 = 2
    private static let header = 2
    private static let row = 9
    private static let audit = 29

    /// Bytes in a message.
    package static var messageSize: Int { header + ConfinementStep.allCases.count * row + audit }

    package var message: [UInt8] {
        var bytes: [UInt8] = [Self.version, role.rawValue]
        bytes.reserveCapacity(Self.messageSize)
        for (outcome, cost) in zip(outcomes, costs) {
            switch outcome {
            case .notRequested: bytes += [0] + Self.littleEndian(0)
            case .obtained(let detail): bytes += [1] + Self.littleEndian(detail)
            case .refused(let errno): bytes += [2] + Self.littleEndian(UInt32(bitPattern: errno))
            }
            bytes += Self.littleEndian(cost)
        }
        bytes.append(mappings == nil ? 0 : 1)
        bytes += Self.littleEndian(UInt32(clamping: mappings?.executable ?? 0))
        bytes += Self.littleEndian(UInt32(clamping: mappings?.writableExecutable ?? 0))
        bytes += Self.littleEndian(UInt32(clamping: mappings?.aliasedFiles ?? 0))
        let origins = mappings?.origins ?? ExecutableOrigins()
        for count in [origins.files, origins.memoryFiles, origins.kernel, origins.anonymous] {
            bytes += Self.littleEndian(UInt32(clamping: count))
        }
        return bytes
    }

    /// Reads a message, which is accepted whole or not at all.
    package init(message bytes: [UInt8]) throws(ReportMessageError) {
        guard bytes.count == Self.messageSize else {
            throw .length(got: bytes.count, expected: Self.messageSize)
        }
        guard bytes[0] == Self.version else { throw .version(bytes[0]) }
        guard let role = Role(rawValue: bytes[1]) else { throw .role(bytes[1]) }
        self.init(role: role)
        for (index, step) in ConfinementStep.allCases.enumerated() {
            let start = Self.header + index * Self.row
            let value = Self.word(bytes, at: start + 1)
            let outcome: StepOutcome
            switch bytes[start] {
            case 0: outcome = .notRequested
            case 1: outcome = .obtained(detail: value)
            case 2: outcome = .refused(errno: Int32(bitPattern: value))
            default: throw .outcome(step: step, tag: bytes[start])
            }
            record(step, outcome, nanoseconds: UInt64(Self.word(bytes, at: start + 5)))
        }
        let end = bytes.count - Self.audit
        guard bytes[end] <= 1 else { throw .mappings(bytes[end]) }
        guard bytes[end] == 1 else { return }
        mappings = MappingAudit(
            executable: Int(Self.word(bytes, at: end + 1)), writableExecutable: Int(Self.word(bytes, at: end + 5)),
            aliasedFiles: Int(Self.word(bytes, at: end + 9)),
            origins: ExecutableOrigins(
                files: Int(Self.word(bytes, at: end + 13)), memoryFiles: Int(Self.word(bytes, at: end + 17)),
                kernel: Int(Self.word(bytes, at: end + 21)), anonymous: Int(Self.word(bytes, at: end + 25))))
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
    }
}
