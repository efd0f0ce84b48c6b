extension Number {
    /// The low `bits`, zero-extended.
    package func zeroExtended(from bits: UInt64) -> Number {
        guard bits < W.bits, bits > 0 else { return bits == 0 ? Number(0) : self }
        if bits == Half.bits { return Number(zeroExtending: half) }
        return Number(
            reducing: lowOnTop(bits).shiftedRight(by: W.bits &- bits), half: bits > Half.bits ? half : .unknown)
    }

    /// The low `bits`, sign-extended. A sign that is not known makes the high bits unknown, never zero (CVE-2017-16995).
    package func signExtended(from bits: UInt64) -> Number {
        guard bits < W.bits, bits > 0 else { return bits == 0 ? Number(0) : self }
        return Number(
            reducing: lowOnTop(bits).arithmeticShiftedRight(by: W.bits &- bits),
            half: bits >= Half.bits ? half : lowOfHalf(bits))
    }

    /// The low `bits`, sign-extended to the half, zero-extended from there.
    package func signExtendedHalf(from bits: UInt64) -> Number {
        guard bits < Half.bits else { return zeroExtended(from: Half.bits) }
        return bits == 0 ? Number(0) : Number(zeroExtending: lowOfHalf(bits))
    }

    /// The low `bits`, sign-extended to the half.
    private func lowOfHalf(_ bits: UInt64) -> NumberView<Half> {
        var top = half.shiftedLeft(by: Half.bits &- bits)
        return top.reduce() ? top.arithmeticShiftedRight(by: Half.bits &- bits) : .unknown
    }

    /// The low `bits` moved to the top, where a shift to the right extends them either way.
    private func lowOnTop(_ bits: UInt64) -> NumberView<W> {
        let shift = W.bits &- bits
        var top = whole.shiftedLeft(by: shift)
        // The half's ranges say the same as long as they are no longer than the circle of these bits.
        let longest = W.ones &>> shift
        if longest <= Half.ones && UInt64(halfUnsignedMaximum &- halfUnsignedMinimum) <= longest {
            top.keep(
                arcFrom: (UInt64(halfUnsignedMinimum) &<< shift) & W.ones,
                through: (UInt64(halfUnsignedMaximum) &<< shift) & W.ones)
        }
        let signedLength = UInt64(bitPattern: Int64(halfSignedMaximum) &- Int64(halfSignedMinimum))
        if longest <= Half.ones && signedLength <= longest {
            top.keep(
                arcFrom: W.pattern(Int64(halfSignedMinimum) &<< Int64(shift)),
                through: W.pattern(Int64(halfSignedMaximum) &<< Int64(shift)))
        }
        return top.reduce() ? top : .unknown
    }
}

extension Number where W == Width64 {
    /// The low 16, 32 or 64 bits with their bytes in reverse order, zero-extended: what `bswap`, and `to_be` on a
    /// little-endian machine, make of a register.
    package func byteSwapped(bits: UInt64) -> Number {
        guard bits == 16 || bits == 32 || bits == 64 else { return .unknown }
        let low = zeroExtended(from: bits)
        let shift = 64 &- bits
        return .known(
            Tnum(value: low.known.value.byteSwapped &>> shift, mask: low.known.mask.byteSwapped &>> shift))
    }
}
