import Bytecode
import Enclosure
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// The broker's side of compilation, against a compiler that was taken over: see Tests/Support/hostile-jail.
@Suite("A compiler that is not to be believed", .serialized)
struct CompilationJailTests {
    private let room = MachineRoom()
    static let tiers = [Tier.jitGuest, .jitChild].filter { KVM.isUsable || $0.enclosure != .guest }

    /// A permit for `r0 = 2; exit`, of which the verifier says what the behaviour is.
    private func permit(
        _ behaviour: String, _ tier: Tier, result: Int32 = 2, in jail: Jail
    ) throws -> Permit {
        let code = [
            Slot(opcode: 0xB7, destination: 0, source: 0, offset: 0, immediate: result),
            Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
        ]
        let package = ObjectPackage(
            licence: behaviour, programs: [Program(name: "p", section: "xdp", code: code)])
        var loaded = try ObjectLoader.load(package.serialized(), in: jail)
        try ObjectLoader.verify(&loaded, programs: [0], in: jail)
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification)
        let facts = Facts(program: program.identity, hostKVM: .known(.usable, .observed))
        return try Permit(try Fixture.decision(facts, unverifiedCeiling: tier, ceiling: tier), for: program)
    }

    private func jails(for tier: Tier) throws -> (hostile: Jail, cells: Jail) {
        let hostile = try Jail(ready: .none, helper: "hostile-jail")
        return (hostile, tier.enclosure == .child ? try Jail(for: .child) : try Jail())
    }

    @Test(
        "code that makes a system call ends its cell with a report, and the event gets the policy's verdict",
        arguments: tiers)
    func systemCall(tier: Tier) throws {
        let (hostile, cells) = try jails(for: tier)
        let permit = try permit("needs fuel", tier, in: hostile)
        let native = try #require(try ObjectLoader.compile(permit, options: SandboxOptions(), in: hostile))
        var options = SandboxOptions()
        options.failuresInARow = 3
        var sandbox = try Sandbox(permit, native: native, in: cells, options: options)
        for _ in 0..<3 {
            let result = try sandbox.decide([1, 2, 3, 4]).result
            #expect(result.action == .drop)
            guard case .cell(let failure, let instruction)? = result.failure else {
                return #expect(Bool(false), "\(result)")
            }
            switch tier {
            case .jitGuest:
                // SYSCALL leads to an address that nothing lies at.
                guard case .ended(.fault) = failure else { return #expect(Bool(false), "\(failure)") }
            case .deny, .interpGuest, .interpChild, .jitChild:
                guard case .processDied = failure else { return #expect(Bool(false), "\(failure)") }
                #expect(instruction == nil)
            }
        }
    }

    @Test("a map of another program is refused by name, before anything runs", arguments: tiers)
    func otherMap(tier: Tier) throws {
        let (hostile, _) = try jails(for: tier)
        let permit = try permit("needs fuel", tier, result: 3, in: hostile)
        var problem: CompiledProgramError?
        do throws(SandboxError) { _ = try ObjectLoader.compile(permit, options: SandboxOptions(), in: hostile) } catch {
            if case .compiled(let error) = error { problem = error }
        }
        #expect(problem == .otherProgram(instructions: 1, expected: 2))
    }

    @Test("a program that is not proven safe is not compiled, whatever was decided", arguments: tiers)
    func notProven(tier: Tier) throws {
        let (hostile, _) = try jails(for: tier)
        let permit = try permit("rejecting", tier, in: hostile)
        var refused: Tier?
        do throws(SandboxError) { _ = try ObjectLoader.compile(permit, options: SandboxOptions(), in: hostile) } catch {
            if case .notProven(_, let tier) = error { refused = tier }
        }
        #expect(refused == tier)
        #expect(!permit.program.eligibleTiers.contains(tier))
    }

    @Test(
        "a tier that runs machine code does not start without it, and one that interprets not with it", arguments: tiers
    )
    func foreignCode(tier: Tier) throws {
        let (hostile, cells) = try jails(for: tier)
        let permit = try permit("needs fuel", tier, in: hostile)
        let native = try #require(try ObjectLoader.compile(permit, options: SandboxOptions(), in: hostile))
        func refusal(_ permit: Permit, _ native: NativeProgram?, _ options: SandboxOptions) -> Tier? {
            do throws(SandboxError) { _ = try Sandbox(permit, native: native, in: cells, options: options) } catch {
                if case .foreignCode(let tier) = error { return tier }
            }
            return nil
        }
        #expect(refusal(permit, nil, SandboxOptions()) == tier)
        // Everything is to be checked, and this code checks nothing.
        var checked = SandboxOptions()
        checked.checksEverything = true
        #expect(refusal(permit, native, checked) == tier)
        let interpreted: Tier = tier == .jitGuest ? .interpGuest : .interpChild
        #expect(
            refusal(try self.permit("needs fuel", interpreted, in: hostile), native, SandboxOptions()) == interpreted)
    }
}
