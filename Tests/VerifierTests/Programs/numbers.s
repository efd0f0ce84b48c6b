# Numbers: which offsets into a value of 64 bytes are proven, by every means that programs use. The offset is r2.

== and with a constant
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 63
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== and with a constant that lets 64 through
because 64 & 64 is 64, one past the last byte
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 64
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue maskIndex
    exit

== and with a mask leaves multiples of eight
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 0x38
    r1 = value(cells)
    r1 += r2
    r0 = *(u64 *)(r1 + 0)
    r0 = 0
    exit

== and with a mask that leaves other offsets too
because 63 is let through, and eight bytes from 63 on are outside
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 0x3f
    r1 = value(cells)
    r1 += r2
    r0 = *(u64 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== an upper bound without signs
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    if r0 > 63 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== an upper bound that is one too high
because 64 is let through
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    if r0 > 64 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== an upper bound with signs alone
because -1 is below 63 too, and the byte before the value is outside
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r0 s>>= 48
    if r0 s> 63 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue boundBothSides
out:
    r0 = 0
    exit

== an upper bound with signs, and a lower one
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    if r0 s> 63 goto out
    if r0 s< 0 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a lower bound with signs, and an upper one without
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    if r0 s< 0 goto out
    if r0 >= 64 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== an upper bound with signs makes one without once the lower bound comes from it
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    r0 s>>= 48
    if r0 s<= -1 goto out
    if r0 s>= 64 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a number is bounded by equality
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    if r0 != 63 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a number is bounded by equality to one that is bounded
accepted
map cells array 4 64 1
    r6 = *(u32 *)(r1 + 12)
    r6 &= 63
    call bpf_ktime_get_ns
    if r0 != r6 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a number is bounded by one that is bounded
accepted
map cells array 4 64 1
    r6 = *(u32 *)(r1 + 12)
    r6 &= 63
    call bpf_ktime_get_ns
    if r0 > r6 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a number is bounded by one that is bounded too far up
because the other number may be 127
rejected
map cells array 4 64 1
    r6 = *(u32 *)(r1 + 12)
    r6 &= 127
    call bpf_ktime_get_ns
    if r0 > r6 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== the lower end of a range is removed by inequality
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 63
    if r2 == 0 goto out
    r2 += -1
    r1 = value(cells)
    r1 += r2
    r0 = *(u16 *)(r1 + 0)
out:
    r0 = 0
    exit

== the lower end of a range is not removed
because 0 - 1 is the byte before the value
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 63
    r2 += -1
    r1 = value(cells)
    r1 += r2
    r0 = *(u16 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== the upper end of a range is removed by inequality
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 63
    if r2 == 63 goto out
    r1 = value(cells)
    r1 += r2
    r0 = *(u16 *)(r1 + 0)
    r0 = 0
out:
    r0 = 0
    exit

== a bit that is tested and found clear
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    if w2 & 0xffffffc0 goto out
    r1 = value(cells)
    r2 <<= 32
    r2 >>= 32
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== the bits that are tested and found clear are one too few
because 64 has none of the tested bits
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    if w2 & 0xffffff80 goto out
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a bit that is tested and found set
because with the single bit 64 the offset is 64
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 0x40
    if r2 & 0x40 goto read
    r0 = 0
    exit
read:
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== a shift to the right
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 >>= 26
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a shift to the right by one bit too few
because the upper seven of 32 bits may be 127
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 >>= 25
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a shift to the right with signs
because the upper six bits, taken with their sign, may be -32
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r0 s>>= 58
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a shift to the right with signs, of a number that has none
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    r0 >>= 1
    r0 s>>= 57
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
    exit

== a shift to the left and back keeps the lower half
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    r0 <<= 58
    r0 >>= 58
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
    exit

== a shift to the left by a number that may be too large
because 1 << 7 is 128
rejected
map cells array 4 64 1
    w3 = *(u32 *)(r1 + 12)
    w3 &= 7
    w2 = 1
    w2 <<= w3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a shift to the left by a bounded number
accepted
map cells array 4 64 1
    w3 = *(u32 *)(r1 + 12)
    w3 &= 3
    w2 = 7
    w2 <<= w3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a shift by more than the width is by that modulo the width
because 33 & 31 is 1, so the offset is 2 * 63
rejected
map cells array 4 64 1
    w2 = 63
    w3 = 33
    w2 <<= w3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== the remainder of a division
accepted
map cells array 4 60 1
    call bpf_ktime_get_ns
    r0 %= 60
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
    exit

== the remainder of a division by one more than there are bytes
because 60 % 61 is 60, one past the last byte
rejected
map cells array 4 60 1
    call bpf_ktime_get_ns
    r0 %= 61
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== the remainder of a division with signs
because -1 s% 60 is -1
rejected
map cells array 4 60 1
    call bpf_ktime_get_ns
    r0 s%= 60
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== the remainder of a division with signs, made positive
accepted
map cells array 4 119 1
    call bpf_ktime_get_ns
    r0 s%= 60
    r0 += 59
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
    exit

== the remainder of a division by zero is the dividend (RFC 9669 section 4.1)
because where the divisor is zero the remainder is the whole number, up to 255
rejected
map cells array 4 64 1
    r3 = *(u32 *)(r1 + 16)
    r3 &= 63
    r2 = *(u32 *)(r1 + 12)
    r2 &= 255
    r2 %= r3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== the remainder of a division by a number that is not zero
accepted
map cells array 4 64 1
    r3 = *(u32 *)(r1 + 16)
    r3 &= 63
    r3 |= 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 255
    r2 %= r3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== the quotient of a division
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 0xffff
    r2 /= 1024
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== the quotient of a division by zero is zero (RFC 9669 section 4.1)
accepted
map cells array 4 64 1
    r3 = 0
    r2 = *(u32 *)(r1 + 12)
    r2 /= r3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== the quotient of a division by what may be one
because a number divided by one is itself
rejected
map cells array 4 64 1
    r3 = *(u32 *)(r1 + 16)
    r3 &= 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 127
    r2 /= r3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a divisor of 32 bits is zero when its lower half is (PREVAIL 1205)
because 2^32 is no divisor in 32 bits: the remainder is the dividend, 200
rejected
map cells array 4 64 1
    r3 = 0x100000000 ll
    w2 = 200
    w2 %= w3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a divisor of 64 bits whose lower half is zero
accepted
map cells array 4 64 1
    r3 = 0x100000000 ll
    r2 = 200
    r2 /= r3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a division with signs of the least number by -1 (RFC 9669 section 4.1)
because the quotient does not fit and is the least number again; its topmost byte is 128
rejected
map cells array 4 64 1
    r2 = 0x8000000000000000 ll
    r3 = -1
    r2 s/= r3
    r2 >>= 56
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a remainder with signs of the least number by -1 is zero (RFC 9669 section 4.1)
accepted
map cells array 4 64 1
    r2 = 0x8000000000000000 ll
    r3 = -1
    r2 s%= r3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a division with signs of an unbounded number (PREVAIL 1158)
because any number divided by two can still be anything
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r0 s/= 2
    r0 &= 127
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a division with signs of a bounded number
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 127
    r2 += -64
    r2 s/= 2
    r2 += 32
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== the bytes of a half word are swapped
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 = be16 r2
    r2 >>= 10
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a bounded number is no longer bounded once its bytes are swapped
because 63 swapped is 0x3f00
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 63
    r2 = be16 r2
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a constant whose bytes are swapped is a constant
accepted
map cells array 4 64 1
    r2 = 0x3f00
    r2 = be16 r2
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a swap to little-endian cuts the number
accepted
map cells array 4 65536 1
    call bpf_ktime_get_ns
    r0 = le16 r0
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
    exit

== an unconditional swap of 64 bits moves the mask
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    r2 = 0x3f00000000000000 ll
    r0 &= r2
    r0 = bswap64 r0
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
    exit

== a move with sign extension of a number below 128
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 63
    r2 = (s8)r2
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a move with sign extension of a number up to 255
because 200 becomes -56
rejected
map cells array 4 256 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 255
    r2 = (s8)r2
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a move with sign extension to 32 bits, then a shift
accepted
map cells array 4 64 1
    w2 = *(u32 *)(r1 + 12)
    w2 = (s16)w2
    r2 >>= 26
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a load with sign extension of a byte that is checked on both sides
accepted
map cells array 4 128 1
    r6 = value(cells)
    r2 = *(s8 *)(r6 + 0)
    if r2 s< 0 goto out
    r6 += r2
    r0 = *(u8 *)(r6 + 0)
out:
    r0 = 0
    exit

== a load with sign extension of a byte that is not checked
because the byte may be negative
rejected
map cells array 4 128 1
    r6 = value(cells)
    r2 = *(s8 *)(r6 + 0)
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== multiplication by a constant
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 7
    r2 *= 8
    r1 = value(cells)
    r1 += r2
    r0 = *(u64 *)(r1 + 0)
    r0 = 0
    exit

== multiplication by a constant that is too large
because 7 * 9 is 63, and eight bytes from there on are outside
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 7
    r2 *= 9
    r1 = value(cells)
    r1 += r2
    r0 = *(u64 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== multiplication that wraps
because 2^63 + 1 times two is 2, but 2^63 + 40 times two is 80
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r0 &= 63
    r2 = 0x8000000000000000 ll
    r0 |= r2
    r0 *= 2
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== the sum of two bounded numbers
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r3 = *(u32 *)(r1 + 16)
    r2 &= 31
    r3 &= 31
    r2 += r3
    r1 = value(cells)
    r1 += r2
    r0 = *(u16 *)(r1 + 0)
    r0 = 0
    exit

== the sum of two bounded numbers that is too large
because 31 + 32 + 2 is more than 64
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r3 = *(u32 *)(r1 + 16)
    r2 &= 31
    r3 &= 31
    r2 += r3
    r2 += 1
    r1 = value(cells)
    r1 += r2
    r0 = *(u16 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== the sum that wraps in 32 bits is small
accepted
map cells array 4 64 1
    w2 = *(u32 *)(r1 + 12)
    if w2 < 0xfffffff0 goto out
    w2 += 16
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== the sum that wraps in 64 bits does not stay in order
because the number may be 2^64 - 16 + 15, whose sum with 100 is 99
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    if r0 < -16 goto out
    r0 += 100
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a difference that may be negative
because 0 - 31 is before the value
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r3 = *(u32 *)(r1 + 16)
    r2 &= 31
    r3 &= 31
    r2 -= r3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a difference is subtracted from the end of a value
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 31
    r3 = 63
    r3 -= r2
    r1 = value(cells)
    r1 += r3
    r0 = *(u8 *)(r1 + 0)
    exit

== a pointer minus a bounded number
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 31
    r1 = value(cells)
    r1 += 32
    r1 -= r2
    r0 = *(u8 *)(r1 + 0)
    exit

== the negative of a bounded number
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 31
    r2 = -r2
    r1 = value(cells)
    r1 += 32
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== or with a constant
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 31
    r2 |= 32
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== or of two bounded numbers is not bounded by either (CVE-2020-27194)
because 32 | 31 is 63, and two bytes from 63 on are outside
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r3 = *(u32 *)(r1 + 16)
    r2 &= 32
    r3 &= 31
    r2 |= r3
    r1 = value(cells)
    r1 += r2
    r0 = *(u16 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== xor with a constant within the mask
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 63
    r2 ^= 21
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== xor with itself is zero
accepted
map cells array 4 1 1
    r2 = *(u32 *)(r1 + 12)
    r2 ^= r2
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a copy is bounded by the check of what it was copied from
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    r2 = r0
    if r0 > 63 goto out
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== what a number was copied from is not bounded by what was made of the copy
because only the copy was masked
rejected
map cells array 4 64 1
    r0 = *(u32 *)(r1 + 12)
    r0 &= 127
    r2 = r0
    r2 &= 63
    if r2 > 63 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a copy plus a constant is bounded by the check of the sum
accepted
map cells array 4 64 1
    r0 = *(u32 *)(r1 + 12)
    r2 = r0
    r2 += 8
    if r2 > 64 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u64 *)(r1 + 0)
out:
    r0 = 0
    exit

== a copy plus a constant that wraps is not bounded by the check of the sum
because 2^64 - 1 plus 8 is 7, below 64, but 2^64 - 1 is before the value
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r2 = r0
    r2 += 8
    if r2 > 64 goto out
    r1 = value(cells)
    r1 += r0    // or rejected: pointerArithmetic
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a 32-bit bound does not bound 64 bits (CVE-2020-8835)
because the upper half of the number is not compared
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r0 >>= 30
    if w0 > 63 goto out
    r1 = value(cells)
    r1 += r0    // or rejected: pointerArithmetic
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic check32BitsOfWiderValue
out:
    r0 = 0
    exit

== a 32-bit bound bounds 64 bits once the upper half is cleared
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    w0 = w0
    if w0 > 63 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a 32-bit bound holds for the lower half that is taken afterwards
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    if w0 > 63 goto out
    w2 = w0
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a 32-bit equality says nothing of the upper half (PREVAIL 1214)
because 2^32 has a lower half of 0 too
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r0 >>= 25
    if w0 != 0 goto out
    r0 >>= 25
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue check32BitsOfWiderValue
out:
    r0 = 0
    exit

== a signed 32-bit bound on both sides, then the lower half
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    if w0 s< 0 goto out
    if w0 s> 63 goto out
    w0 = w0
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a signed 32-bit upper bound alone, then the lower half
because -1 in 32 bits is 0xffffffff without signs; its upper eight bits are 255
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    if w0 s> 63 goto out
    w0 = w0
    r0 >>= 24
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit
