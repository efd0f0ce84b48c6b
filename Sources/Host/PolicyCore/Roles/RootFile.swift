/// The text that says whose signatures count for what. It decides nothing about programs.
package struct RootFile: Equatable, Sendable {
    package static let maximumKeys = 64

    package var version: UInt64
    package var issued: UTCTime
    package var expires: UTCTime
    package var profile: Profile
    package var keys: [Key]
    package var roles: [RoleName: Role]
    /// Floors that this root lets start again: the way out after somebody signed a version that nobody can go beyond.
    package var resetFloors: [FloorName]

    /// How many people it takes. It is part of what is signed, so no host can be told to ask for fewer.
    package enum Profile: String, CaseIterable, Sendable {
        /// Two for what permits, and for what changes who may.
        case production
        /// One person at one machine.
        case development
    }

    package enum RoleName: String, CaseIterable, Sendable {
        case root, base, revoke, host, recovery, log
    }

    /// A key as it is written. Whether it is one is for those who know algorithms.
    package struct Key: Equatable, Sendable {
        package var name: String
        package var scheme: String
        /// Base64.
        package var publicKey: String
        /// Who keeps the private half.
        package var custodian: String?
        package var position: SourcePosition
    }

    package struct Role: Equatable, Sendable {
        /// Names of keys.
        package var keys: [String]
        package var threshold: Int
        package var position: SourcePosition
    }
}

extension RootFile {
    /// Reads a root's text, and refuses it whole if any part of it is not understood, or could never, or would always, be satisfied.
    package init(parsing bytes: [UInt8]) throws(PolicyTextError) {
        let document = try RoleDocument(
            parsing: bytes, kind: "root", keys: ["expires", "profile", "key", "roles", "reset_floor"])
        let top = document.table
        version = document.version
        issued = document.issued
        expires = try document.expiry()
        profile = try top.required("profile").word()
        keys = try Self.readKeys(top.required("key"))
        let names = keys.map(\.name)
        let table = try SchemaTable(
            top.required("roles").table(), name: "[roles]", keys: RoleName.allCases.map(\.rawValue))
        roles = [:]
        for name in RoleName.allCases {
            // Without a recovery role there is no recovery, and without one for the log nobody signs it.
            let isOptional = name == .recovery || name == .log
            guard let value = isOptional ? table.optional(name.rawValue) : try table.required(name.rawValue) else {
                continue
            }
            roles[name] = try Role(reading: value, name: name, profile: profile, keys: names)
        }
        resetFloors =
            try top.optional("reset_floor")?.distinct { item throws(PolicyTextError) in
                let floor = try item.parsed(as: "revoke, host, base/<id> or sup/<id>", FloorName.init(text:))
                guard floor != .root else { throw item.invalid("the root's own floor is never reset") }
                return floor
            } ?? []
    }

    private static func readKeys(_ value: SchemaValue) throws(PolicyTextError) -> [Key] {
        let tables = try value.tables()
        guard tables.count <= maximumKeys else {
            throw PolicyTextError(.limit("\(tables.count) keys", limit: maximumKeys), at: tables[maximumKeys].position)
        }
        var keys: [Key] = []
        for table in tables {
            let key = try Key(reading: table)
            if let other = keys.first(where: { $0.name == key.name }) {
                throw PolicyTextError(
                    .duplicate("a key named \"\(key.name)\"", first: other.position), at: key.position)
            }
            keys.append(key)
        }
        return keys
    }
}

extension RootFile.Key {
    fileprivate init(reading table: TOMLTable) throws(PolicyTextError) {
        let keys = try SchemaTable(table, name: "[[key]]", keys: ["name", "scheme", "public", "custodian", "note"])
        name = try keys.required("name").identifier()
        scheme = try keys.required("scheme").string()
        publicKey = try keys.required("public").string()
        custodian = try keys.optional("custodian")?.sentence()
        _ = try keys.optional("note")?.string()
        position = table.position
    }
}

extension RootFile.Role {
    fileprivate init(
        reading value: SchemaValue, name: RootFile.RoleName, profile: RootFile.Profile, keys known: [String]
    ) throws(PolicyTextError) {
        let table = try SchemaTable(value.table(), name: "the role \"\(name.rawValue)\"", keys: ["keys", "threshold"])
        keys = try table.required("keys").distinct { item throws(PolicyTextError) in
            let key = try item.string()
            guard known.contains(key) else { throw item.unknown(key, expected: "the name of a [[key]]") }
            return key
        }
        let count = try table.required("threshold")
        guard let threshold = Int(exactly: try count.integer()), (1...keys.count).contains(threshold) else {
            throw count.invalid("has to be from 1 to \(keys.count), the number of the role's keys")
        }
        guard threshold >= name.minimumThreshold(profile) else {
            throw count.invalid(
                "the \(profile.rawValue) profile asks for at least \(name.minimumThreshold(profile)) in \"\(name.rawValue)\""
            )
        }
        self.threshold = threshold
        position = value.position
    }
}

extension RootFile.RoleName {
    /// What restricts may be said by one; what permits, or says who may permit, takes two.
    package func minimumThreshold(_ profile: RootFile.Profile) -> Int {
        switch profile {
        case .development: 1
        case .production:
            switch self {
            case .root, .base, .recovery: 2
            case .revoke, .host, .log: 1
            }
        }
    }
}
