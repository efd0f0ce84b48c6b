import Verifier

/// Abstract values to test with, each once, with what they stand for.
struct Family<W: NumberWidth> {
    struct Member {
        var number: Number<W>
        var set: ValueSet
    }

    private(set) var members: [Member] = []
    private var seen: Set<ValueSet> = []

    /// Every unsigned and signed range, every pattern of known bits, and the hulls of all sets of up to `hulls` values
    /// that these do not describe; of each kind one in `stride`.
    init(hulls: Int, stride: Int = 1) {
        let ones = (UInt64(1) << W.bits) - 1
        let half = Int64(1) << Int64(W.bits - 1)
        var kinds: [[Number<W>]] = []
        kinds.append((0...ones).flatMap { lower in (lower...ones).map { .unsigned(lower, $0) } })
        kinds.append((-half..<half).flatMap { lower in (lower..<half).map { .signed(lower, $0) } })
        kinds.append(
            (0...ones).flatMap { mask in
                (0...ones).filter { $0 & mask == 0 }.map { .known(Tnum(value: $0, mask: mask)) }
            })
        var sets = [ValueSet()]
        for _ in 0..<hulls {
            sets = sets.flatMap { set in
                (0...ones).filter { set.bits >> $0 == 0 }.map { set.union(ValueSet([$0])) }
            }
            kinds.append(sets.compactMap { $0.best(W.self) })
        }
        insert(.unknown)
        for kind in kinds {
            for index in Swift.stride(from: 0, to: kind.count, by: stride) { insert(kind[index]) }
        }
    }

    init(_ numbers: some Sequence<Number<W>>) {
        for number in numbers { insert(number) }
    }

    private mutating func insert(_ number: Number<W>) {
        let set = ValueSet(number)
        if seen.insert(set).inserted { members.append(Member(number: number, set: set)) }
    }
}
