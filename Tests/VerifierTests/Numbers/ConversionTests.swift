import Testing
import Verifier

@Suite("Conversions of abstract numbers")
struct ConversionTests {
    struct Conversion: Sendable, CustomTestStringConvertible {
        var name: String
        var concrete: @Sendable (UInt64) -> UInt64
        var abstract: @Sendable (Number<Width6>) -> Number<Width6>
        var testDescription: String { name }
    }

    static let conversions: [Conversion] = (1...6).flatMap { (bits: UInt64) in
        [
            Conversion(
                name: "zero-extended from \(bits)", concrete: { Concrete(bits: 6).zeroExtended($0, from: bits) },
                abstract: { $0.zeroExtended(from: bits) }),
            Conversion(
                name: "sign-extended from \(bits)", concrete: { Concrete(bits: 6).signExtended($0, from: bits) },
                abstract: { $0.signExtended(from: bits) }),
            Conversion(
                name: "sign-extended to the half from \(bits)",
                concrete: { Concrete(bits: 3).signExtended($0, from: min(bits, 3)) },
                abstract: { $0.signExtendedHalf(from: bits) }),
        ]
    }

    @Test("what becomes of a value lies in what becomes of the number", arguments: conversions)
    func everyNumber(conversion: Conversion) {
        for a in Family<Width6>(hulls: 2, stride: Effort.stride(13)).members {
            let results = ValueSet(a.set.values.map(conversion.concrete))
            let result = conversion.abstract(a.number)
            #expect(results.isSubset(of: ValueSet(result)), "of \(a.set.values)")
        }
    }

    @Test("ranges that fit, and all known bits, are kept", arguments: conversions)
    func precision(conversion: Conversion) {
        for lower in UInt64(0)...63 {
            let a = Number<Width6>.unsigned(lower, min(lower + 5, 63))
            let results = ValueSet(ValueSet(a).values.map(conversion.concrete))
            let best = results.best(Width6.self)
            let result = conversion.abstract(a)
            #expect(result.known == best?.known, "of \(lower) and 5 more")
            // On a circle of fewer values than these the range goes all the way round.
            if results.count == ValueSet(a).count { #expect(result == best, "of \(lower) and 5 more") }
        }
    }

    @Test("known bytes go where the values' bytes go", arguments: [16, 32, 64] as [UInt64])
    func byteSwaps(bits: UInt64) {
        var random = SeededGenerator(seed: bits)
        for _ in 0..<Effort.count(500) {
            let a = Scalar.sample(using: &random)
            let result = a.byteSwapped(bits: bits)
            for x in a.members(using: &random) {
                let bytes = (0..<bits / 8).reduce(UInt64(0)) { $0 << 8 | (x >> ($1 * 8)) & 0xff }
                #expect(result.contains(bytes), "\(x) of \(a)")
            }
        }
        let some = Scalar.known(Tnum(value: 0x0000_0000_0000_00aa, mask: 0xffff_ffff_ffff_0f00))
        #expect(some.byteSwapped(bits: 16).known == Tnum(value: 0xaa00, mask: 0x000f))
        #expect(
            Scalar(0x1122_3344_5566_7788).byteSwapped(bits: bits).constant.map { $0 & 0xff == 0x11 } == (bits == 64))
    }
}
