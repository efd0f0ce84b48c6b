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
    case notYetValid(from: UTCTime, now: UTCTime)

    // Keys.
    case thresholdOutOfRange(Int, keys: Int)
    case keyTwice(KeyID)
    case tooManyKeys(Int, limit: Int)
    case keyLength(Int)
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
        case .threshold: .signatureThreshold
        case .policy(let error): error.code
        case .notYetValid: .clock
        case .thresholdOutOfRange, .keyTwice, .keyLength, .weakKey: .schema
        case .keyFile: .parse
        case .cryptography: .internalError
        }
    }

    /// 2 where the input is wrong, 3 where it is not to be trusted, 4 where we are wrong.
    package var exitCode: Int32 {
        switch self {
        case .keyFile, .keyLength, .thresholdOutOfRange, .keyTwice, .tooManyKeys: 2
        case .envelope, .member, .base64, .tooManySignatures, .signatureTooLong, .payloadType, .threshold, .policy,
            .notYetValid, .weakKey:
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
            "the signature holds, and the policy under it is refused at \(error.position): \(error.problem)"
        case .notYetValid(let start, let now): "the policy is valid from \(start) on, and it is \(now)"
        case .thresholdOutOfRange(let threshold, let keys): "a threshold of \(threshold) with \(keys) keys"
        case .keyTwice(let id): "the key \(id) is there twice"
        case .tooManyKeys(let count, let limit): "\(count) trusted keys; the limit is \(limit)"
        case .keyLength(let count): "an Ed25519 key has 32 bytes, and this one \(count)"
        case .weakKey:
            "this Ed25519 key is a point of small order or not in canonical form; nobody's signature proves anything under it"
        case .keyFile(let expected, let line): "line \(line) of the key file: expected \(expected)"
        case .cryptography(let what): what
        }
    }
}
