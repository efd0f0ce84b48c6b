import ProgramPackage

extension Probe {
    /// Programs that are right, with what a verifier that knows too little might say against them.
    static let safe: [Probe] = [
        Probe(
            "14 bytes used, 14 checked", .outOfBoundsPacket, [false],
            bounds + "r4 = r2\nr4 += 14\nif r4 > r3 goto out\nbad: w0 = *(u16 *)(r2 + 12)\nout: r0 = 2\nexit"),
        Probe(
            "the flag says that the packet was checked", .outOfBoundsPacket, [false, false],
            bounds + """
                r5 = 0
                r4 = r2
                r4 += 20
                if r4 > r3 goto join
                r5 = 1
                join: if r5 == 0 goto out
                bad: w0 = *(u8 *)(r2 + 19)
                out: r0 = 2
                exit
                """),
        Probe(
            "null is checked for", .possiblyNull, [false],
            find + "if r0 == 0 goto out\nbad: r0 = *(u64 *)(r0 + 8)\nout: r0 = 2\nexit"),
        Probe(
            "an index that is masked", .outOfBoundsMapValue, [false],
            find + """
                if r0 == 0 goto out
                r1 = *(u64 *)(r0 + 8)
                r1 &= 15
                r0 += r1
                bad: w0 = *(u8 *)(r0 + 0)
                out: r0 = 2
                exit
                """),
        Probe(
            "an index that is a remainder", .outOfBoundsMapValue, [false],
            find + """
                if r0 == 0 goto out
                r1 = *(u64 *)(r0 + 8)
                r1 %= 13
                r0 += r1
                bad: w0 = *(u32 *)(r0 + 0)
                out: r0 = 2
                exit
                """),
        Probe(
            "a loop over what there is", .outOfBoundsStack, [],
            """
            r2 = r10
            r2 += -32
            r3 = 0
            top:
            bad: *(u64 *)(r2 + 0) = r3
            r2 += 8
            r3 += 1
            if r3 != 4 goto top
            r0 = 0
            exit
            """),
        Probe(
            "a length that is checked against the end", .outOfBoundsPacket, [false, false],
            bounds + """
                r4 = r2
                r4 += 20
                if r4 > r3 goto out
                w5 = *(u8 *)(r2 + 0)
                r5 &= 15
                r5 <<= 2
                r2 += r5
                r4 = r2
                r4 += 1
                if r4 > r3 goto out
                bad: w0 = *(u8 *)(r2 + 0)
                out: r0 = 2
                exit
                """),
        Probe(
            "a register that is written whenever it is read", .uninitialisedRegister, [true, true],
            """
            w2 = *(u32 *)(r1 + 12)
            r0 = 0
            if r2 > 10 goto set
            goto next
            set: r6 = 1
            next: if r2 > 10 goto use
            exit
            use: r3 = 0
            bad: r0 += r6
            exit
            """),
        Probe(
            "a result that is masked", .badResult, [], "w0 = *(u32 *)(r1 + 12)\nr0 &= 3\nbad: exit"),
        Probe(
            "a divisor that is never 0", .divisionByZero, [],
            "w2 = *(u32 *)(r1 + 12)\nr2 |= 1\nr0 = 100\nbad: r0 /= r2\nr0 = 0\nexit"),
        Probe(
            "a reservation that is given back on every way", .unreleasedReference, [false],
            """
            ld_pseudo r1, 0x1, 0x3
            r2 = 16
            r3 = 0
            call 131
            if r0 == 0 goto out
            r1 = r0
            r2 = 0
            call 132
            out: r0 = 0
            bad: exit
            """),
        Probe(
            "an entry of an array that is there", .possiblyNull, [],
            "*(u32 *)(r10 - 4) = 3\nr2 = r10\nr2 += -4\nld_pseudo r1, 0x1, 0x1\ncall 1\nbad: r0 = *(u64 *)(r0 + 0)\nr0 = 0\nexit"
        ),
        Probe(
            "two tests that exclude each other", .outOfBoundsStack, [true, true],
            """
            w2 = *(u32 *)(r1 + 12)
            r0 = 0
            if r2 > 10 goto a
            exit
            a: if r2 < 5 goto b
            exit
            b: r3 = 0
            bad: *(u64 *)(r10 + 0) = r3
            exit
            """),
        Probe(
            "squares that leave no remainder of 2", .outOfBoundsStack, [true],
            """
            w2 = *(u32 *)(r1 + 12)
            r2 *= r2
            r2 &= 3
            r0 = 0
            if r2 == 2 goto b
            exit
            b: r3 = 0
            bad: *(u64 *)(r10 + 0) = r3
            exit
            """),
        Probe(
            "a loop that ends", .unboundedLoop, [true], "r1 = 100\ntop: r1 -= 1\nbad: if r1 != 0 goto top\nr0 = 0\nexit"
        ),
    ]
}
