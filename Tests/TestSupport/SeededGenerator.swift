/// SplitMix64: the same numbers in every run, so that what a random test finds can be found again.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Damages bytes the way a hostile writer would: flipped bits, numbers at their limits, words copied elsewhere, cuts.
public func mutated(_ bytes: [UInt8], with generator: inout SeededGenerator) -> [UInt8] {
    var copy = bytes
    let interesting: [UInt64] = [
        0, 1, 7, 8, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, .max,
    ]
    for _ in 0...Int.random(in: 0...3, using: &generator) {
        guard !copy.isEmpty else { break }
        let at = Int.random(in: copy.indices, using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1: copy[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: copy[at] = UInt8.random(in: 0...255, using: &generator)
        case 3, 4:
            let width = [1, 2, 4, 8].randomElement(using: &generator) ?? 4
            let value = interesting.randomElement(using: &generator) ?? 0
            let aligned = at / width * width
            for byte in 0..<width where aligned + byte < copy.count {
                copy[aligned + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(byte)))
            }
        case 5:
            // Numbers close to the right one: off by a little is where comparisons go wrong.
            copy[at] &+= UInt8(bitPattern: Int8.random(in: -9...9, using: &generator))
        case 6:
            let from = Int.random(in: copy.indices, using: &generator) / 4 * 4
            let to = at / 4 * 4
            for byte in 0..<4 where from + byte < copy.count && to + byte < copy.count {
                copy[to + byte] = copy[from + byte]
            }
        default:
            if Int.random(in: 0..<8, using: &generator) == 0 { copy.removeLast(copy.count - at) }
        }
    }
    return copy
}
