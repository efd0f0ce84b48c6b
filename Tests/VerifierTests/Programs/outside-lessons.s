# What verifiers have got wrong before, told anew: each program is about one mistake that Linux or PREVAIL once made and mended,
# and stands beside a safe one that differs by little. Values have 64 bytes.

== an immediate that is moved in 32 bits is not sign-extended, one that is compared is (CVE-2017-16995)
because w2 = -1 leaves 0xffffffff, which differs from the -1 of the comparison: the jump is always taken
rejected
map cells array 4 64 1
    w2 = -1
    r1 = value(cells)
    if r2 != -1 goto other
    r0 = 0
    exit
other:
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
    exit

== an immediate that is moved in 64 bits equals the one that is compared
accepted
map cells array 4 64 1
    r2 = -1
    r1 = value(cells)
    if r2 != -1 goto other
    r0 = 0
    exit
other:
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a shift to the right in 32 bits does not see the upper half (CVE-2018-18445)
because the lower half of 1 << 32 is 0: what is subtracted from is 0 and not 2
rejected
map cells array 4 64 1
    r2 = 2
    r2 <<= 31
    w2 >>= 31
    r2 -= 2
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
    exit

== a shift to the right in 64 bits sees the upper half
accepted
map cells array 4 64 1
    r2 = 2
    r2 <<= 31
    r2 >>= 31
    r2 -= 2
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a shift with signs in 32 bits fills the lower half only
because a lower half with its highest bit set becomes 0xffffffff, and the upper half 0
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    w2 s>>= 31
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
    exit

== a shift with signs in 32 bits of a number whose highest bit is clear
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    w2 >>= 1
    w2 s>>= 25
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a shift to the left in 32 bits drops what leaves the half
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    w2 <<= 26
    r2 >>= 26
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a shift to the left in 64 bits drops nothing from the half
because the lower 32 bits of the number, moved up by 26, still lie below bit 58
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 <<= 26
    r2 >>= 26
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
    exit

== the remainder by zero in 32 bits cuts the dividend (CVE-2021-3444)
accepted
map cells array 4 64 1
    r2 = 0x100000005 ll
    r3 = 0
    w2 %= w3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== the remainder by zero in 64 bits keeps the whole dividend (CVE-2021-3444)
because 2^32 + 5 stays what it is
rejected
map cells array 4 64 1
    r2 = 0x100000005 ll
    r3 = 0
    r2 %= r3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
    exit

== and in 32 bits of two halves that are known in part (CVE-2021-3490)
because nothing is known of the lower half of r3, so that the result may be all that r2 allows: up to 0xff
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r3 = *(u32 *)(r1 + 16)
    r2 &= 0xff
    w2 &= w3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== and in 32 bits with one half bounded is bounded by it (CVE-2021-3490)
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r3 = *(u32 *)(r1 + 16)
    r2 &= 0x3f
    w2 &= w3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== xor in 32 bits of bounded halves may reach the next power of two (CVE-2021-3490)
because 40 ^ 31 is 55 but 32 ^ 40 is 8: only bits bound it, and six bits are 63, seven are not
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r3 = *(u32 *)(r1 + 16)
    r2 &= 0x3f
    r3 &= 0x7f
    w2 ^= w3
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a bound of 64 bits that lies beyond 32 says nothing of the lower half (CVE-2021-31440)
because 2^32 + 63 is below 2^33, and so is 2^33 - 1, whose lower half is all ones
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r2 = 0x10000003f ll
    if r0 < r2 goto out
    r3 = 0x1ffffffff ll
    if r0 > r3 goto out
    w0 = w0
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
out:
    r0 = 0
    exit

== bounds of 64 bits with one and the same upper half bound the lower (CVE-2021-31440)
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    r2 = 0x100000000 ll
    if r0 < r2 goto out
    r3 = 0x10000003f ll
    if r0 > r3 goto out
    w0 = w0
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== bounds with signs in the lower half are no bounds of the whole (CVE-2021-45402)
because the lower half lies between -8 and 8, and moved to a whole register its negative values are near 2^32
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    w2 = w0
    if w2 s< -8 goto out
    if w2 s> 8 goto out
    r2 += 8
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
out:
    r0 = 0
    exit

== bounds with signs in the lower half bound what its sign extension gives (CVE-2021-45402)
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    w2 = w0
    if w2 s< -8 goto out
    if w2 s> 8 goto out
    r2 = (s32)r2
    r2 += 8
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a copy in 32 bits is no copy of the whole
because the check bounds the copy, and what it was copied from has an upper half
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    w2 = w0
    if r2 > 63 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
out:
    r0 = 0
    exit

== a copy in 32 bits is a copy of what has no upper half
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    r0 >>= 32
    w2 = w0
    if r2 > 63 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a sum in 32 bits is no fixed distance from its copy
because the sum wraps at 2^32: r2 + 1 = 0 has r2 = 0xffffffff
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r3 = r2
    w3 += 1
    if r3 > 63 goto out
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
out:
    r0 = 0
    exit

== a sum in 64 bits is a fixed distance from its copy where it cannot wrap
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r3 = r2
    r3 += 1
    if r3 > 63 goto out
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a copy that was added to itself is no fixed distance away
because twice the number is checked, and bit 63 of the number is lost in that
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r2 = r0
    r2 += r2
    if r2 > 126 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
out:
    r0 = 0
    exit

== half of a spilled number is checked, the whole is used
because the four bytes that come back say nothing of the other four
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    *(u64 *)(r10 - 8) = r0
    r2 = *(u32 *)(r10 - 8)
    if r2 > 63 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
out:
    r0 = 0
    exit

== half of a number is spilled, and the whole is used after a check of what comes back
because the store cut the number
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    *(u32 *)(r10 - 8) = r0
    r2 = *(u32 *)(r10 - 8)
    if r2 > 63 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
out:
    r0 = 0
    exit

== a spilled number comes back, is checked, and the one in the register is used
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    *(u64 *)(r10 - 8) = r0
    r2 = *(u64 *)(r10 - 8)
    if r2 > 63 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a comparison of a register with itself says nothing
because it is never below itself, and what follows is reached with every number
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    if r0 < r0 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
out:
    r0 = 0
    exit

== a comparison with a copy says nothing of the number
because both are the same number, whichever it is
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r2 = r0
    if r0 != r2 goto out
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
out:
    r0 = 0
    exit

== what only a false comparison reaches may be anything
accepted
    r2 = 1
    if r2 == 1 goto out
    r0 = *(u64 *)(r5 + 0)
out:
    r0 = 0
    exit

== a branch that looks alike is not the same (CVE-2023-2163)
because both ways reach the second branch, and only on the one is the offset 0
rejected
map cells array 4 64 1
    call bpf_get_prandom_u32
    r6 = 0
    if r0 s> 100 goto joined
    r6 = 1024
joined:
    r7 = 0
    if r0 == 7 goto same
    r7 = 1
same:
    r1 = value(cells)
    r1 += r6
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== a flag says on which way the packet was checked
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    r6 = 1
    if r4 > r3 goto short
    r6 = 0
short:
    r0 = 2
    if r6 != 0 goto out
    r0 = *(u8 *)(r2 + 13)
    r0 &= 1
out:
    exit

== a flag is asked the wrong way around
because r6 is 1 where the packet is too short
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    r6 = 1
    if r4 > r3 goto short
    r6 = 0
short:
    r0 = 2
    if r6 == 0 goto out
    r0 = *(u8 *)(r2 + 13)    // rejected: outOfBoundsPacket
    r0 &= 1
out:
    exit

== a flag in a stack slot says whether a register was set
accepted
    call bpf_get_prandom_u32
    *(u64 *)(r10 - 8) = 0
    if r0 s< 5 goto unset
    r6 = 3
    *(u64 *)(r10 - 8) = 1
unset:
    r1 = *(u64 *)(r10 - 8)
    r0 = 0
    if r1 == 0 goto out
    r0 = r6
out:
    exit

== the packet is moved on one of two ways that meet again
because on that way the pointer is stale
rejected
program tc
    r6 = r1
    call bpf_get_prandom_u32
    r7 = *(u32 *)(r6 + 76)
    r3 = *(u32 *)(r6 + 80)
    r4 = r7
    r4 += 14
    if r4 > r3 goto out
    if r0 == 0 goto joined
    r1 = r6
    r2 = 64
    call bpf_skb_pull_data
joined:
    r0 = *(u8 *)(r7 + 0)    // rejected: uninitialisedRegister|outOfBoundsPacket|notAPointer
out:
    r0 = 0
    exit

== a pointer goes back from the end of what was checked, and one byte further
because the byte before the packet is not the packet's
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r2 += 14
    if r2 > r3 goto out
    r2 -= 15
    r0 = *(u8 *)(r2 + 0)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== a pointer goes back from the end of what was checked to the start
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r2 += 14
    if r2 > r3 goto out
    r2 -= 14
    r0 = *(u8 *)(r2 + 0)
out:
    r0 = 2
    exit

== a pointer of the packet is loaded with sign extension, and used as one (CVE-2024-47703)
because the field is a pointer only where it is read as one
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    r2 = *(s32 *)(r1 + 0)    // or rejected: contextField
    r0 = *(u8 *)(r2 + 0)    // rejected: notAPointer
out:
    r0 = 2
    exit

== a pointer of the packet is loaded with sign extension, and returned (CVE-2024-47703)
because whoever runs the program learns an address
rejected
    r0 = *(s32 *)(r1 + 0)    // or rejected: contextField
    exit    // rejected: addressLeak|badResult

== the size for a helper is near the largest of 32 bits (CVE-2023-52676)
because an offset plus such a size wraps where 32 bits are added
rejected
program kprobe
    r1 = r10
    r1 += -8
    r2 = 0x7ffffff8
    r3 = 0
    call bpf_probe_read_kernel    // rejected: outOfBoundsStack|helperArgument
    r0 = 0
    exit

== the size for a helper is a negative number in 32 bits
because as a number without sign it is nearly 2^32
rejected
program kprobe
    r1 = r10
    r1 += -8
    w2 = -8
    r3 = 0
    call bpf_probe_read_kernel    // rejected: outOfBoundsStack|helperArgument
    r0 = 0
    exit

== a row and a column index a table
accepted
map cells array 4 64 1
    r6 = value(cells)
    r7 = 0
row:
    r8 = 0
column:
    r1 = r7
    r1 <<= 3
    r1 += r8
    r2 = r6
    r2 += r1
    w3 = 1
    *(u8 *)(r2 + 0) = r3
    r8 += 1
    if r8 != 8 goto column
    r7 += 1
    if r7 != 8 goto row
    r0 = 0
    exit

== a row and a column index a table, and there is one row too many
because the ninth row starts behind the last byte
rejected
map cells array 4 64 1
    r6 = value(cells)
    r7 = 0
row:
    r8 = 0
column:
    r1 = r7
    r1 <<= 3
    r1 += r8
    r2 = r6
    r2 += r1
    w3 = 1
    *(u8 *)(r2 + 0) = r3    // rejected: outOfBoundsMapValue
    r8 += 1
    if r8 != 8 goto column
    r7 += 1
    if r7 != 9 goto row
    r0 = 0
    exit

== a loop steps over the number that would end it
because 0, 3, 6, 9, 12 … is never 64, and the offset grows out of the value
rejected
map cells array 4 64 1
    r6 = value(cells)
    r7 = 0
again:
    r2 = r6
    r2 += r7
    w3 = 1
    *(u8 *)(r2 + 0) = r3    // rejected: outOfBoundsMapValue|pointerArithmetic
    r7 += 3
    if r7 != 64 goto again
    r0 = 0
    exit

== a loop meets the number that ends it
accepted
map cells array 4 64 1
    r6 = value(cells)
    r7 = 0
again:
    r2 = r6
    r2 += r7
    w3 = 1
    *(u8 *)(r2 + 0) = r3
    r7 += 4
    if r7 != 64 goto again
    r0 = 0
    exit

== a loop that 32-bit arithmetic keeps going (PREVAIL 783)
because the number that ends it need never come
needsFuel
    call bpf_get_prandom_u32
again:
    w0 *= 3
    w0 += 1
    if w0 s> 7 goto again
    if w0 s< 5 goto again
    r0 = 0
    exit

== a counter on the stack survives a loop with a call (PREVAIL 1071)
accepted
    *(u64 *)(r10 - 8) = 0
again:
    call nothing
    r1 = *(u64 *)(r10 - 8)
    r1 += 1
    *(u64 *)(r10 - 8) = r1
    if r1 < 100 goto again
    r0 = 0
    exit
nothing:
    r0 = 1
    exit

== a loop that ends when another program says so
because whether the value ever changes is not the program's to know
needsFuel
map cells array 4 64 1
    r1 = value(cells)
again:
    r0 = *(u64 *)(r1 + 0)
    if r0 == 0 goto again
    r0 = 0
    exit

== a value of one of two sizes is checked for the smaller
accepted
map small array 4 16 1
map large array 4 64 1
    call bpf_get_prandom_u32
    r1 = value(small)
    if r0 == 0 goto read
    r1 = value(large)
read:
    r0 = *(u64 *)(r1 + 8)
    r0 = 0
    exit

== a value of one of two sizes is used as if it were the larger (PREVAIL 1028)
because on one way it has 16 bytes
rejected
map small array 4 16 1
map large array 4 64 1
    call bpf_get_prandom_u32
    r1 = value(small)
    if r0 == 0 goto read
    r1 = value(large)
read:
    r0 = *(u64 *)(r1 + 16)    // rejected: outOfBoundsMapValue|uninitialisedRegister|notAPointer
    r0 = 0
    exit

== an offset is added on one of two ways, for pointers of two kinds (PREVAIL, offsets of a register of two types)
because on the one way r1 points to the last eight bytes of the frame, and the offset puts it above
rejected
map cells array 4 64 1
    *(u64 *)(r10 - 8) = 0
    call bpf_get_prandom_u32
    r1 = r10
    r1 += -8
    if r0 == 0 goto move
    r1 = value(cells)
move:
    r1 += 8
    r0 = *(u64 *)(r1 + 0)    // rejected: outOfBoundsStack|uninitialisedRegister|notAPointer
    r0 = 0
    exit

== a load that extends the sign has no bounds without one
because 0xff becomes -1, which without sign is the largest number
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = *(s8 *)(r1 + 0)
    if r2 s> 63 goto out
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== what was read through a pointer that was replaced is still only a number
because the number that a value holds is no pointer, whatever it was made of
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = *(u64 *)(r1 + 0)
    r0 = *(u8 *)(r2 + 0)    // rejected: notAPointer
    r0 = 0
    exit

== the product of any number and -1 is any number
because 1 times -1 is all ones, whatever 128 bits of the product look like with a sign
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = *(u64 *)(r1 + 0)
    r2 *= -1
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
    exit

== the product of a bounded number and a constant without overflow is bounded
accepted
map cells array 4 64 1
    r1 = value(cells)
    r2 = *(u64 *)(r1 + 0)
    if r2 > 9 goto out
    r2 *= 7
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit
out:
    r0 = 0
    exit
