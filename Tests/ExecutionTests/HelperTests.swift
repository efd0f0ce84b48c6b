import Channel
import Enclosure
import Testing

@Suite("Helpers without maps")
struct HelperTests {
    @Test("the clock shows the event's time, and nothing moves it during the event")
    func clock() throws {
        var bench = try HelperBench("call 0x5\nr6 = r0\ncall 0x5\nif r0 != r6 goto +1\nexit\nr0 = 1\nexit")
        #expect(try bench.run(time: 0x0123_4567_89AB_CDEF) == .returned(0x0123_4567_89AB_CDEF))
        #expect(try bench.run(time: 5) == .returned(5))
    }

    @Test("the processor's number is that of the event's lane", arguments: [0, 3, 0xFFFF_FFFF] as [UInt32])
    func lane(lane: UInt32) throws {
        var bench = try HelperBench("call 0x8\nexit")
        #expect(try bench.run(lane: lane) == .returned(UInt64(lane)))
    }

    @Test("random numbers have 32 bits, differ, go on from event to event, and follow from the seed")
    func random() throws {
        var first = try HelperBench("call 0x7\nexit", seed: 0x1234_5678)
        var same = try HelperBench("call 0x7\nexit", seed: 0x1234_5678)
        var other = try HelperBench("call 0x7\nexit", seed: 0x1234_5679_0000)
        var seen: Set<UInt64> = []
        for _ in 0..<100 {
            guard case .returned(let number)? = try first.run() else {
                return #expect(Bool(false), "the program faulted")
            }
            #expect(number <= 0xFFFF_FFFF)
            #expect(try same.run() == .returned(number))
            #expect(try other.run() != .returned(number))
            seen.insert(number)
        }
        #expect(seen.count == 100)
        // Every bit is both 0 and 1 at some time.
        #expect(seen.reduce(0, |) == 0xFFFF_FFFF)
        #expect(seen.reduce(UInt64.max, &) == 0)
    }

    @Test("a helper that is not offered is named by its id", arguments: [0, 4, 9, 27, 44, 0x7FFF_FFFF])
    func unknown(id: Int) throws {
        var bench = try HelperBench("r0 = 0\ncall \(id)\nexit")
        #expect(try bench.run() == .fault(.unknownHelper, at: 1, UInt64(id)))
    }

    @Test("the conformance suites' profile has helper 5, which returns its argument, and no other")
    func conformance() throws {
        var five = try HelperBench("r1 = 0x123456789 ll\ncall 5\nexit", profile: .conformance)
        #expect(try five.run() == .returned(0x1_2345_6789))
        for id in [1, 2, 3, 4, 6, 7, 8] {
            var other = try HelperBench("call \(id)\nexit", profile: .conformance)
            #expect(try other.run() == .fault(.unknownHelper, at: 0, UInt64(id)))
        }
    }
}

@Suite("What an event finds")
struct EventStateTests {
    /// Ors what lies in a frame into r0, fills the frame, and calls the next, eight frames deep.
    private static let sweep: String = {
        var lines = ["r0 = 0", "call +0x1", "exit"]
        var body: [String] = []
        for offset in stride(from: 8, through: 512, by: 8) {
            body += ["r2 = *(u64 *)(r10 - \(offset))", "r0 |= r2", "*(u64 *)(r10 - \(offset)) = -1"]
        }
        // Seven bodies, each but the last calling the next; the first frame is the caller's.
        for depth in 0..<7 {
            let calls = depth < 6
            // The callee begins behind this body's last instruction.
            lines += body + (calls ? ["call +0x1", "exit"] : ["exit"])
        }
        return (body + lines).joined(separator: "\n")
    }()

    @Test("every byte of all eight frames is zero for each event")
    func stackIsZero() throws {
        var bench = try HelperBench(Self.sweep)
        for _ in 0..<3 { #expect(try bench.run() == .returned(0)) }
    }

    @Test("the registers start at zero but R1, R2 and R10")
    func registers() throws {
        var bench = try HelperBench(
            "r0 |= r3\nr0 |= r4\nr0 |= r5\nr0 |= r6\nr0 |= r7\nr0 |= r8\nr0 |= r9\nr6 = -1\nr9 = -1\nexit")
        for _ in 0..<2 { #expect(try bench.run([1, 2, 3]) == .returned(0)) }
    }

    @Test("eight frames are there, and the ninth is refused")
    func frames() throws {
        func recursion(_ calls: Int) -> String {
            """
            r1 = \(calls)
            call +0x1
            exit
            if r1 == 1 goto +2
            r1 += -1
            call -0x3
            r0 = r1
            exit
            """
        }
        var eight = try HelperBench(recursion(7))
        #expect(try eight.run() == .returned(1))
        var nine = try HelperBench(recursion(8))
        #expect(try nine.run() == .fault(.callDepthExceeded, at: 5, 0))
        #expect(try nine.run() == .fault(.callDepthExceeded, at: 5, 0))
    }

    @Test("the context can be read and not written; past its end it is no memory")
    func context() throws {
        var read = try HelperBench("r0 = *(u32 *)(r1 + 4)\nexit", entry: .context)
        #expect(try read.run(context: [1, 0, 0, 0, 2, 0, 0, 0]) == .returned(2))
        var write = try HelperBench("r0 = *(u32 *)(r1 + 4)\n*(u32 *)(r1 + 4) = 1\nexit", entry: .context)
        let context = write.payloadAddress - EventSlot.payload + EventSlot.context
        #expect(
            try write.run(context: [1, 0, 0, 0, 2, 0, 0, 0]) == .fault(.outOfBoundsWrite, at: 1, context + 4, size: 4))
        var past = try HelperBench("r0 = *(u32 *)(r1 + 5)\nexit", entry: .context)
        #expect(
            try past.run(context: [1, 0, 0, 0, 2, 0, 0, 0]) == .fault(.outOfBoundsRead, at: 0, context + 5, size: 4))
    }

    @Test("an event without a payload has none, whatever the one before had")
    func noPayload() throws {
        var bench = try HelperBench(
            "r0 = r2\nr3 = 0x\(String(AddressMap.channel, radix: 16)) ll\nif r1 == 0 goto +1\nr0 = *(u8 *)(r1 + 0)\nexit"
        )
        #expect(try bench.run([9]) == .returned(9))
        #expect(try bench.run([]) == .returned(0))
    }
}
