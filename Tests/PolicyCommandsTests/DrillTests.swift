import CommandSupport
import Foundation
import PolicyCommands
import PolicyCore
import PolicyLog
import PolicyStore
import PolicyTrust
import Testing

/// A site with keys, a host's directories, and files signed as its people would sign them.
private final class Site {
    let workshop: Workshop
    let now = UTCTime(secondsSince1970: Int64(Date().timeIntervalSince1970))

    init(_ people: String...) throws {
        workshop = try Workshop()
        for name in people { try run("key", "new", "--out", file(name)) }
        for folder in ["etc/trust", "etc/policy/base", "etc/policy/sup", "etc/policy/tombstone"] {
            try FileManager.default.createDirectory(atPath: file(folder), withIntermediateDirectories: true)
        }
    }

    func file(_ name: String) -> String { "\(workshop.path)/\(name)" }

    var place: [String] { ["--root", file("etc"), "--state", file("state")] }

    func day(_ days: Int64) -> UTCTime { UTCTime(secondsSince1970: now.secondsSince1970 + days * 86_400) }

    @discardableResult
    func run(_ arguments: String...) throws -> String {
        let result = ringfence(arguments)
        #expect(result.status == 0, "\(arguments): \(result.failure.map { "\($0)" } ?? result.text)")
        return result.text
    }

    /// Signs a text by several people, one after the other.
    func signed(_ name: String, _ text: String, by people: [String]) throws -> String {
        let source = try workshop.write("\(name).toml", text)
        try run("policy", "sign", source, "--key", file("\(people[0]).key"), "--accept", "L101")
        for person in people.dropFirst() {
            try run("policy", "add-signature", file("\(name).dsse"), "--key", file("\(person).key"))
        }
        return file("\(name).dsse")
    }

    func root(_ version: Int, _ people: [String]) throws -> String {
        var text = """
            schema = "ringfence-root/v1"
            kind = "root"
            version = \(version)
            issued = \(day(-2))
            expires = \(day(300))
            profile = "production"

            """
        for person in people {
            let key = try KeyFiles.readPublicKey(try workshop.read("\(person).pub")).key
            let encoded = String(decoding: Base64.encode(key.bytes), as: UTF8.self)
            text += "[[key]]\nname = \"\(person)\"\nscheme = \"ed25519\"\npublic = \"\(encoded)\"\n"
        }
        let names = people.map { "\"\($0)\"" }.joined(separator: ", ")
        text += "[roles]\n"
        for (role, threshold) in [("root", 2), ("base", 2), ("revoke", 1), ("host", 1), ("recovery", 2)] {
            text += "\(role) = { keys = [\(names)], threshold = \(threshold) }\n"
        }
        return text
    }

    func base(_ version: Int, permits: Bool = true) -> String {
        """
        schema = "ringfence-policy/v1"
        kind = "base"
        id = "fleet"
        version = \(version)
        issued = \(day(-1))
        expires = \(day(200))
        mode = "enforce"

        """ + (permits ? "[[permit]]\nid = \"xdp\"\ntier = \"interp-guest\"\nwhen = { type = [\"xdp\"] }\n" : "")
    }

    func status() throws -> (status: Int32, text: String) {
        let result = ringfence(["policy", "status"] + place)
        return (result.status, result.text)
    }

    func install(_ path: String) -> CommandResult { ringfence(["policy", "install", path] + place) }

    /// What the policy in force says of an XDP program.
    func decision() throws -> Decision {
        var configuration = StoreConfiguration(eligible: .offered)
        (configuration.policyDirectory, configuration.stateDirectory) = (file("etc"), file("state"))
        let active = try PolicyStore(configuration).load()
        let digest = try #require(ContentDigest([UInt8](repeating: 7, count: 32)))
        let program = ProgramIdentity(
            digest: ProgramDigest(digest), type: .xdp, helpers: [], instructionCount: 2, verdict: .accepted,
            verifier: VerifierIdentity(version: 1, options: .strict))
        return active.snapshot.decide(
            Facts(program: program, hostKVM: .known(.usable, .observed)),
            availability: Availability(guest: .usable, child: .usable, eligible: .offered), now: active.now)
    }

    /// From nothing to a host with a root and a policy.
    func begin(_ people: [String]) throws {
        let root = try signed("root.1", try root(1, people), by: Array(people.prefix(2)))
        try FileManager.default.copyItem(atPath: root, toPath: file("etc/trust/root.1.dsse"))
        let token = "ringfence-install:v1:\(sha256(try workshop.read("root.1.toml")))"
        let begun = ringfence(["policy", "init", "--token", token] + place)
        #expect(begun.status == 0, "\(begun.failure.map { "\($0)" } ?? begun.text)")
        let installed = install(try signed("base.1", base(1), by: Array(people.prefix(2))))
        #expect(installed.status == 0, "\(installed.failure.map { "\($0)" } ?? installed.text)")
        #expect(try status().status == 0)
        #expect(try decision().code == .ok)
    }
}

@Suite("Drills, as people do them at the command line")
struct DrillTests {
    @Test("a key is lost: the others take it out of the root, sign the policy anew, and nothing old comes back")
    func rotation() throws {
        let site = try Site("ann", "ben", "cat", "dan")
        try site.begin(["ann", "ben", "cat"])
        // Ben's key is gone. A root that only the new people sign does not follow.
        let text = try site.root(2, ["ann", "cat", "dan"])
        let alone = site.install(try site.signed("root.2x", text, by: ["dan", "cat"]))
        #expect(alone.status == 3 && "\(alone.failure?.problem ?? "")".contains("E_ROOT_CHAIN"))
        let rotated = site.install(try site.signed("root.2", text, by: ["ann", "cat"]))
        #expect(rotated.status == 0, "\(rotated.failure.map { "\($0)" } ?? rotated.text)")
        // The policy that ben signed is one signature short now: the safest tier is left, and an alarm says so.
        let short = try site.status()
        #expect(short.status == 3 && short.text.contains("alarm"))
        #expect(try site.decision().cap == .baseUnsigned)
        let renewed = site.install(try site.signed("base.2", site.base(2), by: ["ann", "dan"]))
        #expect(renewed.status == 0, "\(renewed.failure.map { "\($0)" } ?? renewed.text)")
        #expect(try site.status().status == 0)
        // The old one is older than what was in force, whoever signs it.
        let old = site.install(try site.signed("base.1again", site.base(1), by: ["ann", "cat"]))
        #expect(old.status == 3 && "\(old.failure?.problem ?? "")".contains("E_ROLLBACK"))
        #expect(try site.decision().code == .ok)
    }

    @Test("what happens to policies is in the log: floors, what is in force; a log that is gone is missed")
    func recorded() throws {
        let site = try Site("ann", "ben", "cat")
        try site.begin(["ann", "ben", "cat"])
        let path = site.file("state/log/decisions.jsonl")
        let text = String(decoding: try site.workshop.read("state/log/decisions.jsonl"), as: UTF8.self)
        #expect(text.contains("base/fleet") && !text.contains("reload"), "\(text)")
        let lines = text.split(separator: "\n").count
        let second = site.install(try site.signed("base.2", site.base(2), by: ["ann", "ben"]))
        #expect(second.status == 0, "\(second.failure.map { "\($0)" } ?? second.text)")
        let more = String(decoding: try site.workshop.read("state/log/decisions.jsonl"), as: UTF8.self)
        #expect(more.hasPrefix(text) && more.contains("reload"), "\(more)")
        // The new policy, its floor, the checkpoint.
        #expect(more.split(separator: "\n").count == lines + 3, "\(more)")
        // The host remembers how far its log was.
        var configuration = StoreConfiguration(eligible: .offered)
        (configuration.policyDirectory, configuration.stateDirectory) = (site.file("etc"), site.file("state"))
        let store = PolicyStore(configuration)
        let log = HostLog(ofHostWith: site.file("state"))
        #expect(log.path == path)
        try log.checkContinuity(with: store)
        let remembered = try #require(try store.state().log)
        #expect(remembered.sequence == UInt64(more.split(separator: "\n").count))
        try FileManager.default.removeItem(atPath: site.file("state/log"))
        #expect(throws: LogError.truncated(sequence: remembered.sequence - 1)) {
            try log.checkContinuity(with: store)
        }
    }

    @Test("a policy locks everybody out: a recovery file opens the safest tier for a day, once, on this host")
    func lockout() throws {
        let site = try Site("ann", "ben", "cat")
        try site.begin(["ann", "ben", "cat"])
        #expect(site.install(try site.signed("base.2", site.base(2, permits: false), by: ["ann", "ben"])).status == 0)
        #expect(try site.decision().code == .noPermit)
        let state = try PolicyStoreState(site)
        func recovery(_ name: String, install: String, by people: [String]) throws -> String {
            try site.signed(
                name,
                """
                schema = "ringfence-recovery/v1"
                kind = "recovery"
                version = 1
                issued = \(site.now)
                expires = \(UTCTime(secondsSince1970: site.now.secondsSince1970 + 3600))
                machine = "machine-id:\(state.machine)"
                install = "\(install)"
                nonce = "000102030405060708090a0b0c0d0e0f"
                reason = "base 2 permits nothing"

                """, by: people)
        }
        func use(_ path: String) -> CommandResult { ringfence(["policy", "recover", path] + site.place) }
        #expect(use(try recovery("short", install: state.install, by: ["ann"])).status == 3, "one signature of two")
        let foreign = String(repeating: "f", count: 32)
        let other = try recovery("foreign", install: foreign, by: ["ann", "ben"])
        #expect(use(other).status == 3, "another installation's")
        let good = try recovery("good", install: state.install, by: ["ann", "ben"])
        let used = use(good)
        #expect(used.status == 0, "\(used.failure.map { "\($0)" } ?? used.text)")
        let decision = try site.decision()
        #expect(decision.outcome == .interpGuest && decision.recovery != nil)
        #expect(use(good).status == 3, "it is good once")
        // The way back: a policy that permits again.
        #expect(site.install(try site.signed("base.3", site.base(3), by: ["ann", "ben"])).status == 0)
        #expect(try site.decision().code == .ok)
    }
}

/// What a recovery file has to name.
private struct PolicyStoreState {
    let machine: String
    let install: String

    init(_ site: Site) throws {
        struct Status: Decodable {
            var machine: String
            var install: String
        }
        let text = ringfence(["policy", "status", "--json"] + site.place).text
        let status = try JSONDecoder().decode(Status.self, from: Data(text.utf8))
        (machine, install) = (status.machine, status.install)
    }
}
