# The stack: 512 bytes below r10 in each frame, each byte known to hold something or not.

== a spilled pointer comes back
accepted
    *(u64 *)(r10 - 8) = r1
    r2 = *(u64 *)(r10 - 8)
    r0 = *(u32 *)(r2 + 12)
    r0 = 0
    exit

== one byte is stored over a spilled pointer
because the address has another lowest byte now, so it points to no context
rejected
    *(u64 *)(r10 - 8) = r1
    *(u8 *)(r10 - 8) = 0
    r2 = *(u64 *)(r10 - 8)
    r0 = *(u32 *)(r2 + 12)    // rejected: notAPointer
    r0 = 0
    exit

== one byte is stored over the top of a spilled pointer
because the address has another highest byte now, so it points to no context
rejected
    *(u64 *)(r10 - 8) = r1
    *(u8 *)(r10 - 1) = 0
    r2 = *(u64 *)(r10 - 8)
    r0 = *(u32 *)(r2 + 12)    // rejected: notAPointer
    r0 = 0
    exit

== one byte is stored beside a spilled pointer
accepted
    *(u64 *)(r10 - 8) = r1
    *(u8 *)(r10 - 9) = 0
    r2 = *(u64 *)(r10 - 8)
    r0 = *(u32 *)(r2 + 12)
    r0 = 0
    exit

== a store of eight bytes overlaps the spilled pointer below by half
because four bytes of the address were overwritten
rejected
    *(u64 *)(r10 - 16) = r1
    r3 = 0
    *(u32 *)(r10 - 12) = r3
    *(u32 *)(r10 - 8) = r3
    r2 = *(u64 *)(r10 - 16)
    r0 = *(u32 *)(r2 + 12)    // rejected: notAPointer
    r0 = 0
    exit

== half of a spilled pointer is read
because four bytes of an address are part of it, and the program may not learn addresses
rejected
    *(u64 *)(r10 - 8) = r1
    r0 = *(u32 *)(r10 - 8)    // rejected: addressLeak|notAPointer
    r0 = 0
    exit

== the helper's key is a spilled pointer
because the address of the context would be compared with, and could be found in, a map
rejected
map table hash 8 8 4
    *(u64 *)(r10 - 8) = r1
    r2 = r10
    r2 += -8
    r1 = map(table)
    call bpf_map_lookup_elem    // rejected: addressLeak
    r0 = 0
    exit

== a byte of the stack is read that was never written
because it holds whatever the machine left there
rejected
    r0 = *(u8 *)(r10 - 1)    // rejected: uninitialisedStack initialiseStack
    r0 = 0
    exit

== a byte of the stack is read that was written
accepted
    *(u8 *)(r10 - 1) = 2
    r0 = *(u8 *)(r10 - 1)
    exit

== eight bytes are read of which seven were written
because the byte at r10 - 8 holds whatever the machine left there
rejected
    *(u32 *)(r10 - 4) = 0
    *(u16 *)(r10 - 6) = 0
    *(u8 *)(r10 - 7) = 0
    r0 = *(u64 *)(r10 - 8)    // rejected: uninitialisedStack initialiseStack
    r0 = 0
    exit

== eight bytes are read that were written in four pieces
accepted
    *(u32 *)(r10 - 4) = 0
    *(u16 *)(r10 - 6) = 0
    *(u8 *)(r10 - 7) = 0
    *(u8 *)(r10 - 8) = 1
    r0 = *(u64 *)(r10 - 8)
    exit

== zeros that were written in pieces are a known number
accepted
map cells array 4 1 1
    *(u32 *)(r10 - 4) = 0
    *(u32 *)(r10 - 8) = 0
    r2 = *(u64 *)(r10 - 8)
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== the number of a spill is known when it comes back
accepted
map cells array 4 64 1
    r2 = 63
    *(u64 *)(r10 - 8) = r2
    r2 = 0
    r3 = *(u64 *)(r10 - 8)
    r1 = value(cells)
    r1 += r3
    r0 = *(u8 *)(r1 + 0)
    exit

== the number of a spill is one too many when it comes back
because byte 64 of a value of 64 bytes is outside
rejected
map cells array 4 64 1
    r2 = 64
    *(u64 *)(r10 - 8) = r2
    r2 = 0
    r3 = *(u64 *)(r10 - 8)
    r1 = value(cells)
    r1 += r3
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== the bounds of a spill hold when half of it comes back
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    if r2 > 63 goto out
    *(u64 *)(r10 - 8) = r2
    w3 = *(u32 *)(r10 - 8)
    r1 = value(cells)
    r1 += r3
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== the bounds of a spill do not hold for what was stored over it
because a random number of 16 bits can be more than 63
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    if r2 > 63 goto out
    *(u64 *)(r10 - 8) = r2
    call bpf_get_prandom_u32
    *(u16 *)(r10 - 8) = r0
    r3 = *(u16 *)(r10 - 8)
    r1 = value(cells)
    r1 += r3
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== the last byte of the frame
accepted
    *(u8 *)(r10 - 512) = 0
    r0 = 0
    exit

== one byte below the frame
because a frame has 512 bytes; what lies below belongs to nobody or to the next frame
rejected
    *(u8 *)(r10 - 513) = 0    // rejected: outOfBoundsStack
    r0 = 0
    exit

== eight bytes of which one lies below the frame
because r10 - 513 is outside of the frame, although r10 - 512 is inside
rejected
    r2 = 0
    *(u64 *)(r10 - 513) = r2    // rejected: outOfBoundsStack
    r0 = 0
    exit

== one byte above the frame
because the byte at r10 is above the program's own frame
rejected
    *(u8 *)(r10 + 0) = 0    // rejected: outOfBoundsStack
    r0 = 0
    exit

== eight bytes of which four lie above the frame
because the bytes from r10 on are above the program's own frame
rejected
    r2 = r10
    r2 += -4
    *(u64 *)(r2 + 0) = 0    // rejected: outOfBoundsStack
    r0 = 0
    exit

== a pointer far out of the frame
because the sum of the offsets is 4,000 bytes below the frame
rejected
    r2 = r10
    r2 += -4000
    *(u64 *)(r2 - 512) = 0    // rejected: outOfBoundsStack
    r0 = 0
    exit

== the offset of a pointer leaves the frame and comes back
accepted
    r2 = r10
    r2 += -4000
    r2 += 3992
    *(u64 *)(r2 + 0) = 0
    r0 = 0
    exit

== a variable offset within the frame
accepted
    r2 = *(u32 *)(r1 + 12)
    r2 &= 63
    r3 = r10
    r3 += -64
    r3 += r2
    *(u8 *)(r3 + 0) = 1
    r0 = 0
    exit

== a variable offset reaches one byte above the frame
because with an offset of 64 the byte is at r10
rejected
    r2 = *(u32 *)(r1 + 12)
    if r2 > 64 goto out
    r3 = r10
    r3 += -64
    r3 += r2
    *(u8 *)(r3 + 0) = 1    // rejected: outOfBoundsStack
out:
    r0 = 0
    exit

== a store at a variable offset initialises nothing for certain
because only one of the 16 bytes was written, and the one at r10 - 16 need not be it
rejected
    r2 = *(u32 *)(r1 + 12)
    r2 &= 15
    r3 = r10
    r3 += -16
    r3 += r2
    *(u8 *)(r3 + 0) = 1
    r0 = *(u8 *)(r10 - 16)    // rejected: uninitialisedStack
    r0 = 0
    exit

== a store at a variable offset over bytes that are all set
accepted
    r2 = *(u32 *)(r1 + 12)
    r2 &= 15
    r3 = r10
    r3 += -16
    *(u64 *)(r3 + 0) = 0
    *(u64 *)(r3 + 8) = 0
    r3 += r2
    *(u8 *)(r3 + 0) = 1
    r0 = *(u8 *)(r10 - 16)
    exit

== a store at a variable offset may hit a spilled pointer
because with an offset of 0 to 7 a byte of the address was overwritten
rejected
    *(u64 *)(r10 - 16) = r1
    *(u64 *)(r10 - 8) = 0
    r2 = *(u32 *)(r1 + 12)
    r2 &= 15
    r3 = r10
    r3 += -16
    r3 += r2
    *(u8 *)(r3 + 0) = 1    // or rejected: addressLeak|outOfBoundsStack|notAPointer
    r2 = *(u64 *)(r10 - 16)    // or rejected: addressLeak|notAPointer
    r0 = *(u32 *)(r2 + 12)    // rejected: notAPointer
    r0 = 0
    exit

== a store at a variable offset beside a spilled pointer
accepted
    *(u64 *)(r10 - 32) = r1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 15
    r3 = r10
    r3 += -16
    r3 += r2
    *(u8 *)(r3 + 0) = 1
    r2 = *(u64 *)(r10 - 32)
    r0 = *(u32 *)(r2 + 12)
    r0 = 0
    exit

== a known zero is gone after a store at a variable offset
because the byte that is used as an offset may be the one that was set to 200
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    r2 &= 7
    *(u64 *)(r10 - 8) = 0
    r3 = r10
    r3 += -8
    r3 += r2
    *(u8 *)(r3 + 0) = 200
    r4 = *(u8 *)(r10 - 8)
    r1 = value(cells)
    r1 += r4
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a slot that is set on one way only
because on the other way the slot holds whatever the machine left there
rejected
    r2 = *(u32 *)(r1 + 12)
    if r2 == 0 goto skip
    *(u64 *)(r10 - 8) = 0
skip:
    r0 = *(u64 *)(r10 - 8)    // rejected: uninitialisedStack initialiseStack
    r0 = 0
    exit

== a slot that is set on both ways
accepted
    r2 = *(u32 *)(r1 + 12)
    if r2 == 0 goto other
    *(u64 *)(r10 - 8) = 0
    goto join
other:
    *(u64 *)(r10 - 8) = r2
join:
    r0 = *(u64 *)(r10 - 8)
    r0 = 0
    exit

== a spilled pointer on one way and a number on the other
because after the way with the number there is nothing to read through
rejected
    r2 = *(u32 *)(r1 + 12)
    *(u64 *)(r10 - 8) = r1
    if r2 == 0 goto join
    *(u64 *)(r10 - 8) = r2
join:
    r3 = *(u64 *)(r10 - 8)
    r0 = *(u32 *)(r3 + 12)    // rejected: notAPointer
    r0 = 0
    exit

== two pointers of different kinds in one slot, each read as itself
accepted
    r2 = *(u32 *)(r1 + 12)
    *(u64 *)(r10 - 16) = 7
    if r2 == 0 goto other
    r3 = r10
    r3 += -16
    *(u64 *)(r10 - 8) = r3
    goto join
other:
    r3 = r1
    *(u64 *)(r10 - 8) = r3
join:
    r4 = *(u64 *)(r10 - 8)
    if r2 == 0 goto context
    r0 = *(u64 *)(r4 + 0)
    exit
context:
    r0 = *(u32 *)(r4 + 12)
    r0 = 0
    exit

== a helper reads bytes that were never written
because 16 bytes are published, of which eight hold whatever the machine left there
rejected
map ring ringbuf 0 0 4096
    *(u64 *)(r10 - 8) = 1
    r1 = map(ring)
    r2 = r10
    r2 += -16
    r3 = 16
    r4 = 0
    call bpf_ringbuf_output    // rejected: uninitialisedStack initialiseStack
    r0 = 0
    exit

== a helper reads bytes that were all written
accepted
map ring ringbuf 0 0 4096
    *(u64 *)(r10 - 8) = 1
    *(u64 *)(r10 - 16) = 1
    r1 = map(ring)
    r2 = r10
    r2 += -16
    r3 = 16
    r4 = 0
    call bpf_ringbuf_output
    r0 = 0
    exit

== a helper writes bytes that are then set
accepted
program tc
    r6 = r1
    r2 = 0
    r3 = r10
    r3 += -16
    r4 = 16
    call bpf_skb_load_bytes
    r0 = *(u64 *)(r10 - 16)
    r0 = 0
    exit

== a helper writes fewer bytes than are then read
because the helper sets r10 - 16 to r10 - 9 only
rejected
program tc
    r6 = r1
    r2 = 0
    r3 = r10
    r3 += -16
    r4 = 8
    call bpf_skb_load_bytes
    r0 = *(u64 *)(r10 - 8)    // rejected: uninitialisedStack
    r0 = 0
    exit

== a helper writes over a spilled pointer
because the eight bytes at r10 - 16 come from the packet now
rejected
program tc
    *(u64 *)(r10 - 16) = r1
    r2 = 0
    r3 = r10
    r3 += -16
    r4 = 8
    call bpf_skb_load_bytes
    r1 = *(u64 *)(r10 - 16)
    r0 = *(u32 *)(r1 + 0)    // rejected: notAPointer
    r0 = 0
    exit

== a helper writes one byte beyond the frame
because r10 - 8 and nine bytes on reach above the frame
rejected
program tc
    r2 = 0
    r3 = r10
    r3 += -8
    r4 = 9
    call bpf_skb_load_bytes    // rejected: outOfBoundsStack
    r0 = 0
    exit

== a helper writes a variable number of bytes that fits
accepted
program tc
    r4 = *(u32 *)(r1 + 0)
    r4 &= 15
    r4 += 1
    r2 = 0
    r3 = r10
    r3 += -16
    call bpf_skb_load_bytes
    r0 = 0
    exit

== a helper writes a variable number of bytes, which may be one too many
because (length & 15) + 2 may be 17, and there are 16 bytes
rejected
program tc
    r4 = *(u32 *)(r1 + 0)
    r4 &= 15
    r4 += 2
    r2 = 0
    r3 = r10
    r3 += -16
    call bpf_skb_load_bytes    // rejected: outOfBoundsStack
    r0 = 0
    exit

== what a helper wrote in part is not a full initialisation
because the helper may have written a single byte, and all 16 are read
rejected
program tc
map ring ringbuf 0 0 4096
    r4 = *(u32 *)(r1 + 0)
    r4 &= 15
    r4 += 1
    r2 = 0
    r3 = r10
    r3 += -16
    call bpf_skb_load_bytes
    r1 = map(ring)
    r2 = r10
    r2 += -16
    r3 = 16
    r4 = 0
    call bpf_ringbuf_output    // rejected: uninitialisedStack
    r0 = 0
    exit

== an uninitialised store kills the cell that lay there exactly (PREVAIL 1202)
because r3 was never set, so nothing may be stored; and what is read back is not the pointer of before
rejected
    *(u64 *)(r10 - 8) = r1
    *(u64 *)(r10 - 8) = r3    // rejected: uninitialisedRegister
    r0 = 0
    exit

== the count of known bytes is the least over both ways (PREVAIL 918)
because on one way only eight bytes were written, and the key has 16
rejected
map table hash 16 8 4
    r2 = *(u32 *)(r1 + 12)
    *(u64 *)(r10 - 16) = 0
    if r2 == 0 goto join
    *(u64 *)(r10 - 8) = 0
join:
    r2 = r10
    r2 += -16
    r1 = map(table)
    call bpf_map_lookup_elem    // rejected: uninitialisedStack initialiseStack
    r0 = 0
    exit

== an immediate that is stored is sign-extended (PREVAIL 1159)
because eight bytes of a stored -1 are the number 2^64 - 1, not 2^32 - 1
rejected
map cells array 4 64 1
    *(u64 *)(r10 - 8) = -1
    r2 = *(u64 *)(r10 - 8)
    r2 >>= 32
    r2 &= 127
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== an immediate of 32 bits that is stored is not
accepted
map cells array 4 64 1
    *(u64 *)(r10 - 8) = 0
    *(u32 *)(r10 - 8) = -1
    r2 = *(u64 *)(r10 - 8)
    r2 >>= 32
    r2 &= 127
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a read with sign extension of a stored byte
because the byte 0x80 reads as -128, and that far before the value is outside
rejected
map cells array 4 64 1
    *(u8 *)(r10 - 1) = 0x80
    r2 = *(s8 *)(r10 - 1)
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a read without sign extension of a stored byte
accepted
map cells array 4 129 1
    *(u8 *)(r10 - 1) = 0x80
    r2 = *(u8 *)(r10 - 1)
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a number is stored where it is not aligned
because the processor reads and writes plain numbers at any address; alignment is a matter of atomic operations only
accepted
    r2 = 5
    *(u64 *)(r10 - 15) = r2
    r0 = *(u64 *)(r10 - 15)
    exit
