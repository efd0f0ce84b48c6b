import Bytecode
import Channel
import Enclosure
import Glibc
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

@Suite("A sandbox", .serialized)
struct SandboxTests {
    /// Children anywhere, guests where there is KVM.
    static let kinds: [EnclosureKind] = KVM.isUsable ? [.guest, .child] : [.child]

    static let packet: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]

    @Test(
        "a program that faults leaves its event to the policy, with a report, and the next event to itself",
        arguments: kinds, [(FailureVerdict.closed, XDPAction.drop), (.open, .pass)])
    func programFault(in kind: EnclosureKind, expected: (onFailure: FailureVerdict, action: XDPAction)) throws {
        let (onFailure, action) = expected
        let fixture = try Fixture(kind)
        var sandbox = try fixture.sandbox(Source.counter, onFailure: onFailure)
        var bad = Self.packet
        bad[0] = 0xFF
        for round in 1...3 as ClosedRange<UInt64> {
            let (good, bytes) = try sandbox.decide(Self.packet)
            #expect(good.action == .pass && good.failure == nil && bytes == Self.packet)
            let (result, _) = try sandbox.decide(bad)
            #expect(result.action == action && result.size == 0)
            guard case .program(let fault)? = result.failure else { return #expect(Bool(false), "\(result)") }
            #expect(fault.kind == .outOfBoundsRead && fault.accessSize == 1)
            // The packet lies behind the header of a slot; what was read lies a page further on.
            #expect(fault.address >= AddressMap.channel && fault.address & 0xFFF == 512)
            #expect(Int(fault.instruction) < sandbox.permit.program.code.count)
            #expect(sandbox.permit.program.code[Int(fault.instruction)].operation == .load8)
            #expect(sandbox.statistics.programFaults == round && sandbox.statistics.cellFailures == 0)
        }
        #expect(try sandbox.maps.count() == 6)
    }

    @Test("routines that the compiler takes for granted do what C says", arguments: kinds)
    func builtInRoutines(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        var sandbox = try fixture.sandbox(
            """
            static __attribute__((noinline)) unsigned long many(unsigned long n) { return n & 7; }
            extern void *set(void *, int, unsigned long) __asm__("memset");
            extern void *copy(void *, const void *, unsigned long) __asm__("memcpy");
            extern int compare(const void *, const void *, unsigned long) __asm__("memcmp");
            SEC("xdp") int p(struct xdp_md *context) {
                char a[8] = "abcdefg", b[8] = "ABCDEFG";
                unsigned char *packet = (void *)(long)context->data;
                if ((void *)(packet + 14) > (void *)(long)context->data_end) return XDP_DROP;
                unsigned long n = many(packet[3]);
                if (compare(a, a, n) != 0 || compare(a, b, 0) != 0 || compare(a, b, n) <= 0 || compare(b, a, n) >= 0)
                    return XDP_DROP;
                if (copy(b, a, n) != b || b[0] != 'a' || b[2] != 'c' || b[3] != 'D' || copy(b, a, 0) != b) return XDP_DROP;
                if (set(a, 0x1FF, n) != a || a[2] != -1 || a[3] != 'd' || set(a, 0, 0) != a || a[0] != -1) return XDP_DROP;
                return compare(a, b, n) > 0 ? XDP_PASS : XDP_DROP;
            }
            """, flags: ["-fno-builtin"])
        #expect(
            sandbox.permit.program.program.functions.map(\.name).sorted() == [
                "many", "memcmp", "memcpy", "memset", "p",
            ])
        let (result, _) = try sandbox.decide(Self.packet)
        #expect(result.action == .pass && result.failure == nil)
    }

    @Test("a program that wants the layout of kernel types is refused with their names", arguments: kinds)
    func kernelTypes(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        do {
            _ = try fixture.sandbox(
                """
                struct task { int a, pid; } __attribute__((preserve_access_index));
                SEC("xdp") int p(struct task *t) { return t->pid; }
                """)
            Issue.record("it runs")
        } catch SandboxError.needsRelocation(let program, let types) {
            #expect(program == "p" && types == ["task"])
        }
    }

    @Test("a program that could not be linked is refused with the reason", arguments: kinds)
    func omitted(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        do {
            _ = try fixture.sandbox("extern int kfunc(int);\nSEC(\"xdp\") int p(void *c) { return kfunc(1); }")
            Issue.record("it runs")
        } catch SandboxError.programOmitted(let program, let reason) {
            #expect(program == "p" && reason.contains("'kfunc' is not defined"))
        }
    }

    @Test("a program that never ends runs out of fuel, and its cell lives on", arguments: kinds)
    func fuel(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        var options = SandboxOptions()
        options.fuel = 10_000
        var sandbox = try fixture.sandbox(Source.loop, options: options)
        let process = sandbox.cellProcess
        for _ in 0..<3 {
            let (result, _) = try sandbox.decide(Self.packet)
            guard case .program(let fault)? = result.failure else { return #expect(Bool(false), "\(result)") }
            #expect(fault.kind == .fuelExhausted && result.action == .drop)
        }
        #expect(sandbox.cellProcess == process)
        #expect(sandbox.statistics.instructions == 30_000)
    }

    /// Kills the monitor and waits until it cannot answer any more.
    private func killMonitor(of sandbox: borrowing Sandbox) {
        let process = sandbox.cellProcess
        kill(process, SIGKILL)
        usleep(20_000)
    }

    @Test(
        "when a cell dies its event gets the policy's verdict, a new cell takes its place, and the maps go on",
        arguments: kinds, [(FailureVerdict.closed, XDPAction.drop), (.open, .pass)])
    func replacement(in kind: EnclosureKind, expected: (onFailure: FailureVerdict, action: XDPAction)) throws {
        let (onFailure, action) = expected
        let fixture = try Fixture(kind)
        var sandbox = try fixture.sandbox(Source.counter, onFailure: onFailure)
        for round in 1...3 as ClosedRange<UInt64> {
            for _ in 0..<5 { #expect(try sandbox.decide(Self.packet).result.action == .pass) }
            let before = sandbox.cellProcess
            killMonitor(of: sandbox)
            let (result, _) = try sandbox.decide(Self.packet)
            #expect(result.action == action)
            guard case .cell(.processDied, _)? = result.failure else { return #expect(Bool(false), "\(result)") }
            #expect(sandbox.cellProcess != before)
            #expect(sandbox.statistics.cellFailures == round)
            #expect(try sandbox.maps.count() == 5 * round)
        }
        #expect(try sandbox.decide(Self.packet).result.failure == nil)
        #expect(try sandbox.maps.count() == 16)
    }

    @Test(
        "cells that die one after the other are not replaced for ever; one event served starts the count anew",
        arguments: kinds)
    func quarantine(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        var options = SandboxOptions()
        options.failuresInARow = 3
        var sandbox = try fixture.sandbox(Source.counter, options: options)
        for _ in 0..<3 {
            killMonitor(of: sandbox)
            #expect(try sandbox.decide(Self.packet).result.failure != nil)
        }
        #expect(try sandbox.decide(Self.packet).result.failure == nil)
        for _ in 0..<3 {
            killMonitor(of: sandbox)
            #expect(try sandbox.decide(Self.packet).result.failure != nil)
        }
        killMonitor(of: sandbox)
        var refusal: SandboxError?
        do throws(any Error) { _ = try sandbox.decide(Self.packet) } catch let error as SandboxError { refusal = error }
        guard case .quarantined(failures: 4, last: .processDied)? = refusal else {
            return #expect(Bool(false), "\(refusal as Any)")
        }
        // The maps are the broker's, and stay readable.
        #expect(try sandbox.maps.count() == 1)
    }
}
