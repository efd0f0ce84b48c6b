/// A way back in for one host, once, for a day at most, and never above ``Tier/interpGuest``: for when the policy that was signed locks everyone out.
package struct RecoveryFile: Equatable, Sendable {
    package static let maximumSeconds: Int64 = 24 * 3600
    package static let ceiling = Tier.interpGuest

    package var issued: UTCTime
    package var expires: UTCTime
    package var machine: MachineID
    /// The installation that it is for, so that it is worth nothing once a host is set up anew.
    package var install: Nonce
    /// What makes it usable once.
    package var nonce: Nonce
    /// For the record.
    package var reason: String
    /// The programs that may run; nil for every program that the verifier passes.
    package var programs: [ProgramDigest]?

    package init(parsing bytes: [UInt8]) throws(PolicyTextError) {
        let document = try RoleDocument(
            parsing: bytes, kind: "recovery", keys: ["expires", "machine", "install", "nonce", "reason", "programs"])
        let top = document.table
        issued = document.issued
        expires = try document.expiry()
        guard expires.secondsSince1970 - issued.secondsSince1970 <= Self.maximumSeconds else {
            throw try top.required("expires").invalid("is more than 24 hours after \"issued\"")
        }
        machine = try top.required("machine").machine()
        install = try top.required("install").parsed(as: "32 lower-case hexadecimal digits", Nonce.init(text:))
        nonce = try top.required("nonce").parsed(as: "32 lower-case hexadecimal digits", Nonce.init(text:))
        reason = try top.required("reason").sentence()
        programs = try top.optional("programs")?.distinct { item throws(PolicyTextError) in
            try item.parsed(
                as: "\(ProgramDigest.prefix)<64 lower-case hexadecimal digits>", ProgramDigest.init(text:))
        }
    }
}
