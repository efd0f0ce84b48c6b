import Bytecode
import Channel
import Enclosure
import Glibc
import PolicyCore
import Sandbox
import TestSupport
import Testing

@Suite("A sandbox", .serialized, .enabled(if: KVM.isUsable, "\(KVM.reason)"))
struct SandboxTests {
    static let packet: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]

    @Test(
        "a program that faults leaves its event to the policy, with a report, and the next event to itself",
        arguments: [(FailureVerdict.closed, XDPAction.drop), (.open, .pass)])
    func programFault(onFailure: FailureVerdict, action: XDPAction) throws {
        let fixture = try Fixture()
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

    @Test("a program that never ends runs out of fuel, and its cell lives on")
    func fuel() throws {
        let fixture = try Fixture()
        var options = SandboxOptions()
        options.fuel = 10_000
        var sandbox = try fixture.sandbox(Source.loop, options: options)
        let process = sandbox.monitorProcess
        for _ in 0..<3 {
            let (result, _) = try sandbox.decide(Self.packet)
            guard case .program(let fault)? = result.failure else { return #expect(Bool(false), "\(result)") }
            #expect(fault.kind == .fuelExhausted && result.action == .drop)
        }
        #expect(sandbox.monitorProcess == process)
        #expect(sandbox.statistics.instructions == 30_000)
    }

    /// Kills the monitor and waits until it cannot answer any more.
    private func killMonitor(of sandbox: borrowing Sandbox) {
        let process = sandbox.monitorProcess
        kill(process, SIGKILL)
        usleep(20_000)
    }

    @Test(
        "when a cell dies its event gets the policy's verdict, a new cell takes its place, and the maps go on",
        arguments: [(FailureVerdict.closed, XDPAction.drop), (.open, .pass)])
    func replacement(onFailure: FailureVerdict, action: XDPAction) throws {
        let fixture = try Fixture()
        var sandbox = try fixture.sandbox(Source.counter, onFailure: onFailure)
        for round in 1...3 as ClosedRange<UInt64> {
            for _ in 0..<5 { #expect(try sandbox.decide(Self.packet).result.action == .pass) }
            let before = sandbox.monitorProcess
            killMonitor(of: sandbox)
            let (result, _) = try sandbox.decide(Self.packet)
            #expect(result.action == action)
            guard case .cell(.monitorDied)? = result.failure else { return #expect(Bool(false), "\(result)") }
            #expect(sandbox.monitorProcess != before)
            #expect(sandbox.statistics.cellFailures == round)
            #expect(try sandbox.maps.count() == 5 * round)
        }
        #expect(try sandbox.decide(Self.packet).result.failure == nil)
        #expect(try sandbox.maps.count() == 16)
    }

    @Test("cells that die one after the other are not replaced for ever; one event served starts the count anew")
    func quarantine() throws {
        let fixture = try Fixture()
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
        guard case .quarantined(failures: 4, last: .monitorDied)? = refusal else {
            return #expect(Bool(false), "\(refusal as Any)")
        }
        // The maps are the broker's, and stay readable.
        #expect(try sandbox.maps.count() == 1)
    }
}
