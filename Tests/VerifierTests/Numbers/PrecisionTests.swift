import Testing
import Verifier

/// That results are sound, and how near they come to the best that can be said. The figures are what was reached once; fewer is a loss.
@Suite("Precision of abstract arithmetic")
struct PrecisionTests {
    /// How many results of 4-bit ranges and known bits were the best.
    struct Reached: Sendable, CustomTestStringConvertible {
        var op: ALUOperator
        /// By constants.
        var byConstants: Int
        /// By one another.
        var byAll: Int
        /// Of the low halves, by one another.
        var ofHalves: Int
        var testDescription: String { "\(op)" }
    }

    static let numbers = Family<Width4>(hulls: 1, stride: 5)
    static let constants = Family<Width4>((UInt64(0)...15).map { Number($0) })

    static let reached: [Reached] = [
        Reached(op: .add, byConstants: 976, byAll: 3642, ofHalves: 3721),
        Reached(op: .sub, byConstants: 976, byAll: 3639, ofHalves: 3721),
        Reached(op: .mul, byConstants: 646, byAll: 2197, ofHalves: 3657),
        Reached(op: .div, byConstants: 924, byAll: 2830, ofHalves: 3335),
        Reached(op: .sdiv, byConstants: 864, byAll: 2541, ofHalves: 3297),
        Reached(op: .or, byConstants: 928, byAll: 3439, ofHalves: 3721),
        Reached(op: .and, byConstants: 914, byAll: 3399, ofHalves: 3721),
        Reached(op: .lsh, byConstants: 976, byAll: 3629, ofHalves: 3501),
        Reached(op: .rsh, byConstants: 928, byAll: 3553, ofHalves: 3677),
        Reached(op: .mod, byConstants: 776, byAll: 1896, ofHalves: 3207),
        Reached(op: .smod, byConstants: 834, byAll: 2803, ofHalves: 3403),
        Reached(op: .xor, byConstants: 708, byAll: 2928, ofHalves: 3673),
        Reached(op: .arsh, byConstants: 976, byAll: 3616, ofHalves: 3721),
    ]

    @Test("as many results are the best as ever were", arguments: reached)
    func arithmetic(reached: Reached) {
        let byConstants = ArithmeticTests.check(
            reached.op, ofHalf: false, Self.numbers, Self.constants, precision: true)
        let byAll = ArithmeticTests.check(reached.op, ofHalf: false, Self.numbers, Self.numbers, precision: true)
        let ofHalves = ArithmeticTests.check(reached.op, ofHalf: true, Self.numbers, Self.numbers, precision: true)
        #expect(byConstants.best >= reached.byConstants, "\(byConstants)")
        #expect(byAll.best >= reached.byAll, "\(byAll)")
        #expect(ofHalves.best >= reached.ofHalves, "\(ofHalves)")
    }
}
