internal import CommandSupport
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust

/// What is in force on a host, for people and machines.
struct StoreReport: Encodable {
    var snapshot: String
    var now: String
    var machine: String
    /// Which installation this is: what a recovery file has to name, beside the machine.
    var install: String
    var root: UInt64?
    var rootExpires: String?
    var profile: String?
    var sources: [Source]
    var labels: [String]
    var revoked: Int
    var codeIntegrity: Bool
    var recoveryEnds: String?
    var alarms: [Alarm]
    var expiring: [String]

    struct Source: Encodable {
        var name: String
        var version: UInt64
        var sha256: String
        var standing: String
    }

    struct Alarm: Encodable {
        var code: String
        var subject: String
        var text: String
        var effect: String
    }

    /// What ends within this many days is said in advance.
    static let days: Int64 = 30

    init(_ policy: ActivePolicy) {
        let snapshot = policy.snapshot
        self.snapshot = snapshot.sha256.description
        now = policy.now.description
        machine = policy.state.machine.text
        install = "\(policy.state.install)"
        root = snapshot.root?.file.version
        rootExpires = snapshot.root?.file.expires.description
        profile = snapshot.root?.file.profile.rawValue
        sources = snapshot.sources.map {
            Source(
                name: $0.name, version: $0.version, sha256: $0.sha256.description, standing: $0.standing.rawValue)
        }
        labels = (snapshot.labels(now: policy.now).value ?? []).sorted()
        let revocations = snapshot.policies.revocations
        revoked =
            revocations.programs.count + revocations.keys.count + revocations.attestations.count
            + revocations.verifiers.count
        codeIntegrity = snapshot.bases.contains { $0.file.options.codeIntegrity }
        recoveryEnds = snapshot.policies.recovery?.expires.description
        alarms = policy.alarms.map {
            Alarm(code: $0.code.rawValue, subject: $0.subject, text: "\($0)", effect: $0.effect.rawValue)
        }
        let soon = UTCTime(secondsSince1970: policy.now.secondsSince1970 + Self.days * 86_400)
        var ends = snapshot.bases.map { ("base/\($0.file.id)", $0.file.expires) }
        ends += snapshot.bases.flatMap(\.supplementals).map { ("sup/\($0.file.id)", $0.file.expires) }
        if let root = snapshot.root { ends.append(("root", root.file.expires)) }
        expiring = ends.filter { $0.1 <= soon }.map { "\($0.0) at \($0.1)" }
    }

    var text: String {
        var lines = ["snapshot  sha256:\(snapshot)   machine \(machine)   installation \(install)"]
        if let root { lines.append("root      \(root), \(profile ?? ""), until \(rootExpires ?? "")") }
        for source in sources {
            let standing = source.standing == "full" ? "" : "   \(source.standing)"
            lines.append("  \(source.name) \(source.version)   sha256:\(source.sha256.prefix(12))…\(standing)")
        }
        if sources.isEmpty { lines.append("  no policy: nothing runs") }
        if !labels.isEmpty { lines.append("labels    \(labels.joined(separator: ", "))") }
        if revoked > 0 { lines.append("revoked   \(revoked)") }
        if codeIntegrity { lines.append("mode      code integrity: nothing is generated that this host could execute") }
        if let recoveryEnds { lines.append("recovery  in force until \(recoveryEnds)") }
        for alarm in alarms { lines.append("alarm     \(Printable.text(alarm.text, limit: 400))") }
        for end in expiring { lines.append("soon      \(end)") }
        return lines.joined(separator: "\n")
    }
}
