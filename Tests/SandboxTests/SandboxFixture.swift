import Enclosure
import Foundation
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport

/// A spawner, and sandboxes made as the broker makes them: object, admission jail, policy, permit, cell.
struct Fixture: ~Copyable {
    /// Reads objects.
    let jail: Jail
    /// Starts the cells.
    let cells: Jail
    private let room: MachineRoom

    init(_ kind: EnclosureKind = .guest) throws {
        let room = MachineRoom()
        let jail = try Jail(ready: kind == .guest ? .always : .none)
        let cells = kind == .guest ? jail : try Jail(for: .child)
        self.room = room
        self.jail = jail
        self.cells = cells
    }

    /// The tier of the interpreter in the enclosure of the cells.
    var tier: Tier { cells.kind == .guest ? .interpGuest : .interpChild }

    /// A sandbox of the one program of a C source.
    func sandbox(
        _ source: String, onFailure: FailureVerdict = .closed, options: SandboxOptions = SandboxOptions(),
        flags: [String] = [], in spawner: Jail? = nil
    ) throws -> Sandbox {
        let package = try ObjectPackage(
            parsing: try jail.admit(AdmissionRequest(object: try Self.object(source, flags: flags)).serialized()))
        let program = try AdmittedProgram(from: package)
        // These programs are made to fault, so nothing is proven of them.
        let facts = Facts(program: program.identity, hostKVM: .known(.usable, .observed))
        let permit = try Permit(
            try Self.decision(facts, onFailure: onFailure, unverifiedCeiling: tier, ceiling: tier), for: program)
        var options = options
        options.waits.deadlineNanoseconds = max(options.waits.deadlineNanoseconds, 5_000_000_000)
        return try Sandbox(permit, in: spawner ?? cells, options: options)
    }

    /// What a program calls and no cell has, where that is why it does not load.
    static func missingHelpers(_ load: () throws -> Void) -> (program: String, helpers: [MissingHelper])? {
        do { try load() } catch {
            guard case SandboxError.helpersNotOffered(let program, let helpers) = error else { return nil }
            return (program, helpers)
        }
        return nil
    }

    static func object(_ source: String, flags: [String] = []) throws -> [UInt8] {
        let include = "-I/usr/include/x86_64-linux-gnu"
        return try BPFCompiler.object(head + source, flags: BPFCompiler.usualFlags + [include] + flags)
    }

    private static let head = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        char LICENSE[] SEC("license") = "Dual MIT/GPL";

        """

    static func decision(
        _ facts: Facts, onFailure: FailureVerdict = .closed, unverifiedCeiling: Tier = .deny,
        blindConstants: Bool = false, ceiling: Tier = .interpGuest
    ) throws -> Decision {
        func at(_ text: String) throws -> UTCTime { try UTCTime(text: Array(text.utf8)) }
        let file = PolicyFile(
            id: "test", version: 1, issued: try at("2026-01-01T00:00:00Z"), expires: try at("2027-01-01T00:00:00Z"),
            options: PolicyOptions(
                unverifiedCeiling: unverifiedCeiling, guestCodegen: true, blindConstants: blindConstants,
                onFailure: Dictionary(uniqueKeysWithValues: ProgramType.allCases.map { ($0, onFailure) })),
            rules: [Rule(.permit, id: "xdp", tier: ceiling, when: [.type(ProgramType.allCases)])])
        let digest = ContentDigest(sha256Of: [1])
        return decide(
            [PolicyBase(file: file, sha256: digest)],
            facts: facts,
            availability: Availability(guest: .usable, child: .usable, eligible: .offered), requested: ceiling,
            now: try at("2026-06-01T00:00:00Z"))
    }
}

extension Sandbox {
    /// Decides about a packet; the bytes are what the program left.
    mutating func decide(_ packet: [UInt8]) throws -> (result: EventResult, bytes: [UInt8]) {
        var changed = [UInt8](repeating: 0, count: packet.count)
        let result = try packet.withUnsafeBytes { packet in
            try changed.withUnsafeMutableBytes { try decide(xdp: packet, into: $0) }
        }
        return (result, Array(changed.prefix(result.size)))
    }
}

/// Programs of these tests.
enum Source {
    /// Counts its packets in an array, and passes them; a packet that begins with 0xFF is read far past its end.
    static let counter = """
        struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } total SEC(".maps");
        SEC("xdp") int count(struct xdp_md *context) {
            __u32 key = 0;
            __u64 *value = bpf_map_lookup_elem(&total, &key);
            volatile __u8 *packet = (void *)(long)context->data;
            if (!value) return XDP_ABORTED;
            *value += 1;
            if (packet[0] == 0xff) return packet[4096] ? XDP_PASS : XDP_TX;
            return *value & 0x7fffffff ? XDP_PASS : XDP_DROP;
        }
        """
    static let loop = """
        SEC("xdp") int spin(struct xdp_md *context) {
            volatile __u64 n = 0;
            for (;;) { n += 1; if (n == ~0ull) break; }
            return XDP_PASS;
        }
        """
}

extension MapStore {
    /// The number that ``Source/counter`` counts.
    borrowing func count() throws -> UInt64 {
        let bytes = try contents(of: "total").elements[0].values[0]
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
