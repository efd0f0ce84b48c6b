internal import PolicyCore
internal import PolicyTrust

extension Failure {
    /// A policy text that was refused.
    init(file: String, _ error: PolicyTextError) {
        self.init(
            .badInput, file, at: .line(error.position.line, column: error.position.column),
            "\(error.code): \(error.problem)")
    }

    /// A signed policy or a key that was refused.
    init(file: String, _ error: TrustError) {
        let status = ExitStatus(rawValue: error.exitCode) ?? .internalError
        self.init(status, file, "\(error)", remedy: error.remedy)
    }

    static func alreadyExpired(_ file: String, at end: UTCTime) -> Failure {
        Failure(
            .badInput, file, "expired at \(end)",
            remedy: "set \"issued\" and \"expires\", and count \"version\" up")
    }

    static func privateKeyAsPublic(_ file: String) -> Failure {
        Failure(.badInput, file, "this is a private key", remedy: "name the .pub file beside it")
    }

    static func assumption(_ text: String) -> Failure {
        let name = String(text.prefix { $0 != "=" })
        guard let fact = FactName(rawValue: name) else {
            return Failure(
                .badInput, text, "no fact is called \"\(name)\"",
                remedy: "write one of \(FactName.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let expectation = fact.shape.expectation
        return Failure(
            .badInput, text, "no value of \(name)",
            remedy: "write \(name)= and \(expectation)\(fact.shape.isSet ? ", with commas between several" : "")")
    }
}

extension TrustError {
    fileprivate var remedy: String? {
        switch self {
        case .threshold: "sign it with a trusted key (ringfence policy sign), or name the signer's key with --trust"
        case .envelope, .member: "a signed policy is made by: ringfence policy sign FILE --key KEY"
        case .weakKey, .keyFile, .keyLength: "make a key with: ringfence key new"
        case .policy: "the position is in the signed text, which the signer has to mend and sign again"
        case .base64, .tooManySignatures, .signatureTooLong, .payloadType, .notYetValid, .thresholdOutOfRange,
            .keyTwice,
            .tooManyKeys, .cryptography:
            nil
        }
    }
}
