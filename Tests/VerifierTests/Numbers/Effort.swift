import Glibc

/// Whether tests may take minutes: with `RINGFENCE_LONG_TESTS` set, every family is whole and every count is multiplied.
enum Effort {
    static let isLong = getenv("RINGFENCE_LONG_TESTS") != nil

    static func stride(_ short: Int) -> Int { isLong ? 1 : short }

    static func count(_ short: Int) -> Int { isLong ? short * 100 : short }
}

/// A generator of known seed (splitmix64), so that what fails once fails again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
