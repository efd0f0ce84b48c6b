import Channel
import Enclosure
import Maps
import Testing

/// The helpers for the newer kinds of maps as programs call them.
@Suite("Helpers of queues, filters, tries and lanes")
struct MapKindHelperTests {
    static let queue = HelperBench.MapPlan(type: 22, key: 0, value: 8, entries: 2)
    static let stack = HelperBench.MapPlan(type: 23, key: 0, value: 8, entries: 2)
    static let filter = HelperBench.MapPlan(type: 30, key: 0, value: 8, entries: 100)
    static let trie = HelperBench.MapPlan(type: 11, key: 8, value: 8, entries: 4, flags: 1)
    static let perCPUHash = HelperBench.MapPlan(type: 5, key: 8, value: 8, entries: 2)
    static let lru = HelperBench.MapPlan(type: 9, key: 8, value: 8, entries: 2)

    /// R1 = map, R2 = the payload + `offset`, R3 = a number, then the helper.
    private static func call(_ helper: Int, offset: Int = 0, third: Int = 0) -> String {
        """
        r2 = r1
        r2 += \(offset)
        r3 = \(third)
        ld_pseudo r1, 0x5, 0x0
        call 0x\(String(helper, radix: 16))
        """
    }

    private static func bytes(_ words: UInt64...) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    @Test(
        "what a program pushes it pops, the oldest or the newest first",
        arguments: [(queue, 2), (stack, 1)] as [(HelperBench.MapPlan, UInt64)])
    func pushAndPop(plan: HelperBench.MapPlan, first: UInt64) throws {
        // Pushes 1, pushes 2, peeks into the payload, pops into the stack, and returns both, which must be the same.
        let program = """
            r6 = r1
            *(u64 *)(r10 - 8) = 1
            r2 = r10
            r2 += -8
            r3 = 0
            ld_pseudo r1, 0x5, 0x0
            call 0x57
            *(u64 *)(r10 - 8) = 2
            r2 = r10
            r2 += -8
            r3 = 0
            ld_pseudo r1, 0x5, 0x0
            call 0x57
            r2 = r6
            ld_pseudo r1, 0x5, 0x0
            call 0x59
            r2 = r10
            r2 += -8
            ld_pseudo r1, 0x5, 0x0
            call 0x58
            r0 = *(u64 *)(r6 + 0)
            r0 <<= 8
            r1 = *(u64 *)(r10 - 8)
            r0 |= r1
            exit
            """
        var bench = try HelperBench(program, maps: [plan])
        let popped = plan.type == 22 ? UInt64(1) : 2
        #expect(try bench.run(Self.bytes(0)) == .returned(popped << 8 | popped))
        #expect(first == 3 - popped)
    }

    @Test("answers of push, pop and peek are Linux's")
    func answers() throws {
        var push = try HelperBench(Self.call(87) + "\nexit", maps: [Self.queue])
        #expect(try push.run(Self.bytes(1)) == .returned(0))
        #expect(try push.run(Self.bytes(2)) == .returned(0))
        #expect(try push.run(Self.bytes(3)) == .returned(errno: -7))
        var create = try HelperBench(Self.call(87, third: 1) + "\nexit", maps: [Self.queue])
        #expect(try create.run(Self.bytes(3)) == .returned(errno: -22))
        for helper in [88, 89] {
            var empty = try HelperBench(Self.call(helper) + "\nexit", maps: [Self.stack])
            #expect(try empty.run(Self.bytes(7)) == .returned(errno: -2))
            // Other kinds have no ends.
            var hash = try HelperBench(Self.call(helper) + "\nexit", maps: [Self.perCPUHash])
            #expect(try hash.run(Self.bytes(7)) == .returned(errno: -95))
        }
        var lookUp = try HelperBench(Self.call(1) + "\nexit", maps: [Self.queue])
        #expect(try lookUp.run(Self.bytes(7)) == .returned(0))
    }

    @Test("a filter answers by the value that it is shown")
    func bloomFilter() throws {
        var peek = try HelperBench(Self.call(89) + "\nexit", maps: [Self.filter])
        #expect(try peek.run(Self.bytes(5)) == .returned(errno: -2))
        var both = try HelperBench(
            "r6 = r1\n" + Self.call(87) + "\nr1 = r6\n" + Self.call(89) + "\nexit", maps: [Self.filter])
        #expect(try both.run(Self.bytes(5)) == .returned(0))
        var pop = try HelperBench(Self.call(88) + "\nexit", maps: [Self.filter])
        #expect(try pop.run(Self.bytes(5)) == .returned(errno: -95))
    }

    @Test("a helper refuses a value that is not wholly the program's to read, or to write", arguments: [87, 88, 89])
    func badValue(helper: Int) throws {
        for address in [0, AddressMap.privateMemory, AddressMap.image, AddressMap.hostWords] as [UInt64] {
            let program =
                "r3 = 0\nr2 = 0x\(String(address, radix: 16)) ll\nld_pseudo r1, 0x5, 0x0\ncall \(helper)\nexit"
            var bench = try HelperBench(program, maps: [Self.queue])
            #expect(try bench.run(Self.bytes(0)) == .fault(.invalidHelperArgument, at: 5, address))
        }
        var cut = try HelperBench(Self.call(helper, offset: 1) + "\nexit", maps: [Self.queue])
        let value = cut.payloadAddress + 1
        #expect(try cut.run(Self.bytes(0)) == .fault(.invalidHelperArgument, at: 5, value))
    }

    @Test("a pop writes no memory that the program may only read")
    func popIntoReadOnlyMemory() throws {
        let program = """
            r6 = r1
            *(u32 *)(r10 - 4) = 0
            r2 = r10
            r2 += -4
            ld_pseudo r1, 0x5, 0x1
            call 0x1
            r2 = r0
            ld_pseudo r1, 0x5, 0x0
            call 0x58
            exit
            """
        let constant = HelperBench.MapPlan(type: 2, value: 8, entries: 1, flags: 0x80)
        var bench = try HelperBench(program, maps: [Self.queue, constant])
        let value = bench.descriptors[1].valuesStart
        #expect(try bench.run(Self.bytes(0)) == .fault(.invalidHelperArgument, at: 10, value))
    }

    @Test("a value of another lane is the program's once it has asked for one", arguments: [5, 6] as [UInt32])
    func otherLanes(type: UInt32) throws {
        let plan = HelperBench.MapPlan(type: type, key: type == 5 ? 8 : 4, value: 8, entries: 2)
        let program = Self.call(195, third: 2) + "\nif r0 == 0 goto +3\nr1 = 77\n*(u64 *)(r0 + 0) = r1\nr0 = 1\nexit"
        var bench = try HelperBench(program, maps: [plan], lanes: 4, lane: 1)
        let key = type == 5 ? Self.bytes(1) : Array(Self.bytes(1)[0..<4])
        if type == 5 {
            #expect(try bench.run(Self.bytes(1)) == .returned(0))
            #expect(try bench.map(0).setValue(Self.bytes(0).span.bytes, forKey: key.span.bytes) == 0)
        }
        #expect(try bench.run(Self.bytes(1)) == .returned(1))
        var value = [UInt8](repeating: 0, count: 8)
        var span = value.mutableSpan
        var bytes = span.mutableBytes
        #expect(try bench.map(0).copyValue(forKey: key.span.bytes, lane: 2, into: &bytes))
        #expect(value == Self.bytes(77))
        var absent = try HelperBench(Self.call(195, third: 4) + "\nexit", maps: [plan], lanes: 4, lane: 1)
        #expect(try absent.run(Self.bytes(1)) == .returned(0))
    }

    @Test("a program finds the longest prefix, and what it finds is memory of its own")
    func longestPrefix() throws {
        let program = """
            r2 = r1
            ld_pseudo r1, 0x5, 0x0
            call 0x1
            if r0 == 0 goto +2
            r0 = *(u64 *)(r0 + 0)
            exit
            r0 = 99
            exit
            """
        var bench = try HelperBench(program, maps: [Self.trie])
        func key(_ length: UInt64, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) -> UInt64 {
            length | a << 32 | b << 40 | c << 48 | d << 56
        }
        for (name, value) in [(key(8, 10, 0, 0, 0), 1), (key(16, 10, 1, 0, 0), 2)] as [(UInt64, UInt64)] {
            #expect(try bench.map(0).setValue(Self.bytes(value).span.bytes, forKey: Self.bytes(name).span.bytes) == 0)
        }
        #expect(try bench.run(Self.bytes(key(32, 10, 1, 2, 3))) == .returned(2))
        #expect(try bench.run(Self.bytes(key(32, 10, 2, 2, 3))) == .returned(1))
        #expect(try bench.run(Self.bytes(key(32, 11, 2, 2, 3))) == .returned(99))
    }

    @Test("an LRU keeps what a program looks up")
    func keepsWhatIsUsed() throws {
        var lookUp = try HelperBench(Self.call(1) + "\nif r0 == 0 goto +1\nr0 = 1\nexit", maps: [Self.lru])
        for name in [1, 2] as [UInt64] {
            #expect(try lookUp.map(0).setValue(Self.bytes(0).span.bytes, forKey: Self.bytes(name).span.bytes) == 0)
        }
        #expect(try lookUp.run(Self.bytes(1)) == .returned(1))
        #expect(try lookUp.map(0).setValue(Self.bytes(0).span.bytes, forKey: Self.bytes(3).span.bytes) == 0)
        #expect(try lookUp.run(Self.bytes(1)) == .returned(1))
        #expect(try lookUp.run(Self.bytes(2)) == .returned(0))
    }

    @Test("a lock that another holds is -EBUSY to a program that writes, and no corruption")
    func busy() throws {
        var push = try HelperBench(Self.call(87) + "\nexit", maps: [Self.queue])
        push.bench.memory.store64(push.descriptors[0].storageStart, 77)
        #expect(try push.run(Self.bytes(1)) == .returned(errno: -16))
    }
}
