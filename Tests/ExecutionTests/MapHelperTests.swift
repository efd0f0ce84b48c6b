import Channel
import Enclosure
import Maps
import Testing

/// The map helpers as programs call them: by address, through the interpreter, on real storage.
@Suite("Map helpers")
struct MapHelperTests {
    static let array = HelperBench.MapPlan(type: 2, value: 12, entries: 4)
    static let hash = HelperBench.MapPlan(type: 1, key: 8, value: 8, entries: 2)
    static let perCPU = HelperBench.MapPlan(type: 6, value: 8, entries: 2)
    /// BPF_F_RDONLY_PROG
    static let readOnly: UInt32 = 0x80

    /// R1 = map `index`, R2 = the payload (the key), R3 = the payload + 8 (the value), then the helper.
    private static func call(_ helper: Int, map index: Int = 0, flags: Int = 0, after: String = "exit") -> String {
        """
        r2 = r1
        r3 = r1
        r3 += 8
        r4 = \(flags)
        ld_pseudo r1, 0x5, 0x\(index)
        call 0x\(String(helper, radix: 16))
        \(after)
        """
    }

    private static func bytes(_ key: UInt64, _ value: UInt64) -> [UInt8] {
        [key, value].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    @Test(
        "an array's element is found by its index and no further",
        arguments: [(0, true), (3, true), (4, false), (0xFFFF_FFFF, false)])
    func arrayLookup(index: UInt64, exists: Bool) throws {
        var bench = try HelperBench(Self.call(1), maps: [Self.array])
        let expected = exists ? bench.descriptors[0].valuesStart + index * 16 : 0
        #expect(try bench.run(Self.bytes(index, 0)) == .returned(expected))
    }

    @Test("an array is updated in place, and its elements cannot be created or deleted")
    func arrayUpdate() throws {
        var update = try HelperBench(Self.call(2), maps: [HelperBench.MapPlan(type: 2, value: 8, entries: 4)])
        #expect(try update.run(Self.bytes(2, 0x1122_3344_5566_7788)) == .returned(0))
        #expect(update.bench.memory.load64(update.descriptors[0].valuesStart + 16) == 0x1122_3344_5566_7788)
        #expect(try update.run(Self.bytes(4, 1)) == .returned(errno: -7))
        var create = try HelperBench(Self.call(2, flags: 1), maps: [Self.array])
        #expect(try create.run(Self.bytes(0, 1) + [0, 0, 0, 0]) == .returned(errno: -17))
        var delete = try HelperBench(Self.call(3), maps: [Self.array])
        #expect(try delete.run(Self.bytes(0, 0)) == .returned(errno: -22))
    }

    @Test("a hash map answers as Linux's does: absent, created, replaced, full, deleted")
    func hash() throws {
        let plan = [Self.hash]
        var lookup = try HelperBench(Self.call(1), maps: plan)
        #expect(try lookup.run(Self.bytes(5, 0)) == .returned(0))
        var update = try HelperBench(Self.call(2), maps: plan)
        #expect(try update.run(Self.bytes(5, 1)) == .returned(0))
        #expect(try update.run(Self.bytes(5, 2)) == .returned(0))
        #expect(try update.run(Self.bytes(6, 3)) == .returned(0))
        #expect(try update.run(Self.bytes(7, 4)) == .returned(errno: -7))
        #expect(update.map(0).value(of: 5) == 2)
        var create = try HelperBench(Self.call(2, flags: 1), maps: plan)
        #expect(try create.run(Self.bytes(5, 1)) == .returned(0))
        #expect(try create.run(Self.bytes(5, 1)) == .returned(errno: -17))
        var replace = try HelperBench(Self.call(2, flags: 2), maps: plan)
        #expect(try replace.run(Self.bytes(5, 1)) == .returned(errno: -2))
        var unknownFlag = try HelperBench(Self.call(2, flags: 4), maps: plan)
        #expect(try unknownFlag.run(Self.bytes(5, 1)) == .returned(errno: -22))
        var delete = try HelperBench(Self.call(3), maps: plan)
        #expect(try delete.run(Self.bytes(5, 0)) == .returned(errno: -2))
    }

    @Test("what a program put into a hash map it finds, reads and deletes")
    func hashRoundTrip() throws {
        let program = """
            r6 = r1
            r2 = r6
            r3 = r6
            r3 += 8
            r4 = 0
            ld_pseudo r1, 0x5, 0x0
            call 0x2
            r2 = r6
            ld_pseudo r1, 0x5, 0x0
            call 0x1
            if r0 == 0 goto +8
            r7 = *(u64 *)(r0 + 0)
            r2 = r6
            ld_pseudo r1, 0x5, 0x0
            call 0x3
            if r0 != 0 goto +2
            r0 = r7
            exit
            r0 = 1
            exit
            """
        var bench = try HelperBench(program, maps: [Self.hash])
        #expect(try bench.run(Self.bytes(0x1234_5678_9ABC, 77)) == .returned(77))
        #expect(bench.map(0).value(of: 0x1234_5678_9ABC) == nil)
    }

    @Test(
        "a program sees the values of its own lane of a per-CPU array, and no others", arguments: 0..<4 as Range<UInt32>
    )
    func perCPUArray(lane: UInt32) throws {
        var bench = try HelperBench(Self.call(2), maps: [Self.perCPU], lanes: 4, lane: lane)
        #expect(try bench.run(Self.bytes(1, 0xABCD)) == .returned(0))
        let values = (0..<4).map { bench.map(0).value(of: 1, lane: $0) }
        #expect(values == (0..<4).map { $0 == lane ? 0xABCD : 0 })
        // The value of another lane is no memory of this program's.
        let other = bench.descriptors[0].values(ofLane: (lane + 1) % 4).start
        var spy = try HelperBench(
            "r1 = 0x\(String(other, radix: 16)) ll\nr0 = *(u64 *)(r1 + 0)\nexit", maps: [Self.perCPU], lanes: 4,
            lane: lane)
        #expect(try spy.run() == .fault(.outOfBoundsRead, at: 2, other, size: 8))
    }

    @Test(
        "an access that leaves the bytes of a value is refused, padding included",
        arguments: [
            ("r0 = *(u64 *)(r0 + 0)", nil), ("r0 = *(u32 *)(r0 + 8)", nil), ("r0 = *(u8 *)(r0 + 11)", nil),
            ("r0 = *(u8 *)(r0 + 12)", (12, 1)), ("r0 = *(u64 *)(r0 + 8)", (8, 8)), ("r0 = *(u32 *)(r0 + 9)", (9, 4)),
            ("r0 = *(u8 *)(r0 - 1)", (-1, 1)), ("r0 = *(u64 *)(r0 - 4)", (-4, 8)), ("r0 = *(u16 *)(r0 + 11)", (11, 2)),
        ] as [(String, (Int64, UInt32)?)])
    func valueBounds(access: String, refused: (offset: Int64, size: UInt32)?) throws {
        for isWrite in [false, true] {
            let text = isWrite ? access.replacing("r0 = ", with: "") + " = 0" : access
            var bench = try HelperBench(Self.call(1, after: "\(text)\nr0 = 0\nexit"), maps: [Self.array])
            let value = bench.descriptors[0].valuesStart + 16
            let ending = try bench.run(Self.bytes(1, 0))
            guard let refused else {
                #expect(ending == .returned(0))
                continue
            }
            #expect(
                ending
                    == .fault(
                        isWrite ? .outOfBoundsWrite : .outOfBoundsRead, at: 7,
                        value &+ UInt64(bitPattern: refused.offset),
                        size: refused.size))
        }
    }

    @Test("a map that programs may only read is read, and refuses a store, an atomic operation and an update")
    func readOnlyMap() throws {
        let plan = [HelperBench.MapPlan(type: 2, value: 8, entries: 1, flags: Self.readOnly)]
        var read = try HelperBench(Self.call(1, after: "r0 = *(u64 *)(r0 + 0)\nexit"), maps: plan)
        #expect(try read.run(Self.bytes(0, 0)) == .returned(0))
        let value = read.descriptors[0].valuesStart
        // A read makes the value the region of the access before: the store must be refused nevertheless.
        var store = try HelperBench(
            Self.call(1, after: "r1 = *(u64 *)(r0 + 0)\n*(u64 *)(r0 + 0) = 1\nexit"), maps: plan)
        #expect(try store.run(Self.bytes(0, 0)) == .fault(.outOfBoundsWrite, at: 8, value, size: 8))
        var atomic = try HelperBench(Self.call(1, after: "r1 = 1\nlock *(u64 *)(r0 + 0) += r1\nexit"), maps: plan)
        #expect(try atomic.run(Self.bytes(0, 0)) == .fault(.outOfBoundsWrite, at: 8, value, size: 8))
        var update = try HelperBench(Self.call(2), maps: plan)
        #expect(try update.run(Self.bytes(0, 1)) == .returned(errno: -13))
        #expect(update.bench.memory.load64(value) == 0)
    }

    @Test("a direct address of a value is that of an array; another map has none")
    func directValue() throws {
        var array = try HelperBench("ld_pseudo r0, 0x6, 0x0, 0x8\nexit", maps: [Self.array])
        #expect(try array.run() == .returned(array.descriptors[0].valuesStart + 8))
        for plan in [Self.hash, Self.perCPU] {
            var other = try HelperBench("ld_pseudo r0, 0x6, 0x0, 0x0\nexit", maps: [plan])
            #expect(try other.run() == .fault(.invalidInstruction, at: 0, 0))
        }
        var missing = try HelperBench("ld_pseudo r0, 0x6, 0x1, 0x0\nexit", maps: [Self.array])
        #expect(try missing.run() == .fault(.invalidInstruction, at: 0, 1))
    }

    @Test("a helper refuses a map that is none", arguments: [1, 2, 3], [0, 1, 64, 127, 128, 0x8000_0000] as [UInt64])
    func badMap(helper: Int, offset: UInt64) throws {
        // 0 is no map; the others are beside the one descriptor there is.
        let program = """
            r2 = r1
            r3 = r1
            r4 = 0
            ld_pseudo r1, 0x5, 0x0
            r5 = 0x\(String(offset, radix: 16)) ll
            \(offset == 0 ? "r1 = 0" : "r1 += r5")
            call \(helper)
            exit
            """
        var bench = try HelperBench(program, maps: [Self.array])
        let address = offset == 0 ? 0 : AddressMap.program + BootRecord.capacity + offset
        #expect(try bench.run(Self.bytes(0, 0)) == .fault(.invalidHelperArgument, at: 8, address))
    }

    @Test("a helper refuses a key that is not wholly the program's to read", arguments: [1, 2, 3])
    func badKey(helper: Int) throws {
        for key in [0, 0xFFFF_FFFF_FFFF_FFFF, AddressMap.privateMemory, AddressMap.image, AddressMap.hostWords]
            as [UInt64]
        {
            let program = """
                r3 = r1
                r4 = 0
                r2 = 0x\(String(key, radix: 16)) ll
                ld_pseudo r1, 0x5, 0x0
                call \(helper)
                exit
                """
            var bench = try HelperBench(program, maps: [Self.array])
            #expect(try bench.run(Self.bytes(0, 0)) == .fault(.invalidHelperArgument, at: 6, key))
        }
        // The last three bytes of the payload are not a key of four.
        var cut = try HelperBench(
            "r3 = r1\nr4 = 0\nr2 = r1\nr2 += 13\nld_pseudo r1, 0x5, 0x0\ncall \(helper)\nexit", maps: [Self.array])
        let key = cut.payloadAddress + 13
        #expect(try cut.run(Self.bytes(0, 0)) == .fault(.invalidHelperArgument, at: 6, key))
    }

    @Test("an update refuses a value that is not wholly the program's to read")
    func badValue() throws {
        var bench = try HelperBench(Self.call(2), maps: [Self.array])
        // Twelve bytes of value from offset 8 of sixteen bytes.
        let value = bench.payloadAddress + 8
        #expect(try bench.run(Self.bytes(0, 0)) == .fault(.invalidHelperArgument, at: 6, value))
    }

    @Test("corrupt storage of a hash map is a fault that names the map")
    func corruptMap() throws {
        var bench = try HelperBench(Self.call(1), maps: [Self.hash])
        let descriptor = bench.descriptors[0]
        for bucket in 0...descriptor.bucketMask {
            bench.bench.memory.store32(descriptor.bucketsStart + UInt64(bucket) * 4, 0x7FFF_FFF0)
        }
        #expect(try bench.run(Self.bytes(1, 0)) == .fault(.corruptMap, at: 6, AddressMap.program + BootRecord.capacity))
    }
}

extension Map {
    /// The value of a key as one word; nil where there is none.
    fileprivate func value(of key: UInt64, lane: UInt32 = 0) -> UInt64? {
        let keyBytes = (0..<Int(descriptor.keySize)).map { UInt8(truncatingIfNeeded: key >> (8 * $0)) }
        var value = [UInt8](repeating: 0, count: Int(descriptor.valueSize))
        var span = value.mutableSpan
        var bytes = span.mutableBytes
        guard (try? copyValue(forKey: keyBytes.span.bytes, lane: lane, into: &bytes)) == true else { return nil }
        return value.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
