import ProgramPackage

extension Probe {
    static let bounds = "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\n"
    static let find = """
        *(u32 *)(r10 - 4) = 3
        r2 = r10
        r2 += -4
        ld_pseudo r1, 0x1, 0x0
        call 1

        """

    /// Programs that are wrong.
    static let unsafe: [Probe] = [
        Probe(
            "34 bytes used, 14 checked", .outOfBoundsPacket, [false],
            bounds + "r4 = r2\nr4 += 14\nif r4 > r3 goto out\nbad: r0 = *(u32 *)(r2 + 30)\nout: r0 = 2\nexit"),
        Probe(
            "a protocol number is read although only the Ethernet header was checked", .outOfBoundsPacket,
            [false, false],
            bounds + """
                r4 = r2
                r4 += 14
                if r4 > r3 goto out
                w5 = *(u16 *)(r2 + 12)
                if r5 != 8 goto out
                bad: w0 = *(u8 *)(r2 + 23)
                out: r0 = 2
                exit
                """),
        Probe(
            "the check is off by one", .outOfBoundsPacket, [false],
            bounds + "r4 = r2\nr4 += 13\nif r4 > r3 goto out\nbad: w0 = *(u16 *)(r2 + 12)\nout: r0 = 2\nexit"),
        Probe(
            "the packet is not checked at all", .outOfBoundsPacket, [],
            "r2 = *(u32 *)(r1 + 0)\nbad: w0 = *(u8 *)(r2 + 0)\nexit"),
        Probe(
            "a length from the packet is believed", .outOfBoundsPacket, [false, true],
            bounds + """
                r4 = r2
                r4 += 20
                if r4 > r3 goto out
                w5 = *(u8 *)(r2 + 0)
                r5 &= 15
                r5 <<= 2
                if r5 > 19 goto more
                goto out
                more: r2 += r5
                bad: w0 = *(u8 *)(r2 + 0)
                out: r0 = 2
                exit
                """),
        Probe(
            "the check goes the wrong way", .outOfBoundsPacket, [true],
            bounds
                + "r4 = r2\nr4 += 14\nif r4 > r3 goto use\nr0 = 2\nexit\nuse: r0 = 2\nbad: w0 = *(u8 *)(r2 + 13)\nexit"),
        Probe("no check for null after a lookup", .possiblyNull, [], find + "bad: r0 = *(u64 *)(r0 + 0)\nexit"),
        Probe(
            "null is used where it was found", .possiblyNull, [true],
            find + "if r0 == 0 goto use\nr0 = 1\nexit\nuse: r6 = r0\nbad: r0 = *(u64 *)(r6 + 8)\nexit"),
        Probe(
            "an index that may be 8 in an array of 8", .outOfBoundsMapValue, [false, false],
            find + """
                if r0 == 0 goto out
                r1 = *(u64 *)(r0 + 8)
                if r1 > 2 goto out
                r1 <<= 3
                r0 += r1
                bad: r0 = *(u64 *)(r0 + 0)
                out: r0 = 2
                exit
                """),
        Probe(
            "a signed check of an unsigned index", .outOfBoundsMapValue, [false, false],
            find + """
                if r0 == 0 goto out
                r1 = *(u64 *)(r0 + 8)
                if r1 s> 15 goto out
                r0 += r1
                bad: w0 = *(u8 *)(r0 + 0)
                out: r0 = 2
                exit
                """),
        Probe(
            "the low half is checked, the whole is used", .outOfBoundsMapValue, [false, false],
            find + """
                if r0 == 0 goto out
                r1 = *(u64 *)(r0 + 8)
                if w1 > 15 goto out
                r0 += r1
                bad: w0 = *(u8 *)(r0 + 0)
                out: r0 = 2
                exit
                """),
        Probe(
            "a copy is bounded, the other is used", .outOfBoundsStack, [false],
            """
            *(u64 *)(r10 - 8) = 0
            w6 = *(u32 *)(r1 + 12)
            r7 = r6
            r7 += 1
            if r7 > 8 goto out
            r6 <<= 1
            r2 = r10
            r2 += -8
            r2 += r6
            bad: w0 = *(u8 *)(r2 + 0)
            out: r0 = 2
            exit
            """),
        Probe(
            "a register is written on one of two ways", .uninitialisedRegister, [false],
            "w2 = *(u32 *)(r1 + 12)\nif r2 > 1000 goto set\ngoto use\nset: r6 = 1\nuse: r0 = 0\nbad: r0 += r6\nexit"),
        Probe(
            "a result on one way only", .uninitialisedRegister, [true],
            "w2 = *(u32 *)(r1 + 12)\nif r2 == 0x1234 goto end\nr0 = 1\nend: r3 = 0\nbad: exit"),
        Probe(
            "a register after a call", .uninitialisedRegister, [],
            "r6 = r1\ncall 7\nbad: r0 = *(u32 *)(r1 + 12)\nexit"),
        Probe(
            "half of a stack slot", .uninitialisedStack, [],
            "*(u32 *)(r10 - 8) = 1\nbad: r0 = *(u64 *)(r10 - 8)\nexit"),
        Probe(
            "a key with holes", .uninitialisedStack, [],
            "*(u16 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\nld_pseudo r1, 0x1, 0x0\nbad: call 1\nr0 = 0\nexit"),
        Probe(
            "a loop that runs one round too far", .outOfBoundsStack, [],
            """
            r2 = r10
            r2 += -32
            r3 = 0
            top:
            bad: *(u64 *)(r2 + 0) = r3
            r2 += 8
            r3 += 1
            if r3 <= 4 goto top
            r0 = 0
            exit
            """),
        Probe(
            "a loop over as much as a field says", .outOfBoundsStack, [false, true],
            """
            w6 = *(u32 *)(r1 + 16)
            if r6 > 17 goto out
            r2 = r10
            r2 += -16
            r3 = 0
            top:
            bad: *(u8 *)(r2 + 0) = 0
            r2 += 1
            r3 += 1
            if r3 < r6 goto top
            out: r0 = 0
            exit
            """),
        Probe(
            "a pointer into the packet after the packet has moved", .outOfBoundsPacket, [false],
            bounds + """
                r6 = r2
                r4 = r2
                r4 += 14
                if r4 > r3 goto out
                r2 = 4
                call 44
                bad: w0 = *(u8 *)(r6 + 0)
                out: r0 = 2
                exit
                """),
        Probe(
            "a reservation that is not given back", .unreleasedReference, [false, true],
            """
            w6 = *(u32 *)(r1 + 12)
            ld_pseudo r1, 0x1, 0x3
            r2 = 16
            r3 = 0
            call 131
            if r0 == 0 goto out
            if w6 == 0x1234 goto out
            r1 = r0
            r2 = 0
            call 132
            out: r0 = 0
            bad: exit
            """),
        Probe(
            "memory after it was given back", .outOfBoundsMemory, [false],
            """
            ld_pseudo r1, 0x1, 0x3
            r2 = 16
            r3 = 0
            call 131
            if r0 == 0 goto out
            r6 = r0
            r1 = r0
            r2 = 0
            call 132
            bad: r0 = *(u64 *)(r6 + 0)
            out: r0 = 0
            exit
            """),
        Probe(
            "a result that XDP does not know", .badResult, [],
            "w0 = *(u32 *)(r1 + 12)\nr0 &= 7\nbad: exit"),
        Probe(
            "the context is returned", .addressLeak, [],
            "r0 = r1\nbad: exit"),
        Probe(
            "a frame's address is put into a map", .addressLeak, [false],
            find + "if r0 == 0 goto out\nbad: *(u64 *)(r0 + 0) = r10\nout: r0 = 0\nexit"),
        Probe(
            "a division by what the packet says", .divisionByZero, [false],
            bounds
                + "r4 = r2\nr4 += 4\nif r4 > r3 goto out\nw5 = *(u32 *)(r2 + 0)\nr0 = 100\nbad: r0 /= r5\nout: r0 = 0\nexit"
        ),
        Probe(
            "a size for a helper that may be 0", .helperArgument, [false],
            """
            w4 = *(u32 *)(r1 + 12)
            if r4 > 16 goto out
            r2 = 0
            r3 = r10
            r3 += -16
            bad: call 26
            out: r0 = 0
            exit
            """),
        Probe(
            "a size for a helper larger than what is there", .outOfBoundsStack, [false],
            """
            w4 = *(u32 *)(r1 + 12)
            if r4 > 32 goto out
            r2 = 0
            r3 = r10
            r3 += -16
            bad: call 26
            out: r0 = 0
            exit
            """),
        Probe("a helper that XDP does not have", .helperNotAllowed, [], "bad: call 99\nexit"),
        Probe("a number for an address", .notAPointer, [], "r2 = 4096\nbad: r0 = *(u64 *)(r2 + 0)\nexit"),
        Probe(
            "a write to read-only data", .readOnlyMemory, [],
            "ld_pseudo r1, 0x2, 0x2, 0x0\nbad: *(u8 *)(r1 + 0) = 1\nr0 = 0\nexit"),
        Probe("a field that may only be read", .contextField, [], "bad: *(u32 *)(r1 + 12) = 1\nr0 = 0\nexit"),
        Probe(
            "a big-endian length that is believed", .outOfBoundsPacket, [false, false],
            bounds + """
                r4 = r2
                r4 += 34
                if r4 > r3 goto out
                w5 = *(u16 *)(r2 + 16)
                r5 = be16 r5
                if r5 < 20 goto out
                r2 += r5
                bad: w0 = *(u8 *)(r2 + 0)
                out: r0 = 2
                exit
                """),
        Probe(
            "an atomic operation at an odd place", .misaligned, [false],
            find + """
                if r0 == 0 goto out
                r1 = *(u64 *)(r0 + 8)
                r1 &= 4
                r0 += r1
                r2 = 1
                bad: lock *(u64 *)(r0 + 0) += r2
                out: r0 = 0
                exit
                """),
        Probe(
            "a loop without an end", .unboundedLoop, [true],
            "r1 = 0\ntop: call 7\nbad: if r0 != 5 goto top\nr0 = 0\nexit"),
        Probe(
            "an index into a function's frame", .outOfBoundsStack, [false],
            """
            w1 = *(u32 *)(r1 + 12)
            call f
            exit
            f: *(u64 *)(r10 - 8) = 0
            if r1 > 8 goto out
            r2 = r10
            r2 += r1
            r2 += -8
            bad: w0 = *(u8 *)(r2 + 0)
            out: r0 = 2
            exit
            """),
        Probe(
            "a callback that counts too far", .outOfBoundsStack, [],
            """
            *(u64 *)(r10 - 8) = 0
            r1 = 9
            ld_pseudo r2, 0x4, body
            r3 = r10
            r3 += -8
            r4 = 0
            call 181
            r0 = 0
            exit
            body: r2 += r1
            bad: *(u8 *)(r2 + 0) = 1
            r0 = 0
            exit
            """),
    ]
}
