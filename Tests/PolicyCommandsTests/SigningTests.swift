import CommandSupport
import FoundationEssentials
import PolicyCore
import PolicyTrust
import Testing

@testable import PolicyCommands

@Suite("Signing")
struct PolicySigningTests {
    private func key(_ scheme: KeyScheme = .ed25519, _ name: String = "dev", in path: String) {
        #expect(ringfence("key", "new", "--scheme", scheme.rawValue, "--out", "\(path)/\(name)").status == 0)
    }

    @Test("a key in a file, of either scheme", arguments: KeyScheme.allCases)
    func file(scheme: KeyScheme) throws {
        let workshop = try Workshop()
        let path = workshop.path
        key(scheme, in: path)
        let signed = ringfence(
            "policy", "sign", "\(policiesFolder)/production.toml", "--key", "\(path)/dev.key", "--out", "\(path)/p.dsse"
        )
        #expect(signed.status == 0, "\(String(describing: signed.failure))")
        #expect(ringfence("policy", "verify", "\(path)/p.dsse", "--trust", "\(path)/dev.pub").status == 0)
        // The signed bytes are the bytes of the text.
        let text = ringfence("policy", "verify", "\(path)/p.dsse", "--trust", "\(path)/dev.pub", "--text").text
        #expect(Array(text.utf8) == (try shipped("production.toml")))
    }

    @Test("a key file that others can read is refused, and so is a public one")
    func permissions() throws {
        let workshop = try Workshop()
        let path = workshop.path
        key(in: path)
        for mode in [0o640, 0o604, 0o644] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(path)/dev.key")
            let result = ringfence(
                "policy", "sign", "\(policiesFolder)/production.toml", "--key", "\(path)/dev.key", "--out",
                "\(path)/p.dsse")
            #expect(result.status == 2)
            #expect(result.failure?.problem.contains("others can read") == true)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(path)/dev.pub")
        #expect(
            ringfence(
                "policy", "sign", "\(policiesFolder)/production.toml", "--key", "\(path)/dev.pub", "--out",
                "\(path)/p.dsse"
            ).status == 2)
        #expect(!FileManager.default.fileExists(atPath: "\(path)/p.dsse"))
    }

    @Test("two people: a second signature is added, and two are needed only where two are asked for")
    func two() throws {
        let workshop = try Workshop()
        let path = workshop.path
        key(in: path)
        key(.p256, "second", in: path)
        let trust = ["--trust", "\(path)/dev.pub", "--trust", "\(path)/second.pub", "--threshold", "2"]
        #expect(
            ringfence(
                "policy", "sign", "\(policiesFolder)/production.toml", "--key", "\(path)/dev.key", "--out",
                "\(path)/p.dsse"
            ).status == 0)
        #expect(ringfence(["policy", "verify", "\(path)/p.dsse"] + trust).status == 3)
        #expect(ringfence("policy", "add-signature", "\(path)/p.dsse", "--key", "\(path)/dev.key").status == 0)
        #expect(ringfence(["policy", "verify", "\(path)/p.dsse"] + trust).status == 3)
        #expect(ringfence("policy", "add-signature", "\(path)/p.dsse", "--key", "\(path)/second.key").status == 0)
        #expect(ringfence(["policy", "verify", "\(path)/p.dsse"] + trust).status == 0)
        #expect(try Envelope(parsing: workshop.read("p.dsse")).signatures.count == 2)
        let inspected = ringfence("policy", "inspect", "\(path)/p.dsse", "--known", "\(path)/dev.pub").text
        #expect(inspected.contains("by k:") && inspected.contains("by no key that was named"))
    }

    @Test("what lint calls an error is signed only by those who insist")
    func lint() throws {
        let workshop = try Workshop()
        let path = workshop.path
        key(in: path)
        let text = String(decoding: try shipped("example.toml"), as: UTF8.self).replacing(
            "unsafe_no_author = true\n", with: "")
        let file = try workshop.write("p.toml", text)
        let refused = ringfence("policy", "sign", file, "--key", "\(path)/dev.key")
        #expect(refused.status == 1)
        #expect(refused.failure?.problem.hasPrefix("L101") == true)
        #expect(!FileManager.default.fileExists(atPath: "\(path)/p.dsse"))
        #expect(ringfence("policy", "sign", file, "--key", "\(path)/dev.key", "--accept", "L102").status == 1)
        #expect(ringfence("policy", "sign", file, "--key", "\(path)/dev.key", "--accept", "L101").status == 0)
        #expect(ringfence("policy", "lint", file).status == 1)
        #expect(ringfence("policy", "check", file).status == 1)
    }

    @Test("a root that one person can sign is told by lint, when it is signed, and by inspect: L401, L402")
    func rootLint() throws {
        let workshop = try Workshop()
        let path = workshop.path
        for name in ["ann", "ben"] { key(.ed25519, name, in: path) }
        func root(_ custodian: String, threshold: Int) throws -> String {
            var text = """
                schema = "ringfence-root/v1"
                kind = "root"
                version = 1
                issued = 2026-01-01T00:00:00Z
                expires = 2027-01-01T00:00:00Z
                profile = "development"

                """
            for name in ["ann", "ben"] {
                let key = try KeyFiles.readPublicKey(try workshop.read("\(name).pub")).key
                text +=
                    "[[key]]\nname = \"\(name)\"\nscheme = \"ed25519\"\ncustodian = \"\(name == "ann" ? name : custodian)\"\n"
                text += "public = \"\(String(decoding: Base64.encode(key.bytes), as: UTF8.self))\"\n"
            }
            text += "[roles]\n"
            for role in ["root", "base", "revoke", "host"] {
                text += "\(role) = { keys = [\"ann\", \"ben\"], threshold = \(role == "base" ? threshold : 2) }\n"
            }
            return try workshop.write("root.toml", text)
        }
        let sound = ringfence("policy", "lint", try root("ben", threshold: 2))
        #expect(sound.status == 0 && sound.text.contains("ok: no findings"))
        let file = try root("ann", threshold: 1)
        let lint = ringfence("policy", "lint", file)
        // Both are to be looked at, and neither is an error: a site of one person is one.
        #expect(lint.status == 0 && lint.text.contains("L401: one signature is enough for \"base\""))
        #expect(lint.text.contains("L402: ann keeps 2 of the 2 keys of \"root\""))
        #expect(ringfence("policy", "lint", "--json", file).text.contains("\"L402\""))
        let signing = ringfence("policy", "sign", file, "--key", "\(path)/ann.key", "--out", "\(path)/root.dsse")
        #expect(signing.status == 0 && signing.text.contains("L401") && signing.text.contains("L402"))
        let inspected = ringfence("policy", "inspect", "\(path)/root.dsse")
        #expect(inspected.status == 0 && inspected.text.contains("base: 1 of ann, ben"))
        #expect(inspected.text.contains("L401: ") && inspected.text.contains("L402: "))
        #expect(ringfence("policy", "inspect", "\(path)/root.dsse", "--json").text.contains("\"L401\""))
    }

    @Test("exposure that rises is shown before a key is read, and with --fail-on-rise not signed")
    func rise() throws {
        let workshop = try Workshop()
        let path = workshop.path
        let (new, old) = ("\(policiesFolder)/performance-jit.toml", "\(policiesFolder)/production.toml")
        // There is no key: what is shown does not wait for one.
        let shown = ringfence("policy", "sign", new, "--key", "\(path)/none.key", "--against", old)
        #expect(shown.status == 2)
        #expect(shown.text.contains("! rises permit load-balancer"))
        #expect(shown.text.contains("! rises option guest_codegen: false → true"))
        #expect(
            ringfence("policy", "sign", new, "--key", "\(path)/none.key", "--against", old, "--fail-on-rise").status
                == 1)
        #expect(ringfence("policy", "diff", old, new, "--fail-on-rise").status == 1)
        #expect(ringfence("policy", "diff", old, old, "--fail-on-rise").status == 0)
    }

    @Test("a command signs: openssl, with its DER; and one that fails, lies or babbles does not")
    func command() throws {
        let workshop = try Workshop()
        let path = workshop.path
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") else { return }
        let make = ringfence("key", "new", "--scheme", "ecdsa-p256-sha256", "--out", "\(path)/hsm")
        #expect(make.status == 0)
        // The key of the file as openssl wants it: SEC 1, section C.4, the scalar alone.
        let key = try KeyFiles.readPrivateKey(workshop.read("hsm.key"))
        let der: [UInt8] =
            [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20] + key.seed + [
                0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
            ]
        try Data(der).write(to: URL(filePath: "\(path)/hsm.der"))
        func sign(_ command: String) -> CommandResult {
            ringfence(
                "policy", "sign", "\(policiesFolder)/production.toml", "--public", "\(path)/hsm.pub", "--sign-command",
                command,
                "--out", "\(path)/p.dsse")
        }
        #expect(sign("false").status == 2)
        #expect(sign("echo hello").status == 2)
        #expect(sign("head -c 64 /dev/zero").status == 3)
        #expect(sign("yes").failure?.problem == "wrote more than a signature")
        #expect(!FileManager.default.fileExists(atPath: "\(path)/p.dsse"))
        let signed = sign("openssl dgst -sha256 -sign \(path)/hsm.der -keyform DER")
        #expect(signed.status == 0, "\(String(describing: signed.failure))")
        #expect(ringfence("policy", "verify", "\(path)/p.dsse", "--trust", "\(path)/hsm.pub").status == 0)
    }

    @Test("an agent signs: OpenSSH's own, with a key that never was in a file of ours")
    func agent() throws {
        let workshop = try Workshop()
        let path = workshop.path
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/ssh-agent") else { return }
        // The agent ends with the shell that it is started around, and that with the directory.
        let script = """
            (ssh-keygen -q -t ed25519 -N '' -C agent -f \(path)/id && ssh-agent -a \(path)/agent sh -c \
            'ssh-add -q \(path)/id && rm \(path)/id && touch \(path)/ready; while [ -e \(path)/ready ]; do sleep 0.1; done' \
            ) >/dev/null 2>&1 &
            """
        let started = try runShell(script)
        #expect(started == 0)
        for _ in 0..<300 where !FileManager.default.fileExists(atPath: "\(path)/ready") {
            _ = try runShell("sleep 0.1")
        }
        let shown = ringfence("key", "show", "\(path)/id.pub").text.split(separator: "\n")
        _ = try workshop.write("agent.pub", "\(try #require(shown.last).drop { $0 == " " })\n")
        let signed = ringfence(
            "policy", "sign", "\(policiesFolder)/production.toml", "--public", "\(path)/agent.pub", "--agent",
            "\(path)/agent",
            "--out", "\(path)/p.dsse")
        #expect(signed.status == 0, "\(String(describing: signed.failure))")
        #expect(ringfence("policy", "verify", "\(path)/p.dsse", "--trust", "\(path)/agent.pub").status == 0)
        key(.ed25519, "other", in: path)
        let other = ringfence(
            "policy", "sign", "\(policiesFolder)/production.toml", "--public", "\(path)/other.pub", "--agent",
            "\(path)/agent",
            "--out", "\(path)/q.dsse")
        #expect(other.failure?.problem == "the agent does not hold this key")
        #expect(
            ringfence(
                "policy", "sign", "\(policiesFolder)/production.toml", "--public", "\(path)/other.pub", "--agent",
                "\(path)/none"
            ).status == 2)
    }
}

@Suite("Questions to a policy")
struct PolicyQuestionTests {
    @Test("one outcome, and its exit status")
    func one() {
        let file = "\(policiesFolder)/example.toml"
        let yes = ringfence(
            "policy", "simulate", file, "--assume", "type=xdp,helpers=,host.kvm=usable", "--at", "2026-12-01T00:00:00Z")
        #expect(yes.status == 0 && yes.text.hasPrefix("interp-guest  OK"))
        let no = ringfence("policy", "simulate", file, "--assume", "type=kprobe,helpers=,host.kvm=usable")
        #expect(no.status == 1 && no.text.hasPrefix("deny  E_NO_PERMIT"))
        #expect(ringfence("policy", "simulate", file, "--assume", "colour=red").status == 2)
        #expect(ringfence("policy", "simulate", file, "--assume", "host.kvm=maybe").status == 2)
    }

    @Test("a table over what the host may be: only usable KVM lets anything run")
    func table() {
        let result = ringfence(
            "policy", "simulate", "\(policiesFolder)/production.toml", "--assume",
            "signer=platform,verifier.options=strict,type=xdp,helpers=,host.seccomp=usable",
            "--vary", "host.kvm", "--at", "2026-12-01T00:00:00Z")
        #expect(result.status == 0)
        let rows = result.text.split(separator: "\n").dropFirst(2)
        #expect(rows.count == HostKVM.allCases.count + 1)
        #expect(rows.filter { $0.contains("interp-guest  OK") }.map { $0.prefix(6) } == ["usable"])
    }

    @Test("facts as a record has them")
    func record() throws {
        let workshop = try Workshop()
        let file = try workshop.write(
            "facts.json",
            """
            {"type": {"values": ["xdp"], "provenance": "P"}, "helpers": ["bpf_map_lookup_elem"], "host.kvm": "usable",
             "loops": {"unknown": "not given"}}
            """)
        #expect(
            ringfence(
                "policy", "simulate", "\(policiesFolder)/example.toml", "--facts", file, "--at", "2026-12-01T00:00:00Z"
            ).status == 0)
        #expect(
            ringfence("policy", "simulate", "\(policiesFolder)/example.toml", "--facts", file, "--at", "yesterday")
                .status == 2)
    }

    @Test("self-tests one by one: one that fails is told, and the others too")
    func selfTests() throws {
        let workshop = try Workshop()
        let text = String(decoding: try shipped("example.toml"), as: UTF8.self).replacing(
            "code = \"E_NO_PERMIT\"", with: "code = \"E_FORBIDDEN\"")
        let file = try workshop.write("p.toml", text)
        let result = ringfence("policy", "test", file)
        #expect(result.status == 1)
        #expect(
            result.text.contains("1 of 5 failed")
                && result.text.contains("FAILS wants deny E_FORBIDDEN, gets deny E_NO_PERMIT"))
        #expect(ringfence("policy", "check", file).status == 2)
        #expect(ringfence("policy", "test", "\(policiesFolder)/example.toml").status == 0)
    }

    @Test("a text that is not even read has the finding that its refusal amounts to")
    func unread() throws {
        let workshop = try Workshop()
        let hidden = try workshop.write("h.toml", "id = \"a\u{202E}b\"\n")
        let result = ringfence("policy", "lint", hidden)
        #expect(result.status == 1 && result.text.contains("L302"))
        let broken = try workshop.write("b.toml", "id =\n")
        #expect(ringfence("policy", "lint", broken).status == 2)
    }

    @Test(
        "each profile begins with a policy without an error, whose self-tests pass",
        arguments: ["development", "production", "jit", "air-gapped"])
    func profiles(name: String) throws {
        let workshop = try Workshop()
        let path = workshop.path
        for key in ["a", "b"] { #expect(ringfence("key", "new", "--out", "\(path)/\(key)").status == 0) }
        for keys in [[], ["a"], ["a", "b"]] {
            let file = "\(path)/\(name)-\(keys.count).toml"
            #expect(
                ringfence(
                    ["policy", "new", "--profile", name, "--out", file]
                        + keys.flatMap { ["--key", "\(path)/\($0).pub"] }
                ).status == 0)
            let checked = ringfence("policy", "check", file)
            #expect(checked.status == 0, "\(String(describing: checked.failure)) \(checked.text)")
            #expect(ringfence("policy", "fmt", "--check", file).status == 0)
            // Nothing is overwritten.
            #expect(ringfence("policy", "new", "--out", file).status == 2)
        }
    }
}
