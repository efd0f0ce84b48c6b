package import Linux
package import PolicyCore

/// Why a log cannot be written, or not be gone on with.
package enum LogError: Error, Equatable, Sendable {
    case system(SystemError)
    /// A write(2) that wrote less than it was given: the disk is full, or a limit was reached.
    case shortWrite(Int, of: Int)
    case lineTooLong(Int, limit: Int)
    /// There is a log and nothing that says where it stood: that is no first run.
    case stateMissing(path: String)
    case stateMalformed
    /// The file is shorter than it was, or ends before a record that it had.
    case truncated(sequence: UInt64)
    /// The last checkpoint that was made is not the one that is there, or what follows it is no record and nothing says why.
    case altered(sequence: UInt64)
    case signing(String)

    /// The reason that a decision has which could not be recorded.
    package var code: PolicyCode {
        switch self {
        case .system, .shortWrite, .lineTooLong, .signing: .logUnavailable
        case .stateMissing, .stateMalformed, .truncated, .altered: .state
        }
    }
}

extension LogError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system(let error): "\(error)"
        case .shortWrite(let count, let all): "write: \(count) of \(all) bytes were written; is the disk full?"
        case .lineTooLong(let count, let limit): "a record of \(count) bytes; the limit is \(limit)"
        case .stateMissing(let path): "there is a log, and no \(path) that says where it stood"
        case .stateMalformed: "what says where the log stood is not in its format"
        case .truncated(let sequence): "the log ends before record \(sequence), which it had"
        case .altered(let sequence): "record \(sequence) is not the one that was written"
        case .signing(let reason): "a checkpoint could not be signed: \(reason)"
        }
    }
}
