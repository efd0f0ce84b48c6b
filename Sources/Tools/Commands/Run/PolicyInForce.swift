internal import ArgumentParser
internal import CommandSupport
internal import Linux
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import Sandbox

/// Which policy decides: the one file that is named, with the keys that are named, or what is in force on the host.
struct PolicyInForce: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "One signed policy, for trying out; needs --trust. (default: what is in force on this host)",
            valueName: "file"))
    var policy: String?

    @OptionGroup var trust: TrustOptions

    @Option(
        name: .customLong("policy-root"),
        help: ArgumentHelp("Where this host's signed files are, if not in /etc/ringfence.", valueName: "dir"))
    var root = StoreOptions.defaultRoot

    @Option(
        name: .customLong("policy-state"),
        help: ArgumentHelp("Where this host remembers them, if not in /var/lib/ringfence.", valueName: "dir"))
    var state = StoreOptions.defaultState

    @Option(
        help: ArgumentHelp("A signed statement about the program; may be given several times.", valueName: "file"))
    var attestation: [String] = []

    /// The file that hosts without a root keep their policy in.
    private static let single = "/etc/ringfence/policy/base/policy.dsse"

    /// What is in force on this host, if it has policies of its own and no other is named. This comes before the process is confined: what a
    /// host remembers of the time is written down as it is read, and only root can have put these files where they are.
    func ofHost() throws -> ActivePolicy? { try store.map(load) }

    /// The host's policies; nil where a file is named, or where there are none. Without a state this host was never given a root.
    var store: PolicyStore? {
        guard policy == nil, Files.exists("\(state)/state.json") else { return nil }
        return PolicyStore.at(root: root, state: state)
    }

    func load(_ store: PolicyStore) throws -> ActivePolicy {
        let active: ActivePolicy
        do throws(StoreError) { active = try store.load() } catch {
            throw Failure(error)
        }
        for alarm in active.alarms { StandardError.write("warning: \(Printable.text("\(alarm)", limit: 400))\n") }
        return active
    }

    /// The one file that is named. Anybody may have written it, so it is read by a process that is confined already.
    func named() throws -> PolicySnapshot {
        let path = policy ?? Self.single
        let snapshot = try PolicyFiles.load(path, trusted: try trust.keys(), now: PolicyFiles.now)
        for base in snapshot.bases {
            guard let targets = base.file.targets else { continue }
            let text = try Files.read("/etc/machine-id", maximumBytes: 64)
            let machine = MachineID(String(decoding: text.filter { $0 != 0x0A }, as: UTF8.self))
            guard let machine, targets.contains(machine) else {
                throw Failure(
                    .trustFailure, path, "is for \(targets.count) other machines (\"targets\"), and not for this one")
            }
        }
        return snapshot
    }

    /// The statements that came with a program.
    func attestations() throws(Failure) -> [[UInt8]] {
        var envelopes: [[UInt8]] = []
        for path in attestation { envelopes.append(try Files.read(path, maximumBytes: Envelope.maximumBytes + 1)) }
        return envelopes
    }
}

extension AdmittedProgram {
    /// Adds what the statements say, as far as the keys are known to the policy.
    mutating func attest(_ envelopes: [[UInt8]], known snapshot: PolicySnapshot) {
        attest { digest in
            let said = snapshot.attested(digest, by: envelopes)
            return (said.signer, said.attestation)
        }
    }
}
