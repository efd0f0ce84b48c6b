import Channel
import Enclosure
import Foundation
import Maps
import Testing

/// Programs that find a map, or a value, locked by somebody else.
@Suite("Waiting for a lock")
struct WaitingTests {
    private static let plans = [
        HelperBench.MapPlan(type: 1, value: 8, entries: 4), HelperBench.MapPlan(type: 9, value: 8, entries: 4),
        HelperBench.MapPlan(type: 11, key: 8, value: 8, entries: 4, flags: 1),
        HelperBench.MapPlan(type: 22, key: 0, value: 8, entries: 4),
    ]

    /// Updates, or pushes, as often as R7 says; R0 is the sum of what came of it.
    private static func updates(_ count: Int, of plan: HelperBench.MapPlan) -> String {
        let call =
            plan.type == 22
            ? "r2 = r10\nr2 += -8\nr3 = 2\nld_pseudo r1, 0x5, 0x0\ncall 87"
            : "r2 = r10\nr2 += -16\nr3 = r10\nr3 += -8\nr4 = 0\nld_pseudo r1, 0x5, 0x0\ncall 2"
        return """
            r6 = 0
            r7 = \(count)
            r1 = 8
            *(u64 *)(r10 - 8) = r1
            *(u64 *)(r10 - 16) = r1
            \(call)
            r6 += r0
            r7 += -1
            if r7 != 0 goto -\(call.split(separator: "\n").count + 4)
            r0 = r6
            exit
            """
    }

    /// Runs a program while another user holds the map, who gives it back, or not, after so many milliseconds.
    private func run(
        _ program: String, _ plan: HelperBench.MapPlan, heldFor milliseconds: UInt32?
    ) throws -> (ending: Verdict.Ending?, milliseconds: Double) {
        var bench = try HelperBench(program, maps: [plan])
        let memory = bench.bench.memory
        // The lock is the first word of the storage.
        let lock = bench.descriptors[0].storageStart
        memory.storeRelease64(lock, 77)
        let done = DispatchSemaphore(value: 0)
        if let milliseconds {
            Thread {
                usleep(milliseconds * 1000)
                memory.storeRelease64(lock, 0)
                done.signal()
            }.start()
        }
        let start = ContinuousClock.now
        let ending = try bench.run()
        let duration = (ContinuousClock.now - start) / .milliseconds(1)
        if milliseconds != nil { done.wait() }
        return (ending, duration)
    }

    @Test("a holder whose processor others have for a while is waited for", arguments: 0..<4)
    func absentHolder(kind: Int) throws {
        let plan = Self.plans[kind]
        let (ending, _) = try run(Self.updates(1, of: plan), plan, heldFor: 20)
        #expect(ending == .returned(0))
    }

    @Test(
        "one that never gives the lock back costs an event so much and no more, however often it asks", arguments: 0..<4
    )
    func deadHolder(kind: Int) throws {
        let plan = Self.plans[kind]
        let (once, short) = try run(Self.updates(1, of: plan), plan, heldFor: nil)
        #expect(once == .returned(errno: -16))
        let (often, long) = try run(Self.updates(1000, of: plan), plan, heldFor: nil)
        #expect(often == .returned(errno: -16_000))
        #expect(long < 5 * short + 100)
    }

    @Test("each event has patience of its own")
    func nextEvent() throws {
        let plan = Self.plans[0]
        var bench = try HelperBench(Self.updates(1, of: plan), maps: [plan])
        let memory = bench.bench.memory
        let lock = bench.descriptors[0].storageStart
        memory.storeRelease64(lock, 77)
        #expect(try bench.run() == .returned(errno: -16))
        #expect(memory.load32(RunWords.patience) == 0)
        memory.storeRelease64(lock, 0)
        #expect(try bench.run() == .returned(0))
        #expect(memory.load32(RunWords.patience) == EventPatience.looks)
    }
}
