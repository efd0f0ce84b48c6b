package import CommandSupport
package import PolicyCore
package import PolicyTrust

extension Failure {
    /// A policy text that was refused.
    package init(file: String, _ error: PolicyTextError) {
        self.init(
            .badInput, file, at: .line(error.position.line, column: error.position.column),
            "\(error.code): \(error.problem)")
    }

    /// A signed policy or a key that was refused.
    package init(file: String, _ error: TrustError) {
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

    package static func assumption(_ text: String) -> Failure {
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
        case .weakKey, .keyFile, .keyLength, .secretLength, .unknownScheme, .notOnCurve:
            "make a key with: ringfence key new"
        case .policy: "the position is in the signed text, which the signer has to mend and sign again"
        case .signatureForm: "an Ed25519 signature has 64 bytes; one of P-256 has 64 bytes, or is the DER of r and s"
        case .signatureDoesNotHold: "name the public key of the signer with --public"
        case .base64, .tooManySignatures, .signatureTooLong, .payloadType, .statement, .notYetValid, .expired,
            .rootChain, .floor, .attestation, .supplemental, .otherHost, .recoveryUsed, .lost, .lostRecovery,
            .unreadable, .thresholdOutOfRange, .keyTwice, .tooManyKeys, .cryptography:
            nil
        }
    }
}
