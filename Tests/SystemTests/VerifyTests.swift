import Foundation
import TestSupport
import Testing

/// `ringfence verify`, and what `ringfence run` does with what it says, as a user has them. Needs no KVM, but for one.
@Suite("Verification, from outside")
struct VerifyTests {
    /// Reads the packet without asking how long it is.
    static let careless = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        SEC("xdp") int careless(struct xdp_md *context) {
            volatile __u8 *packet = (void *)(long)context->data;
            return packet[4000] ? XDP_PASS : XDP_DROP;
        }
        """

    private func compiled(_ source: String) throws -> [UInt8] {
        try BPFCompiler.object(source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
    }

    private func policy(_ options: String, in workshop: borrowing Workshop) throws -> [String] {
        let text = """
            schema = "ringfence-policy/v1"
            kind = "base"
            id = "site"
            version = 1
            issued = 2026-11-01T00:00:00Z
            expires = 2027-11-01T00:00:00Z
            mode = "enforce"

            [options]
            \(options)

            [[permit]]
            id = "xdp"
            tier = "interp-guest"
            when = { type = ["xdp"] }
            unsafe_no_author = true

            """
        let file = try workshop.write("site.toml", Array(text.utf8))
        let signed = workshop.path("site.dsse")
        let ending = try Tool.run(
            "ringfence", ["policy", "sign", file, "--key", workshop.path("dev.key"), "--out", signed])
        #expect(ending.status == 0, "\(ending.errors)")
        return ["--policy", signed, "--trust", workshop.path("dev.pub"), "--pcap", Tool.capture]
    }

    @Test("a program that is not proven safe is not accepted, and verify ends with 1")
    func notAccepted() throws {
        let workshop = try Workshop()
        let object = try workshop.write("careless.o", compiled(Self.careless))
        let ending = try Tool.run("ringfence", ["verify", object])
        #expect(ending.status == 1, "\(ending.errors)")
        #expect(ending.output.contains("careless (section xdp): rejected, 1 error"))
        #expect(ending.output.contains("access outside of the packet"))
        #expect(ending.output.contains("5 |     return packet[4000] ? XDP_PASS : XDP_DROP;"))
        #expect(ending.output.contains("1 program: 1 rejected"))
    }

    @Test("a program that is proven safe is accepted, and verify ends with 0")
    func accepted() throws {
        let workshop = try Workshop()
        let object = try workshop.write("pass.o", Programs.example("pass"))
        let ending = try Tool.run("ringfence", ["verify", object, "--verbose"])
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(ending.output.contains("1 program: 1 accepted"))
    }

    @Test("a program that is not proven safe does not run, and the refusal says how to learn why")
    func denied() throws {
        let workshop = try Workshop()
        let object = try workshop.write("careless.o", compiled(Self.careless))
        for options in ["", "unverified_ceiling = \"deny\""] {
            let ending = try Tool.run("ringfence", ["run", object] + policy(options, in: workshop))
            #expect(ending.status == 1)
            #expect(ending.output.contains("E_VERDICT"), "\(ending.output)")
            #expect(ending.output.contains(":5: access outside of the packet"))
            #expect(ending.output.contains("run `ringfence verify \(object)` for the report"))
        }
        let ending = try Tool.run("ringfence", ["run", object, "--json"] + policy("", in: workshop))
        let record = try #require(
            try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
        #expect(record["code"] as? String == "E_VERDICT" && record["outcome"] as? String == "deny")
        let verification = try #require(record["verification"] as? [String: Any])
        #expect(verification["execution"] as? String == "checked" && verification["verdict"] as? String == "rejected")
    }

    @Test(
        "a policy may let it run with every access checked; then it faults, and its packets get the policy's verdict",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func unverifiedCeiling() throws {
        let workshop = try Workshop()
        let object = try workshop.write("careless.o", compiled(Self.careless))
        let arguments = try policy("unverified_ceiling = \"interp-guest\"", in: workshop)
        let ending = try Tool.run("ringfence", ["run", object, "--json"] + arguments)
        #expect(ending.status == 0, "\(ending.errors)")
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
        let verification = try #require(report["verification"] as? [String: Any])
        #expect(verification["execution"] as? String == "checked")
        let packets = try #require(report["packets"] as? Int)
        #expect(report["programFaults"] as? Int == packets && packets > 0)
        #expect((report["verdicts"] as? [String: Int])?["XDP_DROP"] == packets)
    }

    @Test("what is proven of a program is not checked as it runs", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func execution() throws {
        let workshop = try Workshop()
        let object = try workshop.write("pass.o", Programs.example("pass"))
        let ending = try Tool.run("ringfence", ["run", object, "--json"] + policy("", in: workshop))
        #expect(ending.status == 0, "\(ending.errors)")
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
        let verification = try #require(report["verification"] as? [String: Any])
        #expect(verification["verdict"] as? String == "accepted")
        let execution = try #require(verification["execution"] as? String)
        #expect(["verified", "metered"].contains(execution))
        // Whoever counts no fuel says so, and does not say 0.
        #expect((report["instructions"] == nil) == (execution == "verified"))
        // One instruction is less than any program needs: then fuel is counted, whatever is proven.
        let short = try Tool.run("ringfence", ["run", object, "--json", "--fuel", "1"] + policy("", in: workshop))
        #expect(short.output.contains("\"execution\" : \"metered\""))
    }

    @Test("explain says the same as run")
    func explain() throws {
        let workshop = try Workshop()
        let object = try workshop.write("careless.o", compiled(Self.careless))
        let policy = ["--policy", workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub")]
        let ending = try Tool.run("ringfence", ["policy", "explain", object] + policy)
        #expect(ending.status == 1)
        #expect(ending.output.contains("E_VERDICT") && ending.output.contains("ringfence verify \(object)"))
    }

    @Test("a section that names no program type is refused by name, and the type can be said by hand")
    func unknownType() throws {
        let workshop = try Workshop()
        let source = Self.careless.replacing("SEC(\"xdp\")", with: "SEC(\"odd\")")
        let object = try workshop.write("odd.o", compiled(source))
        let ending = try Tool.run("ringfence", ["verify", object])
        #expect(ending.status == 2)
        #expect(ending.errors.contains("section odd, which names no program type"))
        #expect(ending.errors.contains("--type xdp"))
        let again = try Tool.run("ringfence", ["verify", object, "--type", "xdp", "--json"])
        #expect(again.status == 1)
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [String: Any])
        #expect((report["verifier"] as? [String: Any])?["type"] as? String == "xdp")
    }

    @Test("an object with a program of no known type verifies the others, and ends with 2")
    func mixedTypes() throws {
        let workshop = try Workshop()
        let source =
            Self.careless + "\nSEC(\"odd\") int strange(void *context) { return 0; }\n"
        let object = try workshop.write("mixed.o", compiled(source))
        let ending = try Tool.run("ringfence", ["verify", object])
        #expect(ending.status == 2)
        #expect(ending.output.contains("careless") && ending.output.contains("not verified"))
        #expect(ending.output.contains("section odd names no program type; say it with --type"))
    }

    @Test(
        "wrong arguments end with 2, and say what would be right",
        arguments: [
            (["--budget", "visits=0"], "visits is a number from 1"),
            (["--budget", "speed=9"], "visits=…,states=…,memory=…,time=…"),
            (["--budget", "time=5s,time=6s"], "says time twice"), (["--type", "xpd"], "no such program type: xpd"),
            (["--program", "nobody"], "it has: careless (section xdp)"),
            (["--section", "tc"], "no program in section tc"),
        ] as [([String], String)])
    func wrongArguments(arguments: [String], message: String) throws {
        let workshop = try Workshop()
        let object = try workshop.write("careless.o", compiled(Self.careless))
        let ending = try Tool.run("ringfence", ["verify", object] + arguments)
        #expect(ending.status == 2)
        #expect(ending.errors.contains(message), "\(ending.errors)")
    }
}
