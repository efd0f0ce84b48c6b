# Atomic operations: on stack and map values, in 32 and 64 bits, with what they fetch.

== 64 bits are added on the stack
accepted
    *(u64 *)(r10 - 8) = 1
    r2 = 2
    lock *(u64 *)(r10 - 8) += r2
    r0 = *(u64 *)(r10 - 8)
    exit

== 32 bits are added on the stack
accepted
    *(u64 *)(r10 - 8) = 1
    r2 = 2
    lock *(u32 *)(r10 - 8) += w2
    r0 = *(u64 *)(r10 - 8)
    exit

== 64 bits are added in a value
accepted
map cells array 4 64 1
    r1 = value(cells)
    r2 = 1
    lock *(u64 *)(r1 + 56) += r2
    r0 = 0
    exit

== 64 bits are added past the end of a value
because eight bytes from 64 on are outside
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = 1
    lock *(u64 *)(r1 + 64) += r2    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== 64 bits are added where they are not aligned
because an atomic operation across a boundary of eight bytes is not atomic, and the machine refuses it
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = 1
    lock *(u64 *)(r1 + 4) += r2    // rejected: misaligned
    r0 = 0
    exit

== 32 bits are added where four bytes are aligned
accepted
map cells array 4 64 1
    r1 = value(cells)
    r2 = 1
    lock *(u32 *)(r1 + 4) += w2
    r0 = 0
    exit

== 64 bits are added at a variable offset that is aligned
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 0x38
    r1 = value(cells)
    r1 += r2
    r2 = 1
    lock *(u64 *)(r1 + 0) += r2
    r0 = 0
    exit

== 64 bits are added at a variable offset that may not be aligned
because an offset of 4 is not aligned for eight bytes
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 0x34
    r1 = value(cells)
    r1 += r2
    r2 = 1
    lock *(u64 *)(r1 + 0) += r2    // rejected: misaligned
    r0 = 0
    exit

== bytes on the stack that were never written are added to
because the sum is of whatever the machine left there
rejected
    r2 = 2
    lock *(u64 *)(r10 - 8) += r2    // rejected: uninitialisedStack
    r0 = 0
    exit

== what was fetched is a number
because any number may have been there before
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = 1
    r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)
    r2 &= 127
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== what was fetched from the stack is a number that was there
accepted
map cells array 4 64 1
    *(u64 *)(r10 - 8) = 63
    r2 = 1
    r2 = atomic_fetch_add((u64 *)(r10 - 8), r2)
    r2 &= 63
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== what was fetched in 32 bits has no upper half
accepted
map cells array 4 64 1
    r1 = value(cells)
    r2 = -1
    w2 = atomic_fetch_or((u32 *)(r1 + 0), w2)
    r2 >>= 32
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== what was fetched in 64 bits has an upper half
because the lowest of the upper 32 bits may be up to 127
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = -1
    r2 = atomic_fetch_or((u64 *)(r1 + 0), r2)
    r2 >>= 32
    r2 &= 127
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== the operand of an operation without fetch is kept
accepted
map cells array 4 64 1
    r1 = value(cells)
    r2 = 63
    lock *(u64 *)(r1 + 0) &= r2
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== and with a number on the stack gives no pointer back
because the number that lies there afterwards is not the address that was stored
rejected
option allowsAddressLeaks
    *(u64 *)(r10 - 8) = r1
    r2 = -1
    lock *(u64 *)(r10 - 8) &= r2    // or rejected: notAPointer|addressLeak|pointerArithmetic
    r3 = *(u64 *)(r10 - 8)
    r0 = *(u32 *)(r3 + 12)    // rejected: notAPointer
    r0 = 0
    exit

== a pointer is exchanged with the stack
because the operation takes numbers only
rejected
    *(u64 *)(r10 - 8) = 0
    r2 = r1
    r2 = xchg_64(r10 - 8, r2)    // rejected: addressLeak|pointerArithmetic|notAPointer
    r0 = 0
    exit

== a number is exchanged with the stack
accepted
    *(u64 *)(r10 - 8) = 0
    r2 = 7
    r2 = xchg_64(r10 - 8, r2)
    r0 = r2
    exit

== 32 bits are exchanged with a value
accepted
map cells array 4 64 1
    r1 = value(cells)
    r2 = 7
    w2 = xchg32_32(r1 + 4, w2)
    r0 = r2
    r0 &= 1
    exit

== compare and exchange gives in r0 what was there
because any number may have been there
rejected
map cells array 4 64 1
    r1 = value(cells)
    r0 = 5
    r2 = 7
    r0 = cmpxchg_64(r1 + 0, r0, r2)
    r0 &= 127
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== compare and exchange keeps the number that it stores
accepted
map cells array 4 64 1
    r1 = value(cells)
    r0 = 5
    r2 = 63
    r0 = cmpxchg_64(r1 + 0, r0, r2)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== compare and exchange in 32 bits gives no upper half
accepted
map cells array 4 64 1
    r1 = value(cells)
    r0 = -1
    r2 = 63
    w0 = cmpxchg32_32(r1 + 0, w0, w2)
    r0 >>= 32
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
    exit

== compare and exchange without anything to compare with
because r0 holds whatever the machine left there
rejected
map cells array 4 64 1
    r1 = value(cells)
    r2 = 63
    r0 = cmpxchg_64(r1 + 0, r0, r2)    // rejected: uninitialisedRegister
    r0 = 0
    exit

== compare and exchange of a pointer
because a map would hold an address if the numbers were equal
rejected
map cells array 4 64 1
    r2 = r1
    r1 = value(cells)
    r0 = 0
    r0 = cmpxchg_64(r1 + 0, r0, r2)    // rejected: addressLeak
    r0 = 0
    exit

== the stack is unknown after compare and exchange
because the slot holds 5 or 200, and byte 200 is outside
rejected
map cells array 4 64 1
    r6 = *(u32 *)(r1 + 12)
    *(u64 *)(r10 - 8) = 5
    r0 = r6
    r2 = 200
    r0 = cmpxchg_64(r10 - 8, r0, r2)
    r3 = *(u8 *)(r10 - 8)
    r1 = value(cells)
    r1 += r3
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== an atomic operation through what may be nothing
because the table may not have the key
rejected
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    r2 = 1
    lock *(u64 *)(r0 + 0) += r2    // rejected: possiblyNull checkForNull
    r0 = 0
    exit

== an atomic operation through a number
because 64 is no address
rejected
    r1 = 64
    r2 = 1
    lock *(u64 *)(r1 + 0) += r2    // rejected: notAPointer
    r0 = 0
    exit
