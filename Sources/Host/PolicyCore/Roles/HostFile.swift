/// The labels of hosts, which rules may ask for. Nothing else that a host says about itself is one.
package struct HostFile: Equatable, Sendable {
    package var version: UInt64
    package var issued: UTCTime
    /// Afterwards the labels are not known any more.
    package var expires: UTCTime
    /// The hosts that have these labels; for every other the file says nothing.
    package var machines: [MachineID]
    package var labels: [String]

    package init(parsing bytes: [UInt8]) throws(PolicyTextError) {
        let document = try RoleDocument(parsing: bytes, kind: "host", keys: ["expires", "machines", "labels"])
        version = document.version
        issued = document.issued
        expires = try document.expiry()
        machines = try document.table.required("machines").distinct { item throws(PolicyTextError) in
            try item.machine()
        }
        // A host may be one without labels, which is not the same as nothing being known about it.
        let list = try document.table.required("labels")
        labels = try list.unique(try list.items()) { item throws(PolicyTextError) in try item.identifier() }
    }
}
