/// The end of a base or a supplemental. Deleting its file ends nothing: whoever can delete files cannot sign.
package struct TombstoneFile: Equatable, Sendable {
    /// Above every version of what it ends that has been in force.
    package var version: UInt64
    package var issued: UTCTime
    /// A base or a supplemental.
    package var target: FloorName
    package var reason: String

    package init(parsing bytes: [UInt8]) throws(PolicyTextError) {
        let document = try RoleDocument(parsing: bytes, kind: "tombstone", keys: ["target", "reason"])
        version = document.version
        issued = document.issued
        let value = try document.table.required("target")
        target = try value.parsed(as: "base/<id> or sup/<id>", FloorName.init(text:))
        switch target {
        case .base, .supplemental: break
        case .root, .revoke, .host: throw value.unknown("\(target)", expected: "base/<id> or sup/<id>")
        }
        reason = try document.table.required("reason").sentence()
    }
}
