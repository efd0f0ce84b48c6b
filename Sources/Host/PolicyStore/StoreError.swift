package import PolicyCore
package import PolicyTrust

/// Why a host has no policy, or keeps the one it has.
package enum StoreError: Error, Equatable, Sendable {
    /// The host's memory is not there, or not its own. It is never made again by itself.
    case state(StateProblem)
    /// A file or directory that is not believed, whatever it says.
    case file(String, FileProblem)
    case trust(String, TrustError)
    /// Something else, such as a file that is refused together with others.
    case refused(PolicyAlarm)
    case notKept(SystemFailure)
    /// Another process has been changing it for too long.
    case busy
    case machine
    case token
    case noSuchRoot(ContentDigest)

    package var code: PolicyCode {
        switch self {
        case .state, .notKept, .busy, .machine, .noSuchRoot: .state
        case .file(_, let problem): problem.code
        case .trust(_, let error): error.code
        case .refused(let alarm): alarm.code
        case .token: .parse
        }
    }
}

/// What is wrong with a file before anything in it is looked at.
package enum FileProblem: Error, Equatable, Sendable {
    case missing
    /// A link, a pipe, a device, a directory, something mounted over it.
    case notPlain(SystemFailure)
    case foreignOwner(UInt32)
    case writableByOthers(UInt32)
    case readableByOthers(UInt32)
    /// It has another name somewhere, under which somebody may change it.
    case linked(UInt64)
    case tooLarge(UInt64, limit: Int)
    case changedWhileRead
    case tooMany(limit: Int)
    case failed(SystemFailure)
    case malformed(String)

    package var code: PolicyCode {
        switch self {
        case .tooLarge, .tooMany: .limit
        case .malformed: .parse
        case .missing, .notPlain, .foreignOwner, .writableByOthers, .readableByOthers, .linked, .changedWhileRead,
            .failed:
            .state
        }
    }
}

extension FileProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing: "it is not there"
        case .notPlain(let failure): "it is a link, a pipe, a device, or something is mounted over it (\(failure))"
        case .foreignOwner(let user): "user \(user) owns it, and neither root nor who runs this does"
        case .writableByOthers(let mode): "others can write it (mode 0\(String(mode, radix: 8)))"
        case .readableByOthers(let mode): "others can read it (mode 0\(String(mode, radix: 8)))"
        case .linked(let count): "it has \(count) names, and may be changed under another one"
        case .tooLarge(let size, let limit): "\(size) bytes; the limit is \(limit)"
        case .changedWhileRead: "it changed while it was read"
        case .tooMany(let limit): "more than \(limit) files"
        case .failed(let failure): "\(failure)"
        case .malformed(let what): what
        }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .state(let problem): "\(code): \(problem)"
        case .file(let path, let problem): "\(path): \(code): \(problem)"
        case .trust(let path, let error): "\(path): \(error)"
        case .refused(let alarm): "\(alarm)"
        case .notKept(let failure): "\(code): it could not be kept (\(failure)), so it is not in force"
        case .busy: "\(code): another process is changing the state"
        case .machine: "\(code): /etc/machine-id does not say which machine this is"
        case .token: "\(code): an install token is \(InstallToken.prefix)<the SHA-256 of the first root's text>"
        case .noSuchRoot(let digest): "\(code): no file in trust/ holds the root sha256:\(digest)"
        }
    }
}
