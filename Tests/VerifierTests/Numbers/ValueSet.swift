import Verifier

/// A set of values of at most 6 bits, one bit for each.
struct ValueSet: Hashable {
    var bits: UInt64

    init(bits: UInt64 = 0) {
        self.bits = bits
    }

    init(_ values: some Sequence<UInt64>) {
        self.init()
        for value in values { insert(value) }
    }

    /// All that `number` stands for.
    init<W: NumberWidth>(_ number: Number<W>) {
        self.init((0..<(UInt64(1) << W.bits)).lazy.filter { number.contains($0) })
    }

    static func all<W: NumberWidth>(_ width: W.Type) -> ValueSet {
        ValueSet(bits: W.bits == 6 ? .max : (1 << (1 << W.bits)) - 1)
    }

    mutating func insert(_ value: UInt64) { bits |= 1 << value }

    func contains(_ value: UInt64) -> Bool { bits >> value & 1 != 0 }

    var isEmpty: Bool { bits == 0 }

    var count: Int { bits.nonzeroBitCount }

    func isSubset(of other: ValueSet) -> Bool { bits & ~other.bits == 0 }

    func intersection(_ other: ValueSet) -> ValueSet { ValueSet(bits: bits & other.bits) }

    func union(_ other: ValueSet) -> ValueSet { ValueSet(bits: bits | other.bits) }

    var values: [UInt64] {
        var rest = bits
        var values: [UInt64] = []
        while rest != 0 {
            values.append(UInt64(rest.trailingZeroBitCount))
            rest &= rest - 1
        }
        return values
    }

    /// The least number that stands for all of these: each fact by itself is the best there is.
    func best<W: NumberWidth>(_ width: W.Type) -> Number<W>? {
        var hull: Number<W>?
        for value in values { hull = hull?.joined(Number(value)) ?? Number(value) }
        return hull
    }
}
