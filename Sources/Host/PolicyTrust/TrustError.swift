package import PolicyCore

/// Why bytes are not a policy that this host trusts.
package enum TrustError: Error, Equatable, Sendable {
    /// The envelope is not the JSON that an envelope is.
    case envelope(JSONError)
    /// A member that an envelope has to have is missing or of another kind.
    case member(String)
    /// Not the one way in which base64 writes these bytes.
    case base64(String)
    case tooManySignatures(Int, limit: Int)
    case signatureTooLong(Int, limit: Int)
    case payloadType(found: String, expected: String)
    case threshold(valid: Int, needed: Int, signatures: Int)
    /// The signature holds, and the text under it is refused.
    case policy(PolicyTextError)
    case statement(ProgramStatement.Problem)
    case notYetValid(from: UTCTime, now: UTCTime)
    case expired(at: UTCTime, now: UTCTime)
    case rootChain(RootChainProblem)
    case floor(FloorName, FloorViolation)
    case attestation(AttestationProblem)
    case supplemental(SupplementalProblem)
    /// The file is for other hosts, or for another installation of this one.
    case otherHost(String)
    case recoveryUsed(Nonce)
    /// What was in force cannot be found any more.
    case lost(FloorName)
    case lostRecovery(ContentDigest)
    /// What the file system had to say against a file stands beside it.
    case unreadable

    // Keys.
    case thresholdOutOfRange(Int, keys: Int)
    case keyTwice(KeyID)
    case tooManyKeys(Int, limit: Int)
    case keyLength(Int, KeyScheme)
    case secretLength(Int)
    case unknownScheme(String)
    /// No point of P-256 in uncompressed form.
    case notOnCurve
    /// Neither 64 bytes nor the DER of an ECDSA signature.
    case signatureForm
    case signatureDoesNotHold(KeyID)
    /// Signatures under such a key hold for messages that nobody signed, or the point has a second spelling.
    case weakKey
    case keyFile(String, line: Int)

    case cryptography(String)

    package var code: PolicyCode {
        switch self {
        case .envelope(let error): error.code
        case .member, .base64: .parse
        case .tooManySignatures, .signatureTooLong, .tooManyKeys: .limit
        case .payloadType: .signatureType
        case .threshold, .signatureDoesNotHold: .signatureThreshold
        case .policy(let error): error.code
        case .statement(let problem): problem.code
        case .notYetValid: .clock
        case .expired: .expired
        case .rootChain(let problem): problem.code
        case .floor(_, let violation): violation.code
        case .attestation(let problem): problem.code
        case .supplemental(let problem): problem.code
        case .otherHost, .recoveryUsed, .lost, .lostRecovery, .unreadable: .state
        case .thresholdOutOfRange, .keyTwice, .keyLength, .secretLength, .unknownScheme, .notOnCurve, .weakKey: .schema
        case .keyFile, .signatureForm: .parse
        case .cryptography: .internalError
        }
    }

    /// 2 where the input is wrong, 3 where it is not to be trusted, 4 where we are wrong.
    package var exitCode: Int32 {
        switch self {
        case .keyFile, .keyLength, .secretLength, .unknownScheme, .notOnCurve, .thresholdOutOfRange, .keyTwice,
            .tooManyKeys, .signatureForm:
            2
        case .envelope, .member, .base64, .tooManySignatures, .signatureTooLong, .payloadType, .threshold, .policy,
            .statement, .notYetValid, .expired, .rootChain, .floor, .attestation, .supplemental, .otherHost,
            .recoveryUsed, .lost, .lostRecovery, .unreadable, .signatureDoesNotHold, .weakKey:
            3
        case .cryptography: 4
        }
    }
}

extension TrustError: CustomStringConvertible {
    package var description: String { "\(code): \(sentence)" }

    private var sentence: String {
        switch self {
        case .envelope(let error): "the envelope is malformed at \(error)"
        case .member(let name): "the envelope has no proper \"\(name)\""
        case .base64(let name): "\"\(name)\" is not canonical base64"
        case .tooManySignatures(let count, let limit): "\(count) signatures; the limit is \(limit)"
        case .signatureTooLong(let count, let limit): "a signature of \(count) bytes; the limit is \(limit)"
        case .payloadType(let found, let expected): "the envelope holds \"\(found)\", and \"\(expected)\" is wanted"
        case .threshold(let valid, let needed, let signatures):
            "\(valid) of \(signatures) signatures are by distinct trusted keys, and \(needed) are needed"
        case .policy(let error):
            "the signature holds, and the text under it is refused at \(error.position): \(error.problem)"
        case .statement(let problem): "\(problem)"
        case .notYetValid(let start, let now): "the policy is valid from \(start) on, and it is \(now)"
        case .expired(let end, let now): "the file's time ended at \(end), and it is \(now)"
        case .rootChain(let problem): "\(problem)"
        case .floor(let name, let violation): "\(name): \(violation)"
        case .attestation(let problem): "\(problem)"
        case .supplemental(let problem): "\(problem)"
        case .otherHost(let what): "the file is for \(what)"
        case .recoveryUsed(let nonce): "the recovery \(nonce) has been used, and works once"
        case .lost(let name): "\(name) was in force, and its text is not there any more"
        case .lostRecovery(let sha256): "the recovery sha256:\(sha256) is not there any more"
        case .unreadable: "the file cannot be read"
        case .thresholdOutOfRange(let threshold, let keys): "a threshold of \(threshold) with \(keys) keys"
        case .keyTwice(let id): "the key \(id) is there twice"
        case .tooManyKeys(let count, let limit): "\(count) keys; the limit is \(limit)"
        case .keyLength(let count, let scheme):
            "a key for \(scheme.rawValue) has \(scheme.publicKeyBytes) bytes, and this one \(count)"
        case .secretLength(let count): "a private key has \(KeyScheme.secretBytes) bytes, and this one \(count)"
        case .unknownScheme(let name):
            "\"\(name)\" is no algorithm that is known here: \(KeyScheme.allCases.map(\.rawValue).joined(separator: ", "))"
        case .notOnCurve: "this is no point of P-256 in uncompressed form"
        case .signatureForm:
            "this is neither a signature of \(KeyScheme.signatureBytes) bytes nor the DER of one by a P-256 key"
        case .signatureDoesNotHold(let id): "the key \(id) did not sign this"
        case .weakKey:
            "this Ed25519 key is a point of small order or not in canonical form; nobody's signature proves anything under it"
        case .keyFile(let expected, let line): "line \(line) of the key file: expected \(expected)"
        case .cryptography(let what): what
        }
    }
}
