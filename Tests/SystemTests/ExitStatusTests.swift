import Foundation
import TestSupport
import Testing

/// The documented exit statuses, and that every error names the file, the place and the remedy.
@Suite("Exit status")
struct ExitStatusTests {
    @Test("a run that policy permits ends with 0", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func permitted() throws {
        let workshop = try Workshop()
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        let kept = workshop.path("kept.pcap")
        let ending = try Tool.run("ringfence", ["run", object, "--pcap-out", kept] + workshop.trusted)
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(ending.output.contains("interp-guest"))
        // Everything passes unchanged, so the written capture is the one that was read.
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: kept)) == Data(contentsOf: URL(fileURLWithPath: Tool.capture)))
    }

    @Test("asking for more than policy allows ends with 1")
    func denied() throws {
        let workshop = try Workshop()
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        let ending = try Tool.run("ringfence", ["run", object, "--tier", "jit-child"] + workshop.trusted)
        #expect(ending.status == 1)
        #expect(ending.output.contains("E_REQUEST_ABOVE_CEILING"))
    }

    /// The example policy with a line more, signed, and what comes of running under it.
    private static func run(_ line: String, after place: String) throws -> Tool.Ending {
        let workshop = try Workshop()
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        let example = Tool.repository.appendingPathComponent("Policies/example.toml")
        let text = try String(contentsOf: example, encoding: .utf8)
        let changed = try workshop.write(
            "changed.toml", Array(text.replacing(place, with: "\(place)\n\(line)", maxReplacements: 1).utf8))
        let signed = workshop.path("changed.dsse")
        let signing = try Tool.run(
            "ringfence", ["policy", "sign", changed, "--key", workshop.path("dev.key"), "--out", signed])
        #expect(signing.status == 0, "\(signing.errors)")
        return try Tool.run(
            "ringfence",
            ["run", object, "--pcap", Tool.capture, "--policy", signed, "--trust", workshop.path("dev.pub")])
    }

    @Test("what policy wants recorded does not run where nothing records it, and ends with 1")
    func unrecorded() throws {
        let ending = try Self.run("log_required = true", after: "[options]")
        #expect(ending.status == 1 && ending.output.contains("E_LOG_UNAVAILABLE"), "\(ending.output)\(ending.errors)")
    }

    @Test("a policy for another machine ends with 3")
    func otherMachine() throws {
        let ending = try Self.run(
            "targets = [\"machine-id:0123456789abcdef0123456789abcdef\"]", after: "mode    = \"enforce\"")
        #expect(ending.status == 3 && ending.errors.contains("not for this one"), "\(ending.output)\(ending.errors)")
    }

    @Test("an object that is none ends with 2, and the error says where")
    func badObject() throws {
        let workshop = try Workshop()
        let object = try workshop.write("broken.o", Array("\u{7F}ELF and nothing more".utf8))
        let ending = try Tool.run("ringfence", ["run", object] + workshop.trusted)
        #expect(ending.status == 2)
        #expect(ending.errors.contains("broken.o"))
        #expect(ending.errors.contains("offset"))
    }

    @Test("a capture that is damaged ends with 2, and the error says where")
    func badCapture() throws {
        let workshop = try Workshop()
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        let capture = try workshop.write(
            "cut.pcap", Array(try Data(contentsOf: URL(fileURLWithPath: Tool.capture)).prefix(1000)))
        let ending = try Tool.run(
            "ringfence",
            [
                "run", object, "--pcap", capture, "--policy", workshop.path("policy.dsse"), "--trust",
                workshop.path("dev.pub"),
            ])
        #expect(ending.status == 2 || !KVM.isUsable)
        #expect(ending.errors.contains("cut.pcap@") || !KVM.isUsable)
    }

    @Test("a packet that no event holds ends with 2", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func hugePacket() throws {
        let workshop = try Workshop()
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let header = word(0xA1B2_C3D4) + [2, 0, 4, 0] + word(0) + word(0) + word(262_144) + word(1)
        let record = word(0) + word(0) + word(262_144) + word(262_144)
        let capture = try workshop.write("huge.pcap", header + record + [UInt8](repeating: 0, count: 262_144))
        let ending = try Tool.run(
            "ringfence",
            [
                "run", object, "--pcap", capture, "--policy", workshop.path("policy.dsse"), "--trust",
                workshop.path("dev.pub"),
            ])
        #expect(ending.status == 2)
        #expect(ending.errors.contains("262144 bytes"), "\(ending.errors)")
    }

    @Test("a policy that another key signed ends with 3")
    func untrusted() throws {
        let workshop = try Workshop()
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        _ = try Tool.run("ringfence", ["key", "new", "--out", workshop.path("other")])
        let ending = try Tool.run(
            "ringfence",
            [
                "run", object, "--pcap", Tool.capture, "--policy", workshop.path("policy.dsse"), "--trust",
                workshop.path("other.pub"),
            ])
        #expect(ending.status == 3)
        #expect(ending.errors.contains("E_SIG_THRESHOLD"))
    }

    @Test("an unknown option ends with 2", arguments: [["run"], ["--nonsense"], ["policy", "sing"]])
    func usage(arguments: [String]) throws {
        #expect(try Tool.run("ringfence", arguments).status == 2)
    }

    @Test(
        "every command explains itself and ends with 0",
        arguments: [
            ["--help"], ["run", "--help"], ["verify", "--help"], ["inspect", "--help"], ["disassemble", "--help"],
            ["policy", "--help"],
            ["policy", "check", "--help"], ["policy", "sign", "--help"], ["policy", "verify", "--help"],
            ["policy", "explain", "--help"], ["key", "new", "--help"], ["key", "show", "--help"], ["doctor", "--help"],
        ])
    func help(arguments: [String]) throws {
        let ending = try Tool.run("ringfence", arguments)
        #expect(ending.status == 0)
        #expect(ending.output.uppercased().contains("EXAMPLES"))
    }
}
