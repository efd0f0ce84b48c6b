import Bytecode
import Channel
import Enclosure
import Glibc
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing
import Virtualization

/// A compiler with a bug in it, see Tests/Support/hostile-jail: programs that were verified, and whose machine code is not what was.
@Suite("A compiler that makes mistakes", .serialized)
struct PlantedBugTests {
    static let tiers = CompilationJailTests.tiers

    struct Bug: Sendable, CustomStringConvertible {
        let description: String
        let number: UInt32
        /// What a packet that begins with 0xFF makes the program do; harmless as C has it.
        let source: String
        /// The instruction that the report must name, as its disassembly's operations.
        let operations: [Bytecode.Operation]
        let expected: @Sendable (CellFailure, Fault) -> Bool

        init(
            _ description: String, _ number: UInt32, _ source: String, at operations: [Bytecode.Operation],
            _ expected: @escaping @Sendable (CellFailure, Fault) -> Bool
        ) {
            self.description = description
            self.number = number
            self.source = source
            self.operations = operations
            self.expected = expected
        }
    }

    static let farKey: UInt64 = 0x10_0000
    static let belowStack = AddressMap.privateMemory + 8 * 512 - 8192

    static let bugs = [
        Bug(
            "a lookup's bound is wrong", 0x0B06_0001,
            "key = \(farKey) + packet[1]; value = bpf_map_lookup_elem(&total, &key); if (!value) return XDP_DROP; *value = 1;",
            at: [.store64Register, .store64Immediate]
        ) { failure, fault in
            isPageFault(failure, fault, isWrite: true) && fault.address > AddressMap.maps + farKey * 8
                && fault.address < AddressMap.maps + farKey * 8 + 2 * AddressMap.pageSize
        },
        Bug(
            "stores to the stack go below it", 0x0B06_0002, "volatile __u64 local = packet[1];", at: [.store64Register]
        ) { failure, fault in isPageFault(failure, fault, isWrite: true) && fault.address == belowStack },
        Bug("a call never ends", 0x0B06_0003, "bpf_get_prandom_u32();", at: [.callHelper]) { failure, _ in
            if case .deadlineExceeded(_, .stopped) = failure { true } else { false }
        },
        Bug("calls lead to what is no code", 0x0B06_0004, "bpf_get_prandom_u32();", at: []) { failure, fault in
            isPageFault(failure, fault, isWrite: false) && fault.instruction == AddressMap.channel
                && fault.address == AddressMap.channel
        },
    ]

    private static func isPageFault(_ failure: CellFailure, _ fault: Fault, isWrite: Bool) -> Bool {
        switch failure {
        case .ended(.fault), .ended(.signal(SIGSEGV, _)): fault.vector == 14 && (fault.errorCode & 2 != 0) == isWrite
        case .ended, .channel, .deadlineExceeded, .processDied, .refusedBootRecord: false
        }
    }

    private static func source(_ bug: Bug) -> String {
        """
        struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); } total SEC(".maps");
        SEC("xdp") int p(struct xdp_md *context) {
            __asm__ volatile("r0 = \(bug.number)" ::: "r0");
            __u8 *packet = (void *)(long)context->data;
            if ((void *)(packet + 14) > (void *)(long)context->data_end) return XDP_DROP;
            __u32 key = 0;
            __u64 *value = bpf_map_lookup_elem(&total, &key);
            if (!value) return XDP_ABORTED;
            *value += 1;
            if (packet[0] == 0xff) { \(bug.source) return XDP_TX; }
            return XDP_PASS;
        }
        """
    }

    @Test(
        "costs the event that came upon it: its cell is replaced, and maps, broker and other cells have what they had",
        arguments: bugs, tiers)
    func planted(bug: Bug, tier: Tier) throws {
        let fixture = try Fixture(tier.enclosure == .guest ? .guest : .child)
        let hostile = try Jail(ready: .none, helper: "hostile-jail")
        let canaries = try Canaries()
        var other = try fixture.sandbox(Source.counter)
        #expect(try other.decide(SandboxTests.packet).result.action == .pass)
        let process = other.cellProcess

        let permit = try fixture.verified(Self.source(bug), for: tier)
        var options = SandboxOptions()
        options.waits.deadlineNanoseconds = bug.number == 0x0B06_0003 ? 200_000_000 : 5_000_000_000
        options.waits.stopNanoseconds = 10_000_000_000
        let native = try #require(try ObjectLoader.compile(permit, options: options, in: hostile))
        var sandbox = try Sandbox(permit, native: native, in: fixture.cells, options: options)
        var bad = SandboxTests.packet
        bad[0] = 0xFF
        for round in 1...3 as ClosedRange<UInt64> {
            let (good, bytes) = try sandbox.decide(SandboxTests.packet)
            #expect(good.action == .pass && good.failure == nil && bytes == SandboxTests.packet)
            let cell = sandbox.cellProcess
            let (result, _) = try sandbox.decide(bad)
            #expect(result.action == .drop && result.size == 0)
            guard case .cell(let failure, let instruction)? = result.failure, let fault = failure.fault else {
                Issue.record("\(result)")
                return
            }
            #expect(bug.expected(failure, fault), "\(failure)")
            let operation = instruction.map { permit.program.code[$0].operation }
            #expect(bug.operations.isEmpty ? operation == nil : operation.map(bug.operations.contains) == true)
            #expect(sandbox.cellProcess != cell && sandbox.statistics.cellFailures == round)
            #expect(try sandbox.maps.count() == 2 * round)
            #expect(try other.decide(SandboxTests.packet).result.action == .pass)
        }
        let (good, _) = try sandbox.decide(SandboxTests.packet)
        #expect(good.action == .pass && good.failure == nil)
        #expect(try sandbox.maps.count() == 7)
        #expect(try other.maps.count() == 4)
        #expect(other.cellProcess == process && other.statistics.cellFailures == 0)
        let areUntouched = canaries.areUntouched
        #expect(areUntouched)
    }

    @Test("has no effect where nothing is planted: the same programs do what C says", arguments: bugs, tiers)
    func sound(bug: Bug, tier: Tier) throws {
        let fixture = try Fixture(tier.enclosure == .guest ? .guest : .child)
        let permit = try fixture.verified(Self.source(bug), for: tier)
        let options = SandboxOptions()
        let native = try #require(try ObjectLoader.compile(permit, options: options, in: fixture.jail))
        var sandbox = try Sandbox(permit, native: native, in: fixture.cells, options: options)
        var bad = SandboxTests.packet
        bad[0] = 0xFF
        let (result, _) = try sandbox.decide(bad)
        #expect(result.failure == nil && result.action == (bug.number == 0x0B06_0001 ? .drop : .transmit))
    }
}

/// Memory of the broker at the very addresses where cells have theirs and where the bugs reach: were an address of a cell ever used in
/// the broker, this is what it would hit.
private struct Canaries: ~Copyable {
    private static let pages = [
        AddressMap.channel, PlantedBugTests.belowStack & ~4095, AddressMap.privateMemory, AddressMap.code,
        AddressMap.maps, AddressMap.maps + PlantedBugTests.farKey * 8, AddressMap.doorbell,
    ]
    private let memory: [UnsafeMutableRawBufferPointer]

    init() throws {
        memory = try Self.pages.map { address in
            let wanted = UnsafeMutableRawPointer(bitPattern: UInt(address))
            let got = mmap(
                wanted, 4096, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | 0x10_0000 /* MAP_FIXED_NOREPLACE */,
                -1, 0)
            let page = UnsafeMutableRawBufferPointer(start: got, count: 4096)
            try #require(got == wanted)
            for (index, byte) in Self.expected(address).enumerated() { page[index] = byte }
            return page
        }
    }

    deinit { for page in memory { munmap(page.baseAddress, page.count) } }

    private static func expected(_ address: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: address)
        return (0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    var areUntouched: Bool {
        zip(Self.pages, memory).allSatisfy { address, page in Array(page) == Self.expected(address) }
    }
}

extension Fixture {
    /// A permit for the one program of a C source, which the real verifier accepts.
    fileprivate func verified(_ source: String, for tier: Tier) throws -> Permit {
        var loaded = try ObjectLoader.load(try Self.object(source), in: jail)
        try ObjectLoader.verify(&loaded, programs: [0], in: jail)
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification)
        let facts = Facts(program: program.identity, hostKVM: .known(.usable, .observed))
        return try Permit(try Self.decision(facts, ceiling: tier), for: program)
    }
}
