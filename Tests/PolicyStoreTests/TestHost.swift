import Glibc
import PolicyCore
import PolicyStore
import PolicyTesting
import PolicyTrust
import Testing

/// A host of its own, in a temporary directory: its policies, its memory, and a clock.
final class TestHost: Sendable {
    static let machine = must(MachineID("0123456789abcdef0123456789abcdef"))
    let path: String

    var policies: String { "\(path)/etc" }
    var memory: String { "\(path)/var" }

    init() {
        var template = Array("/tmp/ringfence-store-XXXXXX\0".utf8CString)
        guard let name = mkdtemp(&template) else { preconditionFailure("no temporary directory") }
        path = String(cString: name)
        for directory in [
            "etc", "etc/trust", "etc/trust/keys", "etc/policy", "etc/policy/base", "etc/policy/sup",
            "etc/policy/tombstone",
        ] {
            precondition(mkdir("\(path)/\(directory)", 0o755) == 0)
        }
    }

    deinit { remove(path) }

    private func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR, let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(directory)
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    func configuration(
        minimumFloors: String? = nil, _ change: (inout StoreConfiguration) -> Void = { _ in }
    ) -> StoreConfiguration {
        var configuration = StoreConfiguration(eligible: .offered)
        configuration.policyDirectory = policies
        configuration.stateDirectory = memory
        configuration.minimumFloorsFile = minimumFloors
        configuration.machine = Self.machine
        configuration.clock = { ClockReading(wall: time("2026-06-01T00:00:00Z")) }
        change(&configuration)
        return configuration
    }

    func store(_ change: (inout StoreConfiguration) -> Void = { _ in }) -> PolicyStore {
        PolicyStore(configuration(change))
    }

    /// Writes a file beneath `etc`.
    func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) {
        let file = open("\(policies)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode)
        precondition(file >= 0 && Glibc.write(file, bytes, bytes.count) == bytes.count)
        fchmod(file, mode)
        close(file)
    }

    func erase(_ name: String) { unlink("\(policies)/\(name)") }

    func exists(_ name: String) -> Bool { access("\(policies)/\(name)", F_OK) == 0 }

    /// A host with root 1 and base 1 in force.
    static func begun(root: RootText = RootText(), base: [UInt8]? = base(1)) throws -> TestHost {
        let host = TestHost()
        host.write("trust/root.1.dsse", root.signed(by: "ann", "ben"))
        host.write("trust/keys/eve.pub", KeyFiles.text(of: person("eve").verificationKey, comment: "team net"))
        if let base { host.write("policy/base/fleet.dsse", base) }
        _ = try host.store().initialise(InstallToken(root: sha256(bytes(root.text))))
        return host
    }
}

func time(_ text: String) -> UTCTime { must(try? UTCTime(text: text.utf8)) }

/// The text of a base that permits XDP programs up to a tier.
func baseText(
    _ version: UInt64, id: String = "fleet", tier: String = "jit-guest", issued: String = "2026-01-01T00:00:00Z",
    extra: String = "", rules: String = ""
) -> String {
    """
    schema = "ringfence-policy/v1"
    kind = "base"
    id = "\(id)"
    version = \(version)
    issued = \(issued)
    expires = 2027-01-01T00:00:00Z
    mode = "enforce"
    \(extra)
    [options]
    guest_codegen = true
    supplemental = { signers = ["net"], ceiling = "interp-guest" }

    [signers]
    net = ["\(person("eve").verificationKey.id)"]

    [[permit]]
    id = "xdp"
    tier = "\(tier)"
    when = { type = ["xdp"] }
    \(rules)
    """
}

func base(
    _ version: UInt64, id: String = "fleet", tier: String = "jit-guest", issued: String = "2026-01-01T00:00:00Z",
    extra: String = "", rules: String = "", by names: [String] = ["ann", "ben"]
) -> [UInt8] {
    signed(
        bytes(baseText(version, id: id, tier: tier, issued: issued, extra: extra, rules: rules)), as: .base, by: names)
}

func document(_ kind: String, _ version: UInt64, _ rest: String, issued: String = "2026-01-01T00:00:00Z") -> [UInt8] {
    bytes("schema = \"ringfence-\(kind)/v1\"\nkind = \"\(kind)\"\nversion = \(version)\nissued = \(issued)\n\(rest)")
}

func tombstone(_ version: UInt64, _ target: String, by names: [String] = ["ann", "ben"]) -> [UInt8] {
    signed(document("tombstone", version, "target = \"\(target)\"\nreason = \"a test\"\n"), as: .tombstone, by: names)
}

func revocations(_ version: UInt64, _ entries: String, by names: [String] = ["cat"]) -> [UInt8] {
    signed(
        document("revoke", version, "expires = 2027-01-01T00:00:00Z\n\(entries)"), as: .revoke, by: names)
}

func labels(
    _ version: UInt64, _ labels: String, machine: String = TestHost.machine.text, by names: [String] = ["cat"]
) -> [UInt8] {
    signed(
        document(
            "host", version,
            "expires = 2027-01-01T00:00:00Z\nmachines = [\"machine-id:\(machine)\"]\nlabels = [\(labels)]\n"),
        as: .host, by: names)
}

func supplemental(
    _ version: UInt64, id: String = "net", extends: String = "fleet", rules: String, extra: String = "",
    by names: [String] = ["eve"]
) -> [UInt8] {
    signed(
        bytes(
            """
            schema = "ringfence-policy/v1"
            kind = "sup"
            id = "\(id)"
            extends = "\(extends)"
            version = \(version)
            issued = 2026-01-01T00:00:00Z
            expires = 2027-01-01T00:00:00Z
            mode = "enforce"
            \(extra)
            \(rules)

            """), as: .supplemental, by: names)
}

let permitTC = "[[permit]]\nid = \"tc\"\ntier = \"jit-guest\"\nwhen = { type = [\"sched_cls\"] }\n"
let forbidXDP = "[[forbid]]\nid = \"no-xdp\"\ntier = \"interp-guest\"\nwhen = { type = [\"xdp\"] }\n"

extension ActivePolicy {
    /// What a verified program of a type gets, on a host that can run everything.
    func outcome(_ type: ProgramType = .xdp, _ digest: UInt8 = 7, now: UTCTime? = nil) -> Decision {
        var facts = Facts(
            program: ProgramIdentity(
                digest: ProgramDigest(must(ContentDigest([UInt8](repeating: digest, count: 32)))), type: type,
                helpers: [], instructionCount: 2, verdict: .accepted,
                verifier: VerifierIdentity(version: 4, options: .strict)),
            hostKVM: .known(.usable, .observed))
        let attested = snapshot.attested(must(facts[.program].value), by: [])
        facts[.signer] = attested.signer
        facts[.attestation] = attested.attestation
        return snapshot.decide(
            facts, availability: Availability(guest: .usable, child: .usable, eligible: .offered), now: now ?? self.now)
    }

    var codes: Set<PolicyCode> { Set(alarms.map(\.code)) }
    var versions: [String] { snapshot.sources.map { "\($0.name) \($0.version)" } }
}

/// The error that something ends with.
func failure<Value>(_ body: () throws(StoreError) -> Value) -> StoreError? {
    do throws(StoreError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
