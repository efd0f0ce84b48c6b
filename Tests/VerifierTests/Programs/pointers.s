# Pointers: what arithmetic they bear, what they may be compared with, and who may learn them.

== a pointer is multiplied
because the product of an address is no address, and gives it away
rejected
    r2 = r10
    r2 *= 8    // rejected: pointerArithmetic
    r0 = 0
    exit

== a pointer is mixed by xor
because the result is no address, and gives it away
rejected
    r2 = r10
    r2 ^= 4    // rejected: pointerArithmetic
    r0 = 0
    exit

== a pointer is masked
because the lower bits of an address are a part of it
rejected
    r2 = r10
    r2 &= 63    // rejected: pointerArithmetic
    r0 = 0
    exit

== a pointer is shifted
because the upper half of an address is a part of it
rejected
    r2 = r1
    r2 >>= 32    // rejected: pointerArithmetic
    r0 = 0
    exit

== a pointer is negated
because the negative of an address gives it away
rejected
    r2 = r10
    r2 = -r2    // rejected: pointerArithmetic
    r0 = 0
    exit

== the bytes of a pointer are swapped
because the swapped bytes of an address give it away
rejected
    r2 = r10
    r2 = be64 r2    // rejected: pointerArithmetic
    r0 = 0
    exit

== a pointer is added to a pointer
because the sum of two addresses is none
rejected
    r2 = r10
    r2 += r1    // rejected: pointerArithmetic
    r0 = 0
    exit

== a number is added to a pointer
accepted
    r2 = r10
    r3 = -8
    r2 += r3
    *(u64 *)(r2 + 0) = 0
    r0 = 0
    exit

== a pointer is added to a number
accepted
    r3 = -8
    r3 += r10
    *(u64 *)(r3 + 0) = 0
    r0 = 0
    exit

== a pointer is subtracted from a number
because the result is no address, and gives one away
rejected
    r3 = 8
    r3 -= r10    // rejected: pointerArithmetic
    r0 = 0
    exit

== a pointer is subtracted from one into the same packet
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r3 -= r2
    r0 = r3
    r0 &= 1
    exit

== a pointer is subtracted from one into the same frame
accepted
    r2 = r10
    r2 += -8
    r3 = r10
    r3 -= r2
    r0 = r3
    exit

== a pointer is subtracted from one into other memory
because the distance of two regions gives away where they lie
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = r10
    r3 -= r2    // rejected: pointerArithmetic subtractPointersNotNumbers
    r0 = 0
    exit

== a value is subtracted from a value of another map
because the distance of two maps gives away where they lie
rejected
map first array 4 64 1
map second array 4 64 1
    r2 = value(first)
    r3 = value(second)
    r3 -= r2    // rejected: pointerArithmetic
    r0 = 0
    exit

== a pointer is copied in 32 bits
because half an address is no address, and gives most of it away
rejected
    w2 = w1    // or rejected: pointerArithmetic|addressLeak
    r0 = r2    // or rejected: addressLeak
    exit    // rejected: addressLeak

== a pointer is added to in 32 bits
because the upper half is gone, and what is left is no address
rejected
    r2 = r10
    w2 += -8    // or rejected: pointerArithmetic
    *(u64 *)(r2 + 0) = 0    // rejected: notAPointer
    r0 = 0
    exit

== a pointer is compared with zero
accepted
    r0 = 0
    if r1 == 0 goto out
    r0 = 1
out:
    exit

== a pointer is compared with a number
because the program could find out the address by trying
rejected
    r0 = 0
    r2 = *(u32 *)(r1 + 12)
    if r1 > r2 goto out    // rejected: pointerComparison
    r0 = 1
out:
    exit

== a pointer is compared with a constant
because the program could find out the address by trying
rejected
    r0 = 0
    if r1 > 0x1000 goto out    // rejected: pointerComparison
    r0 = 1
out:
    exit

== a pointer is compared with one into other memory
because which lies lower gives something away about where they lie
rejected
map cells array 4 64 1
    r0 = 0
    r2 = value(cells)
    if r2 > r10 goto out    // rejected: pointerComparison
    r0 = 1
out:
    exit

== the packet is compared with the frame
because which lies lower gives something away about where they lie, and nothing about the packet
rejected
    r2 = *(u32 *)(r1 + 0)
    r0 = 0
    if r2 > r10 goto out    // rejected: pointerComparison
    r0 = 1
out:
    exit

== a pointer is compared with one into the same packet
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = r2
    r3 += 8
    r0 = 0
    if r3 > r2 goto out
    r0 = 1
out:
    exit

== a pointer is returned
because whoever runs the program learns an address
rejected
    r0 = r10
    exit    // rejected: addressLeak setResult

== a pointer is returned by a function of the program
accepted
    call where
    r0 = *(u32 *)(r0 + 12)
    r0 = 0
    exit
where:
    r0 = r1
    exit

== a pointer into its own frame is returned by a function of the program
because the frame is gone when the function returns
rejected
    call where
    *(u64 *)(r0 - 8) = 0    // or rejected: outOfBoundsStack|notAPointer
    r0 = 0
    exit
where:
    r0 = r10
    exit    // rejected: outOfBoundsStack|addressLeak|badResult|notAPointer

== a pointer is an argument that the helper publishes
because what goes into the ring is read by others
rejected
map ring ringbuf 0 0 4096
    *(u64 *)(r10 - 8) = r1
    r1 = map(ring)
    r2 = r10
    r2 += -8
    r3 = 8
    r4 = 0
    call bpf_ringbuf_output    // rejected: addressLeak
    r0 = 0
    exit

== a pointer is the flags of a helper
because flags are a number, and the helper's answer depends on them
rejected
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    *(u64 *)(r10 - 16) = 1
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r4 = r10
    r1 = map(table)
    call bpf_map_update_elem    // rejected: addressLeak|helperArgument
    r0 = 0
    exit

== a constant far beyond any memory is added
because the sum would wrap around the address space
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = 0x7fffffffffffffff ll
    r1 += r2    // or rejected: pointerArithmetic|outOfBoundsMapValue
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
    r0 = 0
    exit

== two additions that wrap around the address space
because each is a large number, and what they do together to an address is anyone's guess
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = 0x4000000000000000 ll
    r1 += r2    // or rejected: pointerArithmetic
    r1 += r2    // or rejected: pointerArithmetic
    r1 += r2    // or rejected: pointerArithmetic
    r1 += r2    // or rejected: pointerArithmetic
    r0 = *(u8 *)(r1 + 0)    // rejected: pointerArithmetic|outOfBoundsMapValue
    r0 = 0
    exit

== an unbounded number is added to a value
because it may be anything
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    r1 = value(cells)
    r1 += r0    // or rejected: pointerArithmetic
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue|pointerArithmetic
    r0 = 0
    exit

== a number that is too large is added to a value that is never used again
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 0xffff
    r1 = value(cells)
    r1 += r2
    r0 = 0
    exit

== a pointer into the stack is stored in the packet's place on the stack
accepted
    r2 = r10
    r2 += -64
    *(u64 *)(r10 - 8) = r2
    r3 = *(u64 *)(r10 - 8)
    *(u64 *)(r3 + 0) = 1
    r0 = *(u64 *)(r10 - 64)
    exit

== a register is a pointer on one way and a number on the other
because where the interface index is 0 the register holds 7
rejected
    r2 = *(u32 *)(r1 + 12)
    r3 = 7
    if r2 == 0 goto join
    r3 = r1
join:
    r0 = *(u32 *)(r3 + 12)    // rejected: notAPointer
    r0 = 0
    exit

== a register is a pointer or a number, and the branch is taken again
accepted
    r2 = *(u32 *)(r1 + 12)
    r3 = 7
    if r2 == 0 goto join
    r3 = r1
join:
    if r2 == 0 goto out
    r0 = *(u32 *)(r3 + 12)
out:
    r0 = 0
    exit

== a register is one of two pointers, read where both may be
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    *(u64 *)(r10 - 64) = 0
    r3 = r10
    r3 += -64
    if r2 == 0 goto join
    r3 = value(cells)
join:
    r0 = *(u64 *)(r3 + 0)
    r0 = 0
    exit

== a pointer becomes a number by the sign extension of its lower byte
because eight bits of an address are a part of it
rejected
    r2 = r1
    r2 = (s8)r2    // or rejected: pointerArithmetic|addressLeak
    r0 = r2    // or rejected: addressLeak
    exit    // rejected: addressLeak
