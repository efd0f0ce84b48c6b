import Channel
import Enclosure
import Testing

@Suite("Helpers on packets")
struct PacketHelperTests {
    private static let express: ContextPointers = {
        var pointers = ContextPointers()
        pointers.data = 0
        pointers.dataEnd = 4
        pointers.dataMeta = 8
        return pointers
    }()
    private static let expressContext = [UInt8](repeating: 0, count: 24)
    private static let packet = (0..<64).map { UInt8($0) }

    private static func expressBench(_ program: String, slotSizeShift: UInt32 = 12) throws -> HelperBench {
        try HelperBench("r6 = r1\n" + program, entry: .context, packets: .express, slotSizeShift: slotSizeShift)
    }

    private static func socketBench(_ program: String) throws -> HelperBench {
        try HelperBench(
            "r6 = r1\n" + program, entry: .context, packets: .buffer, writable: [48..<68])
    }

    private static func express(_ bench: inout HelperBench, _ packet: [UInt8] = packet) throws
        -> HelperBench.PacketOutcome
    {
        try #require(try bench.runPacket(packet, context: expressContext, pointers: express))
    }

    @Test(
        "the head moves within the headroom and leaves a header of Ethernet",
        arguments: [
            (-216, 0), (-217, -22), (-256, -22), (-1, 0), (0, 0), (50, 0), (51, -22), (64, -22), (-0x8000_0000, -22),
            (0x7FFF_FFFF, -22),
        ] as [(Int64, Int64)])
    func head(distance: Int64, expected: Int64) throws {
        var bench = try Self.expressBench(
            """
            r2 = \(distance)
            call 44
            r7 = *(u32 *)(r6 + 0)
            r8 = *(u32 *)(r6 + 4)
            r8 -= r7
            r9 = *(u8 *)(r7 + 0)
            exit
            """)
        let outcome = try Self.express(&bench)
        #expect(outcome.ending == .returned(errno: expected))
        let moved = expected == 0 ? Int(distance) : 0
        let grown = [UInt8](repeating: 0, count: max(-moved, 0))
        #expect(outcome.packet == grown + Self.packet.dropFirst(max(moved, 0)))
        #expect(outcome.word(4) - outcome.word(0) == UInt32(64 - moved))
        #expect(outcome.word(8) == outcome.word(0))
    }

    @Test("what a packet grows into is zero, whatever the event before left there")
    func nothingLeft() throws {
        var bench = try Self.expressBench(
            """
            r2 = -216
            call 44
            r7 = *(u32 *)(r6 + 0)
            r8 = 0
            r9 = 216
            r3 = *(u8 *)(r7 + 0)
            r8 |= r3
            *(u8 *)(r7 + 0) = 0xff
            r7 += 1
            r9 += -1
            if r9 != 0 goto -6
            r0 = r8
            exit
            """)
        // Two slots, each used three times.
        for _ in 0..<6 { #expect(try Self.express(&bench).ending == .returned(0)) }
    }

    @Test(
        "the tail moves as in a page of Linux's, and what it grows by is zero",
        arguments: [(3456, 0), (3457, -22), (1, 0), (-50, 0), (-51, -22), (0, 0), (0x7FFF_FFFF, -22)]
            as [(Int64, Int64)])
    func tail(distance: Int64, expected: Int64) throws {
        var bench = try Self.expressBench("r2 = \(distance)\ncall 65\nexit")
        for _ in 0..<3 {
            let outcome = try Self.express(&bench)
            #expect(outcome.ending == .returned(errno: expected))
            let moved = expected == 0 ? Int(distance) : 0
            #expect(
                outcome.packet
                    == Self.packet.prefix(64 + min(moved, 0)) + [UInt8](repeating: 0, count: max(moved, 0)))
        }
    }

    @Test("a packet that no page of Linux's holds grows to the end of its slot")
    func jumbo() throws {
        var bench = try Self.expressBench("r2 = 1000\ncall 65\nr6 = r0\nr2 = r1\nexit", slotSizeShift: 13)
        let outcome = try Self.express(&bench, [UInt8](repeating: 7, count: 6_680))
        #expect(outcome.ending == .returned(0))
        #expect(outcome.packet.count == 7_680)
        var more = try Self.expressBench("r2 = 1001\ncall 65\nexit", slotSizeShift: 13)
        #expect(try Self.express(&more, [UInt8](repeating: 7, count: 6_680)).ending == .returned(errno: -22))
    }

    @Test("metadata is the program's, goes with the head, and is of whole words")
    func meta() throws {
        var bench = try Self.expressBench(
            """
            r2 = -8
            call 54
            if r0 != 0 goto +9
            r7 = *(u32 *)(r6 + 8)
            *(u32 *)(r7 + 0) = 0x11223344
            r1 = r6
            r2 = -16
            call 44
            if r0 != 0 goto +3
            r7 = *(u32 *)(r6 + 8)
            r8 = *(u32 *)(r6 + 0)
            r0 = *(u32 *)(r7 + 0)
            exit
            """)
        let outcome = try Self.express(&bench)
        #expect(outcome.ending == .returned(0x1122_3344))
        #expect(outcome.word(0) - outcome.word(8) == 8)
        // Where the metadata was, it still is: Linux moves it and clears nothing.
        #expect(
            Array(outcome.packet.prefix(16)) == [UInt8](repeating: 0, count: 8) + [0x44, 0x33, 0x22, 0x11] + [
                0, 0, 0, 0,
            ])
        for (distance, expected) in [(-3, -13), (-256, -22), (-252, -22), (-216, 0), (4, -22)] as [(Int64, Int64)] {
            var one = try Self.expressBench("r2 = \(distance)\ncall 54\nexit")
            #expect(try Self.express(&one).ending == .returned(errno: expected), "\(distance)")
        }
    }

    @Test("accesses are checked against the packet as it lies now")
    func checksFollow() throws {
        var shrunk = try Self.expressBench("r7 = *(u32 *)(r1 + 4)\nr2 = -10\ncall 65\nr0 = *(u8 *)(r7 - 1)\nexit")
        guard case .faulted(let fault) = try Self.express(&shrunk).ending else {
            Issue.record("bytes behind the end were read")
            return
        }
        #expect(fault.kind == .outOfBoundsRead)
        var grown = try Self.expressBench("r2 = 10\ncall 65\nr7 = *(u32 *)(r6 + 4)\nr0 = *(u8 *)(r7 - 1)\nexit")
        #expect(try Self.express(&grown).ending == .returned(0))
    }

    @Test("bytes of a frame are copied out and in, and never past its end")
    func expressBytes() throws {
        var bench = try Self.expressBench(
            """
            r2 = 60
            r3 = r10
            r3 += -8
            r4 = 4
            call 189
            r7 = r0
            r1 = r6
            r2 = 0
            r3 = r10
            r3 += -8
            r4 = 4
            call 190
            r7 |= r0
            r1 = r6
            r2 = 61
            r3 = r10
            r3 += -8
            r4 = 4
            call 189
            r0 += 22
            r0 |= r7
            exit
            """)
        let outcome = try Self.express(&bench)
        #expect(outcome.ending == .returned(0))
        #expect(outcome.packet == [60, 61, 62, 63] + Self.packet.dropFirst(4))
        var length = try Self.expressBench("call 188\nexit")
        #expect(try Self.express(&length).ending == .returned(64))
    }

    @Test(
        "a helper of the other kind of packet, or a pointer that is no context, is refused", arguments: [true, false])
    func wrongKind(isExpress: Bool) throws {
        let own: Int64 = isExpress ? 188 : 34
        let other: Int64 = isExpress ? 34 : 188
        let kind: PacketKind = isExpress ? .express : .buffer
        var wrong = try HelperBench("call \(other)\nexit", entry: .context, packets: kind)
        #expect(try wrong.runPacket(Self.packet)?.ending == .fault(.unknownHelper, at: 0, UInt64(other)))
        var pointer = try HelperBench("r1 += 4\ncall \(own)\nexit", entry: .context, packets: kind)
        let address = pointer.payloadAddress - EventSlot.payload + EventSlot.context + 4
        #expect(try pointer.runPacket(Self.packet)?.ending == .fault(.invalidHelperArgument, at: 1, address))
        var memory = try HelperBench(
            "r2 = 0\nr3 = r1\nr4 = 4\ncall \(isExpress ? 189 : 26)\nexit", entry: .context, packets: kind)
        let context = memory.payloadAddress - EventSlot.payload + EventSlot.context
        #expect(try memory.runPacket(Self.packet)?.ending == .fault(.invalidHelperArgument, at: 3, context))
    }

    @Test("bytes of a socket's packet come by offset and by header; what is not there is zero")
    func socketBytes() throws {
        func load(_ helper: Int, _ offset: Int, _ count: Int, _ header: Int = 0) -> String {
            """
            *(u64 *)(r10 - 8) = -1
            r2 = \(offset)
            r3 = r10
            r3 += -8
            r4 = \(count)
            r5 = \(header)
            call \(helper)
            r7 = *(u64 *)(r10 - 8)
            if r0 == 0 goto +2
            r7 = r0
            goto +0
            r0 = r7
            exit
            """
        }
        func run(_ program: String, _ headers: PacketHeaders, _ packet: [UInt8] = Self.packet) throws -> Verdict.Ending?
        {
            var bench = try Self.socketBench(program)
            return try bench.runPacket(packet, headers: headers)?.ending
        }
        #expect(try run(load(26, 0, 8), .link) == .returned(0x0706_0504_0302_0100))
        #expect(try run(load(26, 0, 8), .linkBefore) == .returned(0x1514_1312_1110_0F0E))
        #expect(try run(load(26, 57, 8), .link) == .returned(errno: -14))
        #expect(try run(load(68, 0, 8, 0), .linkBefore) == .returned(0x0706_0504_0302_0100))
        #expect(try run(load(68, 0, 8, 1), .linkBefore) == .returned(0x1514_1312_1110_0F0E))
        #expect(try run(load(68, 0, 8, 1), .link) == .returned(0x1514_1312_1110_0F0E))
        #expect(try run(load(68, 0, 8, 0), .networkOnly) == .returned(errno: -14))
        #expect(try run(load(68, 0, 8, 2), .link) == .returned(errno: -14))
        // After a refusal the buffer holds zeros, not what it held.
        let cleared = load(26, 57, 8).replacing("r7 = r0\ngoto +0\n", with: "r0 = r7\nexit\n")
        #expect(try run(cleared, .link) == .returned(0))
    }

    @Test("stores, checksums and the hash go as Linux's helpers say")
    func socketStores() throws {
        var bench = try Self.socketBench(
            """
            *(u32 *)(r10 - 8) = 0x44332211
            r2 = 2
            r3 = r10
            r3 += -8
            r4 = 4
            r5 = 2
            call 9
            r7 = r0
            r1 = r6
            call 34
            r8 = r0
            r1 = r6
            call 34
            if r8 != r0 goto +1
            if r0 != 0 goto +1
            r7 = 99
            r0 = r7
            exit
            """)
        let outcome = try #require(try bench.runPacket(Self.packet))
        #expect(outcome.ending == .returned(0))
        #expect(outcome.packet == [0, 1, 0x11, 0x22, 0x33, 0x44] + Self.packet.dropFirst(6))
        #expect(outcome.word(68) != 0)
        for (flags, offset, expected) in [(4, 0, -22), (0, 61, -14), (0, 60, 0)] as [(Int, Int, Int64)] {
            var one = try Self.socketBench(
                "r2 = \(offset)\nr3 = r10\nr3 += -8\nr4 = 4\nr5 = \(flags)\ncall 9\nexit")
            #expect(try one.runPacket(Self.packet)?.ending == .returned(errno: expected))
        }
    }

    @Test("the hash of a flow is the same in both directions, and another for another flow")
    func flowHash() throws {
        func packet(_ from: UInt8, _ to: UInt8, _ source: UInt8, _ destination: UInt8) -> [UInt8] {
            let ip: [UInt8] = [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, from, 10, 0, 0, to]
            return [UInt8](repeating: 0, count: 12) + [8, 0] + ip + [0, source, 0, destination]
                + [UInt8](repeating: 0, count: 16)
        }
        func hash(_ packet: [UInt8]) throws -> UInt64 {
            var bench = try Self.socketBench("call 34\nexit")
            guard case .returned(let hash)? = try bench.runPacket(packet)?.ending else { return 0 }
            return hash
        }
        let one = try hash(packet(1, 2, 80, 99))
        #expect(one != 0)
        #expect(try hash(packet(2, 1, 99, 80)) == one)
        let others = [packet(1, 3, 80, 99), packet(1, 2, 81, 99), packet(4, 2, 80, 99), packet(1, 2, 80, 98)]
        for other in others { #expect(try hash(other) != one) }
    }

    @Test("a redirection says where to; flags that there are not are refused as Linux does")
    func redirection() throws {
        for (kind, flags, expected, target) in [
            (.express, 0, 4, 7), (.express, 1, 0, 0), (.buffer, 0, 7, 7), (.buffer, 1, 7, 7), (.buffer, 2, 2, 0),
        ] as [(PacketKind, Int, UInt64, UInt32)] {
            var bench = try HelperBench("r1 = 7\nr2 = \(flags)\ncall 23\nexit", entry: .context, packets: kind)
            let outcome = try #require(try bench.runPacket(Self.packet))
            #expect(outcome.ending == .returned(expected))
            #expect(outcome.redirection == target)
        }
        var none = try HelperBench("r1 = 7\nr2 = 0\ncall 23\nexit", entry: .context)
        #expect(try none.runPacket(Self.packet)?.ending == .fault(.unknownHelper, at: 2, 23))
    }

    @Test("only the bytes of a context that are named may be written")
    func writableContext() throws {
        for (offset, size, isAllowed) in [
            (48, 4, true), (64, 4, true), (60, 8, true), (44, 4, false), (68, 4, false), (64, 8, false), (46, 4, false),
            (66, 4, false), (0, 4, false),
        ] {
            var bench = try Self.socketBench("*(u\(size * 8) *)(r1 + \(offset)) = 0x77\nr0 = 1\nexit")
            let context = bench.payloadAddress - EventSlot.payload + EventSlot.context
            let outcome = try #require(try bench.runPacket(Self.packet))
            if isAllowed {
                #expect(outcome.ending == .returned(1))
                #expect(outcome.word(offset) == 0x77)
            } else {
                #expect(
                    outcome.ending
                        == .fault(.outOfBoundsWrite, at: 1, context + UInt64(offset), size: UInt32(size)))
            }
        }
    }

    @Test("a record is read where the packet would be, and not written")
    func record() throws {
        var bench = try HelperBench("r0 = *(u32 *)(r1 + 60)\nexit", entry: .record)
        #expect(try bench.run(Self.packet) == .returned(0x3F3E_3D3C))
        var write = try HelperBench("*(u8 *)(r1 + 8) = 1\nexit", entry: .record, writable: [])
        let address = write.payloadAddress + 8
        #expect(try write.run(Self.packet) == .fault(.outOfBoundsWrite, at: 0, address, size: 1))
        var past = try HelperBench("r0 = *(u8 *)(r1 + 64)\nexit", entry: .record)
        let end = past.payloadAddress + 64
        #expect(try past.run(Self.packet) == .fault(.outOfBoundsRead, at: 0, end, size: 1))
    }
}
