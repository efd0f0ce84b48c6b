/// What every signed file other than a policy begins with: schema, kind, version and the time it was issued.
struct RoleDocument {
    let table: SchemaTable
    let version: UInt64
    let issued: UTCTime

    /// Reads a whole text. The schema is judged before the keys: those of a later one are not misspelt keys of this one.
    init(parsing bytes: [UInt8], kind: String, keys: [String]) throws(PolicyTextError) {
        let document = try StrictTOML.parse(bytes)
        let name = "the \(kind) file"
        guard let schema = document["schema"] else {
            throw PolicyTextError(.missingKey("schema", table: name), at: .start)
        }
        _ = try SchemaValue(key: "schema", value: schema).word([("ringfence-\(kind)/v1", ())])
        table = try SchemaTable(
            document, name: name, keys: ["schema", "kind", "version", "issued", "note"] + keys)
        _ = try table.required("kind").word([(kind, ())])
        version = try table.required("version").documentVersion()
        issued = try table.required("issued").time()
        _ = try table.optional("note")?.string()
    }

    /// The end of its time, which comes after its beginning.
    func expiry() throws(PolicyTextError) -> UTCTime {
        let value = try table.required("expires")
        let expires = try value.time()
        guard issued < expires else { throw value.invalid("is not after \"issued\"") }
        return expires
    }
}

extension SchemaValue {
    /// From 1, and below what every reader of every record holds exactly.
    func documentVersion() throws(PolicyTextError) -> UInt64 {
        let version = try integer()
        guard version < PolicyFile.versionLimit else {
            throw PolicyTextError(
                .limit("version \(version)", limit: Int(PolicyFile.versionLimit) - 1), at: position)
        }
        guard version > 0 else { throw invalid("counts from 1") }
        return version
    }

    /// Something with one text form, whose reader gives nil for every other text.
    func parsed<Item>(as expected: String, _ read: (String) -> Item?) throws(PolicyTextError) -> Item {
        let text = try string()
        guard let item = read(text) else { throw unknown(text, expected: expected) }
        return item
    }

    func machine() throws(PolicyTextError) -> MachineID {
        try parsed(as: "machine-id:<32 lower-case hexadecimal digits>") { text in
            guard text.utf8.starts(with: "machine-id:".utf8) else { return nil }
            return MachineID(String(text.dropFirst("machine-id:".utf8.count)))
        }
    }

    /// A sentence for people: not empty, at most 256 bytes of printable ASCII.
    func sentence() throws(PolicyTextError) -> String {
        let text = try string()
        guard (1...256).contains(text.utf8.count) else { throw invalid("has to be 1 to 256 characters") }
        return text
    }
}
