/// SipHash-1-3 of a key, folded to 32 bits (Aumasson and Bernstein, "SipHash: a fast short-input PRF").
///
/// Keyed, so that whoever chooses the keys (the sender of packets, say) cannot choose which of them collide; by
/// rounds rather than by tables, so that it costs the image neither data nor cache.
@inline(__always) func keyedHash(_ key: MapBytes, size: UInt32, seed: MapSeed) -> UInt32 {
    let hash = keyedHash64(key, size: size, seed: seed)
    return UInt32(truncatingIfNeeded: hash ^ hash &>> 32)
}

/// All of it. Not inlined: half a kilobyte of an image that has 64.
@inline(never) func keyedHash64(_ key: MapBytes, size: UInt32, seed: MapSeed) -> UInt64 {
    var state = SipState(seed)
    var offset: UInt32 = 0
    while size &- offset >= 8 {
        state.absorb(key.word(at: offset, of: size))
        offset &+= 8
    }
    // The last block holds what is left, and the length in its top byte (modulo 256, as the paper has it).
    state.absorb(key.memory.partialWord(key.address &+ UInt64(offset), count: size &- offset) | UInt64(size) &<< 56)
    return state.finish()
}

private struct SipState {
    var v0: UInt64
    var v1: UInt64
    var v2: UInt64
    var v3: UInt64

    @inline(__always) init(_ seed: MapSeed) {
        v0 = seed.low ^ 0x736f_6d65_7073_6575
        v1 = seed.high ^ 0x646f_7261_6e64_6f6d
        v2 = seed.low ^ 0x6c79_6765_6e65_7261
        v3 = seed.high ^ 0x7465_6462_7974_6573
    }

    @inline(__always) mutating func absorb(_ block: UInt64) {
        v3 ^= block
        round()
        v0 ^= block
    }

    @inline(__always) mutating func finish() -> UInt64 {
        v2 ^= 0xff
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always) private mutating func round() {
        v0 &+= v1
        v1 = rotate(v1, 13) ^ v0
        v0 = rotate(v0, 32)
        v2 &+= v3
        v3 = rotate(v3, 16) ^ v2
        v0 &+= v3
        v3 = rotate(v3, 21) ^ v0
        v2 &+= v1
        v1 = rotate(v1, 17) ^ v2
        v2 = rotate(v2, 32)
    }

    @inline(__always) private func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
        word &<< count | word &>> (64 &- count)
    }
}
