internal import PolicyCore
internal import PolicyTrust

/// What stops a policy or key command: the file it is about, and the exit status it means.
enum PolicyCommandError: Error {
    case text(path: String, PolicyTextError)
    case trust(path: String, TrustError)
    case alreadyExpired(path: String, at: UTCTime)
    case privateKeyAsPublic(path: String)
    case assumption(String)
    case object(path: String, String)

    /// 0 ok, 1 the policy says no, 2 bad input, 3 trust failure, 4 internal.
    var exitCode: Int32 {
        switch self {
        case .text, .alreadyExpired, .privateKeyAsPublic, .assumption, .object: 2
        case .trust(_, let error): error.exitCode
        }
    }
}

extension PolicyCommandError: CustomStringConvertible {
    var description: String {
        switch self {
        case .text(let path, let error): "\(path):\(error)"
        case .trust(let path, .policy(let error)): "\(path): \(TrustError.policy(error)) (positions are in the signed text)"
        case .trust(let path, let error): "\(path): \(error)\(Self.remedy(for: error).map { "\n  \($0)" } ?? "")"
        case .alreadyExpired(let path, let end):
            "\(path): expired at \(end); set \"issued\" and \"expires\", and count \"version\" up"
        case .privateKeyAsPublic(let path): "\(path): this is a private key; give the .pub file beside it"
        case .assumption(let text):
            "\"\(text)\" is nothing to assume; write host.kvm=usable, host.kvm=absent, host.kvm=denied or host.kvm=error"
        case .object(let path, let reason): "\(path): \(reason)"
        }
    }

    private static func remedy(for error: TrustError) -> String? {
        switch error {
        case .threshold: "sign it with a trusted key (ringfence policy sign), or name the signer's key with --trust"
        case .envelope, .member: "a signed policy is made by: ringfence policy sign FILE --key KEY"
        case .weakKey, .keyFile, .keyLength: "make a key with: ringfence key new"
        case .base64, .tooManySignatures, .signatureTooLong, .payloadType, .policy, .notYetValid, .thresholdOutOfRange,
            .keyTwice, .tooManyKeys, .cryptography:
            nil
        }
    }
}
