import Enclosure
import Maps
import PolicyCore
import ProgramPackage
import Prototypes
import Sandbox
import TestSupport
import Testing

/// The programs of Images/programs that decide about sockets, over events as people write them, in every tier.
@Suite("Example programs on sockets", .serialized)
struct EventExamplesTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    /// What came of the events: verdicts, contexts, and the sandbox to ask further.
    private static func run(
        _ example: String, section: String, in tier: Tier, _ text: String,
        prepare: (borrowing Sandbox) throws -> Void = { _ in }
    ) throws -> (verdicts: [String], contexts: [[UInt8]], records: [RingRecord]) {
        let jail = try Jail(ready: .none)
        let cells = tier.enclosure == .child ? try Jail(for: .child) : jail
        var loaded = try ObjectLoader.load(Programs.example(example), in: jail)
        let index = try #require(loaded.package.programs.firstIndex { $0.section == section })
        try ObjectLoader.verify(&loaded, programs: [index], in: jail)
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification, section: section)
        #expect(program.execution == .verified)
        let policy = try Workshop.policy(ceiling: tier.name).replacing("[\"xdp\"]", with: "[\"cgroup_sock_addr\"]")
        let permit = try Programs.permit(program, for: tier, under: policy)
        let options = SandboxOptions()
        let native = try ObjectLoader.compile(permit, options: options, in: jail)
        var sandbox = try Sandbox(permit, native: native, in: cells, options: options)
        try prepare(sandbox)
        var lines = EventLines(sandbox.layout)
        var event = Event(context: sandbox.layout.emptyContext)
        var buffer = [UInt8](repeating: 0, count: options.maximumPayload)
        var context = sandbox.layout.emptyContext
        var verdicts: [String] = []
        var contexts: [[UInt8]] = []
        var records: [RingRecord] = []
        while try lines.next(in: Array(text.utf8), &event) {
            let result = try buffer.withUnsafeMutableBytes {
                try sandbox.decide(event, into: $0, context: &context, time: event.time ?? 1)
            }
            #expect(result.failure == nil)
            verdicts.append("\(sandbox.layout.shape.verdicts.rows[result.verdict].name)")
            contexts.append(context)
            records += sandbox.takeRecords(limit: .max)
        }
        return (verdicts, contexts, records)
    }

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private static func destination(_ prefix: UInt32, _ address: [UInt8]) -> [UInt8] {
        little(prefix) + [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + address
    }

    private static func rule(
        _ action: UInt32, port: UInt16 = 0, to address: [UInt8] = [0, 0, 0, 0], _ redirected: UInt16 = 0
    )
        -> [UInt8]
    {
        let ports: [UInt8] = little(port.bigEndian) + little(redirected.bigEndian)
        return little(action) + address + ports + [UInt8](repeating: 0, count: 12)
    }

    @Test("connect-policy: the longest prefix decides, and sends a connection elsewhere", arguments: tiers)
    func connectPolicy(tier: Tier) throws {
        let events = """
            {"user_ip4": "10.1.2.3", "user_port": "443"}
            {"user_ip4": "10.1.2.3", "user_port": "80"}
            {"user_ip4": "10.9.9.9", "user_port": "25"}
            {"user_ip4": "10.7.0.1", "user_port": "25"}
            {"user_ip4": "192.0.2.1", "user_port": "443"}
            """
        let outcome = try Self.run("connect-policy", section: "cgroup/connect4", in: tier, events) { sandbox in
            let map = try sandbox.maps.map(named: "destinations")
            for (key, value) in [
                (Self.destination(96 + 8, [10, 0, 0, 0]), Self.rule(1)),
                (Self.destination(96 + 24, [10, 1, 2, 0]), Self.rule(1, port: 443)),
                (Self.destination(96 + 16, [10, 7, 0, 0]), Self.rule(2, to: [127, 0, 0, 1], 8025)),
            ] {
                let padded = value + [UInt8](repeating: 0, count: Int(map.descriptor.valueSize) - value.count)
                #expect(try map.setValue(padded.span.bytes, forKey: key.span.bytes) == 0)
            }
        }
        #expect(outcome.verdicts.map { $0.hasSuffix("allow") } == [true, false, true, true, false])
        // Elsewhere: address and port are the context's that the program wrote.
        #expect(Array(outcome.contexts[3][4..<8]) == [127, 0, 0, 1])
        #expect(Array(outcome.contexts[3][24..<26]) == [0x1F, 0x59])
        #expect(Array(outcome.contexts[2][4..<8]) == [10, 9, 9, 9])
    }

    @Test("connections: every connection is told, with who made it and which of his it is", arguments: tiers)
    func connections(tier: Tier) throws {
        let events = """
            {"user_ip4": "10.1.2.3", "user_port": "443", "pid": 7, "uid": 1000, "comm": "curl", "time": 5}
            {"user_ip4": "10.1.2.4", "user_port": "80", "pid": 8, "uid": 0, "comm": "a-name-that-is-", "time": 6}
            {"user_ip4": "10.1.2.5", "user_port": "53", "pid": 7, "uid": 1000, "comm": "curl", "time": 7}
            """
        let outcome = try Self.run("connections", section: "cgroup/connect4", in: tier, events)
        #expect(outcome.verdicts.allSatisfy { $0.hasSuffix("allow") } && outcome.verdicts.count == 3)
        func record(
            _ time: UInt64, _ process: UInt32, _ user: UInt32, _ address: [UInt8], _ port: [UInt8], _ number: UInt64,
            _ command: String
        ) -> [UInt8] {
            let name = Array(command.utf8) + [UInt8](repeating: 0, count: 16 - command.utf8.count)
            let who: [UInt8] = Self.little(time) + Self.little(process) + Self.little(user)
            let what: [UInt8] = address + port + [0, 0] as [UInt8]
            return who + what + Self.little(number) + name
        }
        #expect(outcome.records.allSatisfy { $0.map == "told" && $0.lane == 0 })
        let expected = [
            record(5, 7, 1000, [10, 1, 2, 3], [0x01, 0xBB], 1, "curl"),
            record(6, 8, 0, [10, 1, 2, 4], [0, 80], 1, "a-name-that-is-"),
            record(7, 7, 1000, [10, 1, 2, 5], [0, 53], 2, "curl"),
        ]
        #expect(outcome.records.map(\.bytes) == expected)
    }
}
