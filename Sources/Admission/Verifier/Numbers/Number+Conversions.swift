extension Number {
    /// The low `bits`, zero-extended.
    package func zeroExtended(from bits: UInt64) -> Number {
        guard bits < W.bits else { return self }
        let low = low(bits)
        var half = NumberView<Half>.unknown
        if bits >= Half.bits { half = self.half }
        return Number(reducing: NumberView(unsigned: low.lower, low.upper, known: low.known), half: half)
    }

    /// The low `bits`, sign-extended. A sign that is not known makes the high bits unknown, never zero (CVE-2017-16995).
    package func signExtended(from bits: UInt64) -> Number {
        guard bits < W.bits, bits > 0 else { return self }
        let shift = W.bits &- bits
        return Number(
            reducing: lowOnTop(bits).arithmeticShiftedRight(by: shift), half: bits >= Half.bits ? half : .unknown)
    }

    /// The low `bits`, sign-extended to the half, zero-extended from there.
    package func signExtendedHalf(from bits: UInt64) -> Number {
        guard bits < Half.bits, bits > 0 else { return zeroExtended(from: Half.bits) }
        var top = half.shiftedLeft(by: Half.bits &- bits)
        guard top.reduce() else { return Number(reducing: NumberView(unsigned: 0, Half.ones)) }
        return Number(zeroExtending: top.arithmeticShiftedRight(by: Half.bits &- bits))
    }

    /// The low `bits` moved to the top, where a shift right extends them.
    private func lowOnTop(_ bits: UInt64) -> NumberView<W> {
        let low = low(bits)
        var top = NumberView<W>(unsigned: low.lower, low.upper, known: low.known).shiftedLeft(by: W.bits &- bits)
        return top.reduce() ? top : .unknown
    }

    private func low(_ bits: UInt64) -> (known: Tnum<W>, lower: UInt64, upper: UInt64) {
        let ones = (1 &<< bits) &- 1
        let bits = Tnum<W>(value: known.value & ones, mask: known.mask & ones)
        var lower: UInt64 = 0
        var upper = ones
        // What a range no longer than the cut one's circle becomes is an arc.
        if unsignedMaximum &- unsignedMinimum <= ones {
            trim(&lower, &upper, toArcFrom: unsignedMinimum & ones, through: unsignedMaximum & ones)
        }
        if UInt64(bitPattern: signedMaximum &- signedMinimum) <= ones {
            trim(
                &lower, &upper, toArcFrom: UInt64(bitPattern: signedMinimum) & ones,
                through: UInt64(bitPattern: signedMaximum) & ones)
        }
        if ones <= Half.ones {
            if halfUnsignedMaximum &- halfUnsignedMinimum <= ones {
                trim(
                    &lower, &upper, toArcFrom: UInt64(halfUnsignedMinimum) & ones,
                    through: UInt64(halfUnsignedMaximum) & ones)
            }
        }
        return lower <= upper ? (bits, lower, upper) : (bits, 0, ones)
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
