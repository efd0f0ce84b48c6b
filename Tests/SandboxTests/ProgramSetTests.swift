import Bytecode
import Channel
import Enclosure
import Maps
import PolicyCore
import ProgramPackage
import TestSupport
import Testing

@testable import Sandbox

/// Programs that go on in one another: what is admitted with a program, what policy is asked, and what runs.
@Suite("Sets of programs", .serialized)
struct ProgramSetTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    // MARK: what belongs to a set

    /// `r2 = map; r3 = slot; call 12; r0 = result; exit`, in a package's words.
    private static func caller(_ name: String, map: Int32, result: Int32 = 1, section: String = "xdp") -> Program {
        Program(
            name: name, section: section,
            code: [
                Slot(opcode: 0x18, destination: 2, source: 1, offset: 0, immediate: map),
                Slot(opcode: 0, registers: 0, offset: 0, immediate: 0),
                Slot(opcode: 0xB7, destination: 3, source: 0, offset: 0, immediate: 0),
                Slot(opcode: 0x85, registers: 0, offset: 0, immediate: 12),
                Slot(opcode: 0xB7, destination: 0, source: 0, offset: 0, immediate: result),
                Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
            ])
    }

    private static func leaf(_ name: String, result: Int32 = 2, section: String = "xdp") -> Program {
        Program(
            name: name, section: section,
            code: [
                // A jump over nothing, so that a target has to be moved.
                Slot(opcode: 0x05, registers: 0, offset: 0, immediate: 0),
                Slot(opcode: 0xB7, destination: 0, source: 0, offset: 0, immediate: result),
                Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
            ])
    }

    private static func array(_ name: String, _ programs: [String]) -> MapDefinition {
        MapDefinition(
            name: name, type: 3, keySize: 4, valueSize: 4, maximumEntries: UInt32(programs.count + 1),
            slots: programs.enumerated().map { MapSlot(index: UInt32($0.offset), target: .program($0.element)) })
    }

    /// `a` goes on in `b` or itself, `b` in `c`; `d` is another matter.
    private static let package = ObjectPackage(
        maps: [
            MapDefinition(name: "other", type: 2, keySize: 4, valueSize: 8, maximumEntries: 1),
            array("second", ["c"]), array("first", ["b", "a"]),
        ],
        programs: [leaf("d"), leaf("c", result: 7), caller("b", map: 1), caller("a", map: 2)])

    @Test("a set is a program and all that arrays of programs lead to, each once, with code and maps renumbered")
    func closure() throws {
        let set = try AdmittedProgram(from: Self.package, name: "a")
        #expect(set.members.map(\.program.name) == ["a", "b", "c"])
        #expect(set.members.map(\.instructions) == [0..<6, 6..<12, 12..<15])
        #expect(set.maps.map(\.name) == ["first", "second"])
        #expect(set.code[0].immediate == 0 && set.code[6].immediate == 1 && set.code[12].offset == 13)
        #expect(set.place(of: 13).member.program.name == "c" && set.place(of: 13).instruction == 1)
        #expect(try AdmittedProgram.programs(in: Self.package, name: "a") == [1, 2, 3])
        #expect(try AdmittedProgram(from: Self.package, name: "d").members.count == 1)
    }

    @Test(
        "what is proven of a member's instructions is known of them in the set, and of nothing that was written for them"
    )
    func facts() throws {
        var package = Self.package
        // A helper that becomes a constant, one that becomes a function behind the programs, and one that nobody has.
        package.programs[1].code.insert(
            contentsOf: [17, 41, 2].map {
                Slot(opcode: 0x85, registers: 0, offset: 0, immediate: $0)
            }, at: 1)
        var verification = Verification(options: VerifierOptions(), programs: [])
        for index in 1...3 {
            var one = ProgramVerification(program: index, verdict: .accepted)
            let count = package.programs[index].code.count
            one.facts = [InstructionFacts](repeating: index == 2 ? [] : .isUnreached, count: count)
            verification.programs.append(one)
        }
        let set = try AdmittedProgram(from: package, verification: verification, name: "a")
        #expect(set.members.map(\.instructions) == [0..<6, 6..<12, 12..<18])
        #expect(set.code.count > 18 && set.instructionFacts.count == set.code.count)
        #expect(set.code[13].operation == .mov64Immediate && set.code[14].operation == .callLocal)
        let known = set.instructionFacts.indices.filter { set.instructionFacts[$0] == .isUnreached }
        #expect(known == Array(0..<6) + [12, 15, 16, 17])
        #expect(try AdmittedProgram(from: package, name: "a").instructionFacts.isEmpty)
    }

    @Test("where one program goes on in all others, it is the one that is meant")
    func root() throws {
        var package = Self.package
        #expect(throws: SandboxError.self) { try AdmittedProgram(from: package) }
        package.programs.removeFirst()
        // `a` names itself too, so nobody is first.
        #expect(throws: SandboxError.self) { try AdmittedProgram(from: package) }
        package.maps[2].slots.removeLast()
        #expect(try AdmittedProgram(from: package).program.name == "a")
    }

    @Test("a program does not go on in one of another type, and the refusal names both")
    func types() throws {
        var package = Self.package
        package.programs[1].section = "tc"
        do throws(SandboxError) {
            _ = try AdmittedProgram(from: package, name: "a")
            Issue.record("it was admitted")
        } catch {
            guard case .typesDiffer("a", "xdp", "c", "tc") = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test("a program that cannot be linked is not gone on in, and the refusal says why")
    func omitted() throws {
        var package = Self.package
        package.programs.remove(at: 1)
        package.omitted = [OmittedProgram(name: "c", section: "xdp", reason: "no such symbol")]
        do throws(SandboxError) {
            _ = try AdmittedProgram(from: package, name: "a")
            Issue.record("it was admitted")
        } catch {
            guard case .programOmitted("c", "no such symbol") = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    // MARK: what is proven of it

    private static func verified(_ verdicts: [(ProgramPackage.Verdict, longestRun: UInt64?)]) throws -> AdmittedProgram
    {
        let options = VerifierOptions()
        let programs = zip([3, 2, 1], verdicts).map { index, verdict in
            var program = ProgramVerification(program: index, verdict: verdict.0)
            program.longestRun = verdict.longestRun
            return program
        }
        return try AdmittedProgram(
            from: package, verification: Verification(options: options, programs: programs.reversed()), name: "a")
    }

    @Test("what is proven of a set is the least that is proven of a member")
    func weakest() throws {
        #expect(try Self.verified([(.accepted, 5), (.accepted, 5), (.accepted, 3)]).execution == .verified)
        #expect(try Self.verified([(.accepted, 5), (.needsFuel, 5), (.accepted, 3)]).execution == .metered)
        let rejected = try Self.verified([(.accepted, 5), (.accepted, 5), (.rejected, nil)])
        #expect(rejected.execution == .checked)
        #expect(rejected.eligibleTiers == TierSet([.interpGuest, .interpChild]))
        // Nobody asked about `b` and `c`.
        #expect(try Self.verified([(.accepted, 5)]).execution == .checked)
    }

    @Test("an event takes at most one run of the first program, and 33 of the longest")
    func longestRun() throws {
        let set = try Self.verified([(.accepted, 5), (.accepted, 9), (.accepted, 3)])
        #expect(set.longestRun == 5 + 33 * 9)
        #expect(try Self.verified([(.accepted, 5), (.accepted, nil), (.accepted, 3)]).longestRun == nil)
        #expect(try Self.verified([(.accepted, 5), (.accepted, 1 << 60), (.accepted, 3)]).longestRun == nil)
        var options = SandboxOptions()
        options.fuel = 302
        #expect(Sandbox.executionMode(of: set, options) == .verified)
        options.fuel = 301
        #expect(Sandbox.executionMode(of: set, options) == .metered)
    }

    // MARK: what policy says of it

    private static func decision(_ member: AdmittedProgram.Member, ceiling: Tier) throws -> Decision {
        let facts = Facts(program: member.identity, hostKVM: .known(.usable, .observed))
        return try Fixture.decision(facts, ceiling: ceiling)
    }

    @Test("the strictest word about a member is the word about the set")
    func strictest() throws {
        let set = try Self.verified([(.accepted, 5), (.accepted, 5), (.accepted, 3)])
        let allowed = try set.members.map { try Self.decision($0, ceiling: .jitChild) }
        #expect(try Permit(SetDecision(allowed), for: set).decision.outcome == .jitChild)
        var lower = allowed
        lower[1] = try Self.decision(set.members[1], ceiling: .interpGuest)
        let permit = try Permit(SetDecision(lower), for: set)
        #expect(permit.decision.outcome == .interpGuest && SetDecision(lower).strictest == 1)
        var denied = allowed
        denied[2] = try Self.decision(set.members[2], ceiling: .deny)
        #expect(!SetDecision(denied).allows && SetDecision(denied).strictest == 2)
        #expect(throws: SandboxError.self) { try Permit(SetDecision(denied), for: set) }
    }

    @Test("a set without a word about each of its programs, in order, has no leave to run")
    func missingDecision() throws {
        let set = try Self.verified([(.accepted, 5), (.accepted, 5), (.accepted, 3)])
        let allowed = try set.members.map { try Self.decision($0, ceiling: .jitChild) }
        func foreign(_ decisions: [Decision]) -> String? {
            do throws(SandboxError) { _ = try Permit(SetDecision(decisions), for: set) } catch {
                if case .foreignDecision(let program) = error { return program }
            }
            return nil
        }
        #expect(foreign(allowed) == nil)
        #expect(foreign([allowed[0]]) == "b" && foreign(Array(allowed.prefix(2))) == "c")
        #expect(foreign([allowed[0], allowed[2], allowed[1]]) == "b")
        #expect(foreign([allowed[1], allowed[1], allowed[2]]) == "a")
    }

    // MARK: what runs

    private static let source = """
        int second(struct xdp_md *context);
        int third(struct xdp_md *context);
        struct {
            __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
            __uint(max_entries, 4);
            __type(key, __u32);
            __array(values, int(struct xdp_md *));
        } next SEC(".maps") = { .values = { [1] = (void *)&second, [2] = (void *)&third } };
        SEC("xdp") int first(struct xdp_md *context) {
            unsigned char *packet = (void *)(long)context->data;
            if ((void *)(packet + 1) > (void *)(long)context->data_end) return XDP_DROP;
            bpf_tail_call(context, &next, packet[0]);
            return XDP_PASS;
        }
        SEC("xdp") int second(struct xdp_md *context) { return XDP_TX; }
        SEC("xdp") int third(struct xdp_md *context) {
            volatile __u64 turns = 0;
            for (;;) { turns += 1; if (turns == ~0ull) break; }
            return XDP_DROP;
        }
        """

    private static func sandbox(_ fixture: borrowing Fixture, _ tier: Tier) throws -> Sandbox {
        var loaded = try ObjectLoader.load(try Fixture.object(source), in: fixture.jail)
        let programs = try AdmittedProgram.programs(in: loaded.package)
        try ObjectLoader.verify(&loaded, programs: programs, in: fixture.jail)
        let set = try AdmittedProgram(from: loaded.package, verification: loaded.verification)
        // `third` was not shown to end.
        #expect(set.execution == .metered)
        let permit = try Permit(SetDecision(try set.members.map { try decision($0, ceiling: tier) }), for: set)
        var options = SandboxOptions()
        options.fuel = 10_000
        options.waits.deadlineNanoseconds = 5_000_000_000
        let native = try ObjectLoader.compile(permit, options: options, in: fixture.jail)
        return try Sandbox(permit, native: native, in: fixture.cells, options: options)
    }

    @Test(
        "in every tier packets go where the array says, and a fault is that of the program that went on",
        arguments: tiers)
    func runs(tier: Tier) throws {
        let fixture = try Fixture(tier.enclosure == .child ? .child : .guest)
        var sandbox = try Self.sandbox(fixture, tier)
        #expect(try sandbox.decide([0]).result.action == .pass)
        #expect(try sandbox.decide([1]).result.action == .transmit)
        #expect(try sandbox.decide([3]).result.action == .pass)
        #expect(try sandbox.decide([200]).result.action == .pass)
        let (result, _) = try sandbox.decide([2])
        guard case .program(let fault)? = result.failure else {
            Issue.record("\(result)")
            return
        }
        #expect(fault.kind == .fuelExhausted)
        #expect(sandbox.permit.program.place(of: Int(fault.instruction)).member.program.name == "third")
    }

    @Test("the host changes what slots hold while the cell runs", arguments: tiers)
    func updates(tier: Tier) throws {
        let fixture = try Fixture(tier.enclosure == .child ? .child : .guest)
        var sandbox = try Self.sandbox(fixture, tier)
        try sandbox.setProgram("second", at: 0, of: "next")
        #expect(try sandbox.decide([0]).result.action == .transmit)
        try sandbox.setProgram(nil, at: 0, of: "next")
        try sandbox.setProgram(nil, at: 1, of: "next")
        #expect(try sandbox.decide([0]).result.action == .pass)
        #expect(try sandbox.decide([1]).result.action == .pass)
        #expect(
            try sandbox.maps.contents(of: "next").elements.map { $0.values[0] } == [
                [0, 0, 0, 0], [0, 0, 0, 0], [3, 0, 0, 0], [0, 0, 0, 0],
            ])
        for change in [("fourth", 0, "next"), ("second", 4, "next"), ("second", 0, "last")]
            as [(String, UInt32, String)]
        {
            #expect(throws: SandboxError.self) { try sandbox.setProgram(change.0, at: change.1, of: change.2) }
        }
    }

    @Test("what a dead cell wrote into an array of programs is not there for its successor")
    func restored() throws {
        var store = try MapStore(
            [
                Self.array("first", ["b", "a"]),
                MapDefinition(name: "m", type: 2, keySize: 4, valueSize: 8, maximumEntries: 1),
            ],
            programs: ["a", "b"], lanes: 1)
        try store.setProgram("b", at: 2, of: "first")
        let before = try store.contents(of: "first")
        #expect(before.elements.map { $0.values[0][0] } == [2, 1, 2] && before.programs == ["a", "b"])
        for slot in 0..<3 as Range<UInt64> {
            store.memory.store32(store.descriptors[0].storageStart + slot * 8, 0xDEAD_BEEF)
        }
        #expect(try store.contents(of: "first") != before)
        try store.recover(generation: 1)
        #expect(try store.contents(of: "first") == before)
        #expect(throws: SandboxError.self) { try store.setProgram("a", at: 0, of: "m") }
    }
}
