package import PolicyCore

/// Why a root is not the next one.
package enum RootChainProblem: Error, Equatable, Sendable {
    /// A version was left out, or is not there yet.
    case skipped(expected: UInt64, found: UInt64)
    /// Too few of those who could say so before say that this is the next root.
    case notSignedByPrevious(valid: Int, needed: Int)
    /// Too few of those who are to be trusted from now on have shown that they have their keys.
    case notSignedByNew(valid: Int, needed: Int)
    case tooLong(limit: Int)
    /// Not the root that this host was told to begin with, or has accepted.
    case otherAnchor(expected: ContentDigest, found: ContentDigest)

    package var code: PolicyCode {
        switch self {
        case .skipped, .notSignedByPrevious, .notSignedByNew, .otherAnchor: .rootChain
        case .tooLong: .limit
        }
    }
}

extension RootChainProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .skipped(let expected, let found): "root \(expected) comes next, and this is root \(found)"
        case .notSignedByPrevious(let valid, let needed):
            "\(valid) of the \(needed) signatures that the previous root asks for"
        case .notSignedByNew(let valid, let needed): "\(valid) of the \(needed) signatures that it asks for itself"
        case .tooLong(let limit): "more than \(limit) roots in one chain"
        case .otherAnchor(let expected, let found):
            "the chain begins at sha256:\(expected), and this is sha256:\(found)"
        }
    }
}

/// Why a version is not taken.
package enum FloorViolation: Error, Equatable, Sendable {
    /// Older than what has been in force.
    case rollback(version: UInt64, floor: UInt64)
    /// The version that is in force, saying something else.
    case equivocation(version: UInt64)
    /// So far ahead that no later version could follow for long.
    case fastForward(version: UInt64, floor: UInt64)
    /// A list of what is revoked that leaves out something that was on it. One signature may take back; giving back takes a root.
    case givesBack(version: UInt64, entries: Int)

    /// How far a version may lie above the one before it.
    package static let maximumStep: UInt64 = 10_000

    package var code: PolicyCode {
        switch self {
        case .rollback, .givesBack: .rollback
        case .equivocation: .equivocation
        case .fastForward: .limit
        }
    }
}

extension FloorViolation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .rollback(let version, let floor):
            "version \(version) is older than version \(floor), which has been in force"
        case .equivocation(let version): "another text was in force as version \(version)"
        case .fastForward(let version, let floor):
            "version \(version) is more than \(FloorViolation.maximumStep) above version \(floor)"
        case .givesBack(let version, let entries):
            "version \(version) leaves out \(entries) of what is revoked, which only a root with \"reset_floor\" may do"
        }
    }
}

/// Why a statement about a program counts for nothing.
package enum AttestationProblem: Error, Equatable, Sendable {
    /// It speaks of other programs.
    case otherProgram
    /// Whoever signed it says that the verifier did not pass the program.
    case verdict(String)
    /// Signatures cost time before anything is known about who made them.
    case tooManySignatures(limit: Int)
    case tooMany(limit: Int)

    package var code: PolicyCode {
        switch self {
        case .otherProgram: .digestMismatch
        case .verdict: .verdict
        case .tooMany, .tooManySignatures: .limit
        }
    }
}

extension AttestationProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .otherProgram: "the attestation speaks of other programs"
        case .verdict(let verdict): "the attestation's verdict is \"\(verdict)\""
        case .tooManySignatures(let limit): "an attestation with more than \(limit) signatures"
        case .tooMany(let limit): "more than \(limit) attestations"
        }
    }
}

/// Why a supplemental has no say.
package enum SupplementalProblem: Error, Equatable, Sendable {
    /// There is no base of that name.
    case extendsNothing(String)
    /// The base lets nobody supplement it.
    case notInvited(base: String)
    /// The keys that the base names are not known, so that nothing can be verified.
    case unknownSigners(base: String)

    package var code: PolicyCode {
        switch self {
        case .extendsNothing, .notInvited: .schema
        case .unknownSigners: .signatureThreshold
        }
    }
}

extension SupplementalProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .extendsNothing(let base): "it extends \"\(base)\", and no such policy is in force"
        case .notInvited(let base): "\"\(base)\" lets nobody supplement it"
        case .unknownSigners(let base): "none of the keys that \"\(base)\" names for its supplementals is known here"
        }
    }
}
