# Programs that verifiers have let through: each shape once, as a program that must be refused, beside its safe twin.

== a sign-extended immediate is not the 32-bit number (CVE-2017-16995)
because in 64 bits -1 is 2^64 - 1 and equals no 32-bit 0xffffffff: the branch that was thought dead is taken
rejected
    w9 = 0xffffffff
    if r9 != -1 goto bad
    r0 = 0
    exit
bad:
    r0 = *(u8 *)(r3 + 0)    // rejected: uninitialisedRegister
    exit

== a 32-bit move of -1 is 0xffffffff
accepted
    w9 = 0xffffffff
    if w9 != -1 goto bad
    r0 = 0
    exit
bad:
    r0 = *(u8 *)(r3 + 0)
    exit

== the 32-bit bounds of a 64-bit range are not its lower half (CVE-2020-8835)
because from 1 to 2^32 + 1 the lower half can be anything
rejected
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(u64 *)(r6 + 0)
    r3 = 0x100000001 ll
    if r2 > r3 goto out
    if r2 < 1 goto out
    w2 = w2
    r2 &= 127
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a range whose ends have the same lower half (CVE-2020-8835)
because 1 and 2^32 + 1 have the lower half 1, and the numbers between them have any
rejected
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(u64 *)(r6 + 0)
    r3 = 0x100000001 ll
    if r2 > r3 goto out
    if r2 < 1 goto out
    if w2 == 1 goto out
    w2 -= 1
    r2 >>= 24
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a 32-bit range within a 64-bit range
accepted
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(u64 *)(r6 + 0)
    if r2 > 63 goto out
    w2 = w2
    r6 += r2
    r0 = *(u8 *)(r6 + 0)
out:
    r0 = 0
    exit

== an or of 64 bits with 32-bit bounds (CVE-2020-27194)
because the 64-bit bounds of the number were cut to 32 bits: the lower half of a number up to 2^33 is anything
rejected
map cells array 4 64 1
    r6 = value(cells)
    r5 = *(u64 *)(r6 + 0)
    r3 = 0x200000001 ll
    if r5 > r3 goto out
    if r5 == 0 goto out
    r5 |= 0
    w5 = w5
    r5 >>= 1
    r5 &= 127
    r6 += r5
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a 32-bit and with a number whose lower half is known (CVE-2021-3490)
because 1 & 2^32 + 1 in 64 bits keeps bit 32 where it was unknown
rejected
map cells array 4 64 1
    r6 = value(cells)
    r5 = *(u64 *)(r6 + 0)
    r2 = 0xfffffffe00000000 ll
    r5 |= r2
    if w5 > 1 goto out
    r3 = 0x0000000300000003 ll
    r5 &= r3
    r5 >>= 32
    r5 <<= 6
    r6 += r5
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a 32-bit or with a number whose lower half is known (CVE-2021-3490)
because the lower half of the second number is unknown, so that of the result is too
rejected
map cells array 4 64 1
    r6 = value(cells)
    r4 = *(u64 *)(r6 + 0)
    r5 = 1
    r5 |= r4
    if w5 == 1 goto out
    r5 &= 127
    r6 += r5
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a 32-bit xor with a number whose lower half is known (CVE-2021-3490)
because the lower half of the second number is unknown, so that of the result is too
rejected
map cells array 4 64 1
    r6 = value(cells)
    r4 = *(u64 *)(r6 + 0)
    w5 = 1
    w5 ^= w4
    r5 &= 127
    r6 += r5
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
    exit

== signed 32-bit bounds taken for 64 bits (CVE-2021-31440)
because the lower half is not negative and at most 63, and the upper half is anything
rejected
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(u64 *)(r6 + 0)
    r2 >>= 24
    if w2 s< 0 goto out
    if w2 s> 63 goto out
    r2 >>= 32
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a 64-bit lower bound taken for 32 bits (CVE-2021-31440)
because a number of at least 1 may have the lower half 0, which minus one is the largest
rejected
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(u64 *)(r6 + 0)
    if r2 s< 1 goto out
    w2 += -1
    if w2 s>= 0 goto out
    r0 = *(u8 *)(r3 + 0)    // rejected: uninitialisedRegister
out:
    r0 = 0
    exit

== a register matters only through another (CVE-2023-2163)
because on the way where r6 was large r9 is large too, although r6 itself is never used again
rejected
map cells array 4 64 1
    r1 = value(cells)
    r6 = *(u64 *)(r1 + 0)
    r7 = *(u64 *)(r1 + 8)
    r8 = *(u64 *)(r1 + 16)
    r9 = 0
    if r6 == 0 goto first
    r6 = 200
first:
    if r7 == 0 goto second
    r8 = 1
second:
    if r8 > 1 goto out
    r9 = r6
    r9 &= 255
    r1 += r9
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a branch that decides what a register is, merged before its use (CVE-2023-2163)
because the way through the second branch with r6 = 0x400 reaches the same point as the one with r6 = 0
rejected
map cells array 4 64 1
    r7 = value(cells)
    r6 = 0x400
    r8 = *(u64 *)(r7 + 0)
    r9 = *(u64 *)(r7 + 8)
    if r8 s<= 0 goto low
    r9 = 0
    goto compare
low:
    r6 = 0
compare:
    if r6 s> 1024 goto out
    if r9 == 5 goto next
    r6 += 0
next:
    r7 += r6
    r0 = *(u8 *)(r7 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== copies that are no longer copies: the first was changed (scalar identities)
because after the addition the two numbers are no longer the same
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = *(u8 *)(r1 + 0)
    r3 = r2
    r3 += 100
    if r3 > 163 goto out
    r2 += 1
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== copies with a constant between them keep it
accepted
map cells array 4 64 1
    r1 = value(cells)
    r2 = *(u8 *)(r1 + 0)
    r3 = r2
    r3 += 100
    if r3 > 163 goto out
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a 32-bit copy is no copy of 64 bits (scalar identities)
because the check of the lower half says nothing of the upper
rejected
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(u64 *)(r6 + 0)
    r2 >>= 25
    w3 = w2
    if r3 > 63 goto out
    r2 >>= 32
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a 32-bit sum is no 64-bit sum (scalar identities with a constant)
because the 32-bit sum wraps where the 64-bit one does not: 0xffffffff + 1 is 0
rejected
map cells array 4 64 1
    r6 = value(cells)
    w2 = *(u32 *)(r6 + 0)
    r3 = r2
    w3 += 1
    if r3 > 63 goto out
    r2 >>= 24
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a sign-extended copy is no copy (scalar identities)
because the check of the lowest byte says nothing of the others
rejected
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(u16 *)(r6 + 0)
    r3 = (s8)r2
    if r3 > 63 goto out
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a spill of half a register is no copy of it (scalar identities)
because what comes back is the lower half, and the check says nothing of the upper
rejected
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(u64 *)(r6 + 0)
    r2 >>= 25
    *(u32 *)(r10 - 4) = w2
    w3 = *(u32 *)(r10 - 4)
    if r3 > 63 goto out
    r2 >>= 32
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== the identities of one way are not those of the other (scalar identities)
because on the second way r2 and r3 are different numbers, so the check of r3 says nothing of r2
rejected
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(u8 *)(r6 + 0)
    r3 = *(u8 *)(r6 + 1)
    r4 = *(u8 *)(r6 + 2)
    if r4 != 0 goto join
    r2 = r3
join:
    if r3 > 63 goto out
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== the identities of a later way are subsumed by those of an earlier (scalar identities)
because the first way to be looked at has equal numbers, and the second has not
rejected
map cells array 4 64 1
    r6 = value(cells)
    r3 = *(u8 *)(r6 + 1)
    r4 = *(u8 *)(r6 + 2)
    r2 = r3
    if r4 == 0 goto join
    r2 = *(u8 *)(r6 + 3)
join:
    if r3 > 63 goto out
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== both ways have equal numbers
accepted
map cells array 4 64 1
    r6 = value(cells)
    r3 = *(u8 *)(r6 + 1)
    r4 = *(u8 *)(r6 + 2)
    r2 = r3
    if r4 == 0 goto join
    r3 = *(u8 *)(r6 + 3)
    r2 = r3
join:
    if r3 > 63 goto out
    r6 += r2
    r0 = *(u8 *)(r6 + 0)
out:
    r0 = 0
    exit

== two pointers from one look-up are one, from two they are not
because the copy in r7 is of the first look-up, and the check is of the second
rejected
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r6 = 0
again:
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r6 != 0 goto second
    r7 = r0
    r6 = 1
    goto again
second:
    if r0 == 0 goto out
    r0 = *(u64 *)(r7 + 0)    // rejected: possiblyNull checkForNull
out:
    r0 = 0
    exit

== arithmetic on a pointer that may be null, by a number that may be zero (CVE-2022-23222)
because with nothing found the pointer is the number itself, which the program chooses
rejected
map table hash 4 64 16
    r6 = *(u32 *)(r1 + 12)
    r6 &= 7
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    r0 += r6    // or rejected: possiblyNull|pointerArithmetic
    if r0 == 0 goto out    // or rejected: pointerComparison
    r0 = *(u8 *)(r0 + 0)    // rejected: possiblyNull
out:
    r0 = 0
    exit

== a right shift with signs in 32 bits does not reach the upper half
because a negative lower half stays one, and without signs it is at least 2^31: its top byte is 255
rejected
map cells array 4 64 1
    r6 = value(cells)
    w2 = *(u32 *)(r6 + 0)
    w2 s>>= 31
    r2 >>= 24
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== a multiplication whose bounds wrap in 32 bits
because 0x10001 times 0xffff fits, and times 0x10001 it does not
rejected
map cells array 4 64 1
    r6 = value(cells)
    w2 = *(u32 *)(r6 + 0)
    w2 &= 0x1ffff
    w2 *= 0x10001
    r2 >>= 24
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== a left shift whose bounds wrap
because 2^31 shifted by one in 32 bits is 0, but 2^30 is 2^31: the top byte is up to 255
rejected
map cells array 4 64 1
    r6 = value(cells)
    w2 = *(u32 *)(r6 + 0)
    w2 <<= 1
    r2 >>= 24
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== a check for a bit that is not the sign
because the number may be 64 with the lowest bit clear
rejected
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(u8 *)(r6 + 0)
    if r2 & 1 goto out
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a difference of addresses of one packet bounds nothing of another
because the second pair of pointers is of the packet after its head was moved
rejected
    r6 = r1
    r7 = *(u32 *)(r1 + 0)
    r8 = *(u32 *)(r1 + 4)
    r8 -= r7
    r2 = 4
    call bpf_xdp_adjust_head
    r7 = *(u32 *)(r6 + 0)
    if r8 < 14 goto out
    r0 = *(u8 *)(r7 + 13)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== a signed comparison in 32 bits of a number with both signs in 64
because 2^31 is positive in 64 bits and negative in 32
rejected
map cells array 4 64 1
    r6 = value(cells)
    w2 = *(u32 *)(r6 + 0)
    if w2 s> 63 goto out
    if r2 s< 0 goto out
    r2 >>= 24
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit
