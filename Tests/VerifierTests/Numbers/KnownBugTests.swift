import Testing
import Verifier

/// Mistakes that other verifiers made with numbers.
@Suite("Mistakes others made with numbers")
struct KnownBugTests {
    @Test("a 32-bit move of -1 is not the 64-bit -1 (CVE-2017-16995)")
    func signExtension() {
        let moved = Scalar.applyHalf(.add, Scalar(0), Scalar(.max))
        #expect(moved.constant == 0xffff_ffff)
        #expect(Scalar.decide(.equal, moved, Scalar(.max)) == false)
        #expect(Scalar.decideHalf(.equal, moved, Scalar(.max)) == true)
        #expect(moved.signExtended(from: 32).constant == .max)
        #expect(Scalar.low(bits: 32).signExtended(from: 32).contains(0xffff_ffff_8000_0000))
    }

    @Test("a bound on the low half bounds nothing else (CVE-2020-8835)", arguments: Condition.allCases)
    func halfBounds(condition: Condition) {
        for holds in [false, true] {
            var (a, b) = (Scalar.unknown, Scalar(0x8000_0001))
            guard Scalar.refineHalf(condition, holds: holds, &a, &b) else { continue }
            for low in [0, 1, 0x7fff_ffff, 0x8000_0001, 0x8000_0002, 0xffff_ffff] as [UInt64] {
                guard Concrete(bits: 32).holds(condition, low, 0x8000_0001) == holds else { continue }
                for high in [0, 1, 0x7fff_ffff, 0xffff_ffff] as [UInt64] {
                    #expect(a.contains(high << 32 | low))
                }
            }
        }
    }

    @Test("what is known of one half of a mask says nothing of the other (CVE-2021-3490)")
    func halvesOfMasks() {
        let lowKnown = Scalar.known(Tnum(value: 1, mask: ~0xffff_ffff))
        let mask = Scalar(0xffff_ffff_0000_0000)
        for op in [ALUOperator.and, .or, .xor] {
            let result = Scalar.apply(op, lowKnown, mask)
            let low = Concrete(bits: 32).apply(op, 1, 0)
            #expect(result.halfUnsignedMinimum == UInt32(low) && result.halfUnsignedMaximum == UInt32(low))
            #expect(result.contains(Concrete(bits: 64).apply(op, 1, 0xffff_ffff_0000_0000)))
            #expect(result.contains(Concrete(bits: 64).apply(op, 0x1234_0000_0001, 0xffff_ffff_0000_0000)))
        }
    }

    @Test("one end that fits 32 bits is no bound of the low half (CVE-2021-31440)")
    func oneEndFits() {
        let a = Scalar.unsigned(1, 0x1_0000_0000)
        #expect(a.halfUnsignedMinimum == 0 && a.halfUnsignedMaximum == 0xffff_ffff)
        #expect(a.zeroExtended(from: 32).contains(0))
        let b = Scalar.signed(-1, 0x7fff_ffff)
        #expect(b.halfSignedMinimum == -1 && b.halfUnsignedMaximum == 0xffff_ffff)
    }

    @Test("the least integer by -1 is itself, and leaves nothing", arguments: [false, true])
    func leastByMinusOne(ofHalf: Bool) {
        let least: UInt64 = ofHalf ? 0x8000_0000 : 0x8000_0000_0000_0000
        let apply = ofHalf ? Scalar.applyHalf : Scalar.apply
        #expect(apply(.sdiv, Scalar(least), Scalar(.max)).constant == least)
        #expect(apply(.smod, Scalar(least), Scalar(.max)).constant == 0)
        #expect(apply(.sdiv, .unknown, .unknown).contains(least))
    }

    @Test("dividing by a low half of zero is dividing by zero")
    func zeroHalf() {
        let divisor = Scalar(0x1_0000_0000)
        #expect(Scalar.applyHalf(.div, Scalar(7), divisor).constant == 0)
        #expect(Scalar.applyHalf(.sdiv, Scalar(7), divisor).constant == 0)
        #expect(Scalar.applyHalf(.mod, Scalar(0x5_0000_0007), divisor).constant == 7)
        #expect(Scalar.applyHalf(.smod, Scalar(0x5_ffff_ffff), divisor).constant == 0xffff_ffff)
        #expect(Scalar.apply(.mod, Scalar(7), .unsigned(0, 3)).contains(7))
    }

    @Test("a shift takes the low bits of its amount")
    func shiftAmounts() {
        #expect(Scalar.apply(.lsh, Scalar(1), Scalar(65)).constant == 2)
        #expect(Scalar.applyHalf(.lsh, Scalar(1), Scalar(33)).constant == 2)
        #expect(Scalar.apply(.lsh, Scalar(1), Scalar(33)).constant == 0x2_0000_0000)
        #expect(Scalar.applyHalf(.arsh, Scalar(0x8000_0000), Scalar(31)).constant == 0xffff_ffff)
        #expect(Scalar.apply(.rsh, .unknown, .unsigned(63, 64)).contains(.max))
    }
}
