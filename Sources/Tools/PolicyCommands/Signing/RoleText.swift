internal import CommandSupport
internal import PolicyCore
internal import PolicyTrust

/// A signed file that is no policy: what says who may sign, who is revoked, what a host is called. Its schema says which.
struct RoleText {
    let type: PayloadType
    let summary: String
    /// What in it is probably not meant; nothing is looked for but in a root.
    let findings: [LintFinding]

    /// Nil where the text's schema is that of a policy, or of nothing that is known here.
    init?(_ bytes: [UInt8], path: String) throws(Failure) {
        let document: TOMLTable
        do throws(PolicyTextError) { document = try StrictTOML.parse(bytes) } catch {
            throw Failure(file: path, error)
        }
        guard case .string(let schema) = document["schema"]?.content else { return nil }
        do throws(PolicyTextError) {
            switch schema {
            case "ringfence-root/v1":
                let root = try RootFile(parsing: bytes)
                type = .root
                summary = root.summary
                findings = root.lint()
                return
            case "ringfence-revoke/v1":
                let revoke = try RevokeFile(parsing: bytes)
                type = .revoke
                summary = "revocations \(revoke.version)"
            case "ringfence-host/v1":
                let host = try HostFile(parsing: bytes)
                type = .host
                summary = "labels of a host: \(host.labels.joined(separator: ", "))"
            case "ringfence-recovery/v1":
                let recovery = try RecoveryFile(parsing: bytes)
                type = .recovery
                summary = "recovery until \(recovery.expires)"
            case "ringfence-tombstone/v1":
                let stone = try TombstoneFile(parsing: bytes)
                type = .tombstone
                summary = "the end of \(stone.target)"
            case _: return nil
            }
            findings = []
        } catch { throw Failure(file: path, error) }
    }
}

extension RootFile {
    /// For people: who may sign what, and how many it takes.
    var summary: String {
        "root \(version), \(profile.rawValue), until \(expires)\n"
            + roles.sorted { $0.key.rawValue < $1.key.rawValue }.map { role in
                "  \(role.key.rawValue): \(role.value.threshold) of \(role.value.keys.joined(separator: ", "))"
            }.joined(separator: "\n")
    }
}
