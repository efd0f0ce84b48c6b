/// The text that takes things back. It can only deny, so one signature is enough for it.
package struct RevokeFile: Equatable, Sendable {
    package var version: UInt64
    package var issued: UTCTime
    /// Afterwards nothing that it revokes is permitted again; that it is old is then known.
    package var expires: UTCTime
    package var revocations: Revocations

    /// Reads a revocation list: `[[revoke]]` tables, each with its reason and what it takes back.
    package init(parsing bytes: [UInt8]) throws(PolicyTextError) {
        let document = try RoleDocument(parsing: bytes, kind: "revoke", keys: ["expires", "revoke"])
        version = document.version
        issued = document.issued
        expires = try document.expiry()
        revocations = .none
        guard let value = document.table.optional("revoke") else { return }
        for table in try value.tables() { try read(table) }
    }

    private mutating func read(_ table: TOMLTable) throws(PolicyTextError) {
        let keys = try SchemaTable(
            table, name: "[[revoke]]", keys: ["reason", "programs", "keys", "attestations", "verifiers"])
        _ = try keys.required("reason").sentence()
        guard table.entries.count > 1 else {
            throw PolicyTextError(.missingKey("programs", table: "[[revoke]]"), at: table.position)
        }
        let digits = "<64 lower-case hexadecimal digits>"
        if let value = keys.optional("programs") {
            revocations.programs.formUnion(
                try value.distinct { item throws(PolicyTextError) in
                    try item.parsed(as: ProgramDigest.prefix + digits, ProgramDigest.init(text:))
                })
        }
        if let value = keys.optional("keys") {
            revocations.keys.formUnion(
                try value.distinct { item throws(PolicyTextError) in
                    try item.parsed(as: KeyID.prefix + digits, KeyID.init(text:))
                })
        }
        if let value = keys.optional("attestations") {
            revocations.attestations.formUnion(
                try value.distinct { item throws(PolicyTextError) in
                    try item.parsed(as: "sha256:" + digits, ContentDigest.init(prefixed:))
                })
        }
        if let value = keys.optional("verifiers") {
            revocations.verifiers.formUnion(
                try value.distinct { item throws(PolicyTextError) in
                    guard let version = UInt32(exactly: try item.integer()), version > 0 else {
                        throw item.invalid("a verifier's version is from 1 to \(UInt32.max)")
                    }
                    return version
                })
        }
    }
}

extension ContentDigest {
    /// Nil unless the text is `sha256:` and 64 lower-case hexadecimal digits.
    package init?(prefixed text: String) {
        guard text.utf8.starts(with: "sha256:".utf8) else { return nil }
        self.init(hexadecimal: String(decoding: text.utf8.dropFirst(7), as: UTF8.self))
    }
}
