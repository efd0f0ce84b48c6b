# The packet: from data to data_end, whose distance nobody knows before a comparison.

== fourteen bytes are checked and read
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    r0 = *(u8 *)(r2 + 13)
out:
    r0 = 2
    exit

== fourteen bytes are checked and the fifteenth is read
because the packet may have exactly 14 bytes
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    r0 = *(u8 *)(r2 + 14)    // rejected: outOfBoundsPacket checkPacketBounds
out:
    r0 = 2
    exit

== nothing is checked
because a packet may be empty
rejected
    r2 = *(u32 *)(r1 + 0)
    r0 = *(u8 *)(r2 + 0)    // rejected: outOfBoundsPacket checkPacketBounds
    r0 = 2
    exit

== the byte before the packet
because what lies before data is not the packet's
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    r0 = *(u8 *)(r2 - 1)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== the last four of fourteen bytes
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    r0 = *(u32 *)(r2 + 10)
out:
    r0 = 2
    exit

== four bytes of which the last is the fifteenth
because the packet may have exactly 14 bytes
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    r0 = *(u32 *)(r2 + 11)    // rejected: outOfBoundsPacket checkPacketBounds
out:
    r0 = 2
    exit

== the wrong way of the check is taken
because where data + 14 is above the end there are fewer than 14 bytes
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto read
    r0 = 2
    exit
read:
    r0 = *(u8 *)(r2 + 0)    // rejected: outOfBoundsPacket
    r0 = 2
    exit

== the check is the other way around
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r3 >= r4 goto read
    r0 = 2
    exit
read:
    r0 = *(u8 *)(r2 + 13)
    r0 = 2
    exit

== a strict comparison leaves one byte more
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 >= r3 goto out
    r0 = *(u8 *)(r2 + 14)
out:
    r0 = 2
    exit

== a strict comparison leaves no two bytes more
because data + 14 < data_end says that there are 15 bytes, and this is the sixteenth
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 >= r3 goto out
    r0 = *(u8 *)(r2 + 15)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== below the end in the other operand order
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r3 > r4 goto read
    r0 = 2
    exit
read:
    r0 = *(u8 *)(r2 + 14)
    r0 = 2
    exit

== data equal to the end says that the packet is empty
because where they are equal not one byte is there
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    if r2 != r3 goto out
    r0 = *(u8 *)(r2 + 0)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== data different from the end says that there is a byte
because data is never above data_end, so a packet whose ends differ is not empty
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    if r2 == r3 goto out
    r0 = *(u8 *)(r2 + 0)
out:
    r0 = 2
    exit

== the length is the difference of the ends
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r3 -= r2
    if r3 < 14 goto out
    r0 = *(u8 *)(r2 + 13)
out:
    r0 = 2
    exit

== the length is the difference of the ends, and one byte too few
because a length of at least 13 does not promise the fourteenth byte
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r3 -= r2
    if r3 < 13 goto out
    r0 = *(u8 *)(r2 + 13)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== the difference the wrong way around says nothing
because data - data_end is at most zero, which wraps to a large number
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 -= r3
    if r4 < 14 goto out
    r0 = *(u8 *)(r2 + 13)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== a constant is subtracted from the end
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r3 += -14
    if r2 > r3 goto out
    r0 = *(u8 *)(r2 + 13)
out:
    r0 = 2
    exit

== a copy of the checked pointer is as good
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r6 = r2
    r2 += 14
    if r2 > r3 goto out
    r0 = *(u8 *)(r6 + 13)
    r0 = *(u8 *)(r2 - 14)
out:
    r0 = 2
    exit

== data is loaded a second time, after the check
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r2 += 14
    if r2 > r3 goto out
    r2 = *(u32 *)(r1 + 0)
    r0 = *(u8 *)(r2 + 13)
out:
    r0 = 2
    exit

== the check is on a pointer with another variable offset
because the checked pointer lies r5 bytes in, the one that is read r6 bytes
rejected
    r7 = r1
    call bpf_get_prandom_u32
    r5 = r0
    r5 &= 255
    r6 = *(u32 *)(r7 + 12)
    r6 &= 255
    r2 = *(u32 *)(r7 + 0)
    r3 = *(u32 *)(r7 + 4)
    r4 = r2
    r4 += r5
    r2 += r6
    r4 += 8
    if r4 > r3 goto out
    r0 = *(u8 *)(r2 + 0)    // rejected: outOfBoundsPacket boundOnWrongCopy
out:
    r0 = 2
    exit

== the check is on the pointer with the same variable offset
accepted
    r6 = *(u32 *)(r1 + 12)
    r6 &= 255
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r2 += r6
    r4 = r2
    r4 += 8
    if r4 > r3 goto out
    r0 = *(u8 *)(r2 + 7)
out:
    r0 = 2
    exit

== the variable offset is added twice, each time to data
accepted
    r6 = *(u32 *)(r1 + 12)
    r6 &= 255
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += r6
    r4 += 8
    if r4 > r3 goto out
    r2 += r6
    r0 = *(u8 *)(r2 + 7)
out:
    r0 = 2
    exit

== what is checked behind a variable offset holds before it too
accepted
    r6 = *(u32 *)(r1 + 12)
    r6 &= 255
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += r6
    r4 += 8
    if r4 > r3 goto out
    r0 = *(u8 *)(r2 + 7)
out:
    r0 = 2
    exit

== what is checked before a variable offset does not hold behind it
because eight bytes from data on are no promise for the eight bytes from data + r6 on
rejected
    r6 = *(u32 *)(r1 + 12)
    r6 &= 255
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 8
    if r4 > r3 goto out
    r2 += r6
    r0 = *(u8 *)(r2 + 0)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== a bounded offset within what was checked
accepted
    r6 = *(u32 *)(r1 + 12)
    r6 &= 7
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 8
    if r4 > r3 goto out
    r2 += r6
    r0 = *(u8 *)(r2 + 0)
out:
    r0 = 2
    exit

== an offset of any 16 bits, checked behind it
because data plus 64 KiB cannot wrap, and the comparison is with the very pointer that is read
accepted
    r6 = *(u32 *)(r1 + 12)
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r6 &= 0xffff
    r2 += r6
    r2 += 4
    if r2 > r3 goto out
    r0 = *(u32 *)(r2 - 4)
out:
    r0 = 2
    exit

== an offset of any 64 bits, checked behind it
because data plus a number near 2^64 wraps to before data, which is below the end and not in the packet
rejected
    r7 = r1
    call bpf_ktime_get_ns
    r2 = *(u32 *)(r7 + 0)
    r3 = *(u32 *)(r7 + 4)
    r2 += r0    // or rejected: pointerArithmetic
    r4 = r2    // or rejected: pointerArithmetic|outOfBoundsPacket
    r4 += 4    // or rejected: pointerArithmetic|outOfBoundsPacket
    if r4 > r3 goto out    // or rejected: pointerComparison
    r0 = *(u32 *)(r2 + 0)    // rejected: outOfBoundsPacket|pointerArithmetic
out:
    r0 = 2
    exit

== a negative offset, checked at its end only
because data - 4 and four bytes are within the end, but they lie before the packet
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r2 += -4
    r4 = r2
    r4 += 4
    if r4 > r3 goto out
    r0 = *(u32 *)(r2 + 0)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== a header of variable length
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 34
    if r4 > r3 goto out
    r5 = *(u8 *)(r2 + 14)
    r5 &= 15
    r5 <<= 2
    if r5 < 20 goto out
    r2 += 14
    r2 += r5
    r4 = r2
    r4 += 8
    if r4 > r3 goto out
    r0 = *(u16 *)(r2 + 2)
out:
    r0 = 2
    exit

== a header of variable length without a second check
because ihl may say 60 bytes where 34 are checked
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 34
    if r4 > r3 goto out
    r5 = *(u8 *)(r2 + 14)
    r5 &= 15
    r5 <<= 2
    if r5 < 20 goto out
    r2 += 14
    r2 += r5
    r0 = *(u16 *)(r2 + 2)    // rejected: outOfBoundsPacket checkPacketBounds
out:
    r0 = 2
    exit

== the packet is written
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    *(u8 *)(r2 + 13) = 1
out:
    r0 = 2
    exit

== a byte behind the check is written
because the packet may have exactly 14 bytes
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    *(u8 *)(r2 + 14) = 1    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== the packet is written by a program that may only read it
because a program that filters what leaves a cgroup may drop packets, not change them
rejected
program cgroup_skb/egress
    r2 = *(u32 *)(r1 + 76)
    r3 = *(u32 *)(r1 + 80)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    *(u8 *)(r2 + 13) = 1    // rejected: readOnlyMemory
out:
    r0 = 1
    exit

== the end of the packet is read through
because at data_end the packet is over
rejected
    r3 = *(u32 *)(r1 + 4)
    r0 = *(u8 *)(r3 + 0)    // rejected: outOfBoundsPacket|notAPointer
    r0 = 2
    exit

== a pointer is stored into the packet
because the packet leaves the machine, and the address with it
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    *(u64 *)(r2 + 0) = r10    // rejected: addressLeak
out:
    r0 = 2
    exit

== the pointers are stale after the head was moved
because bpf_xdp_adjust_head moves the start of the packet
rejected
    r6 = r1
    r7 = *(u32 *)(r1 + 0)
    r8 = *(u32 *)(r1 + 4)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    r2 = 4
    call bpf_xdp_adjust_head
    r0 = *(u8 *)(r7 + 0)    // rejected: outOfBoundsPacket|notAPointer packetPointersAfterHelper
out:
    r0 = 2
    exit

== the pointers are loaded and checked again after the head was moved
accepted
    r6 = r1
    r2 = 4
    call bpf_xdp_adjust_head
    r7 = *(u32 *)(r6 + 0)
    r8 = *(u32 *)(r6 + 4)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    r0 = *(u8 *)(r7 + 13)
out:
    r0 = 2
    exit

== the pointers are loaded again after the head was moved, but not checked
because what was checked before was another packet
rejected
    r6 = r1
    r7 = *(u32 *)(r1 + 0)
    r8 = *(u32 *)(r1 + 4)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    r2 = 4
    call bpf_xdp_adjust_head
    r7 = *(u32 *)(r6 + 0)
    r0 = *(u8 *)(r7 + 0)    // rejected: outOfBoundsPacket checkPacketBounds
out:
    r0 = 2
    exit

== the end of before is compared after the tail was moved
because data_end is another one now
rejected
    r6 = r1
    r8 = *(u32 *)(r1 + 4)
    r2 = -20
    call bpf_xdp_adjust_tail
    r7 = *(u32 *)(r6 + 0)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out    // or rejected: pointerComparison|notAPointer
    r0 = *(u8 *)(r7 + 13)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== a spilled pointer is stale after the head was moved
because a pointer on the stack is as stale as one in a register
rejected
    r6 = r1
    r7 = *(u32 *)(r1 + 0)
    r8 = *(u32 *)(r1 + 4)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    *(u64 *)(r10 - 8) = r7
    r2 = 4
    call bpf_xdp_adjust_head
    r7 = *(u64 *)(r10 - 8)
    r0 = *(u8 *)(r7 + 0)    // rejected: outOfBoundsPacket|notAPointer packetPointersAfterHelper
out:
    r0 = 2
    exit

== a pointer of the caller is stale after the callee moved the head
because r7 keeps its value over the call, but the packet has moved
rejected
    r6 = r1
    r7 = *(u32 *)(r1 + 0)
    r8 = *(u32 *)(r1 + 4)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    call shorten
    r0 = *(u8 *)(r7 + 0)    // rejected: outOfBoundsPacket|notAPointer packetPointersAfterHelper
out:
    r0 = 2
    exit
shorten:
    r2 = 4
    call bpf_xdp_adjust_head
    r0 = 0
    exit

== a spilled pointer of the caller is stale after the callee moved the head
because the caller's stack keeps its value over the call, but the packet has moved
rejected
    r6 = r1
    r7 = *(u32 *)(r1 + 0)
    r8 = *(u32 *)(r1 + 4)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    *(u64 *)(r10 - 8) = r7
    call shorten
    r7 = *(u64 *)(r10 - 8)
    r0 = *(u8 *)(r7 + 0)    // rejected: outOfBoundsPacket|notAPointer packetPointersAfterHelper
out:
    r0 = 2
    exit
shorten:
    r2 = 4
    call bpf_xdp_adjust_head
    r0 = 0
    exit

== a pointer of the caller after a callee that leaves the packet alone
accepted
    r6 = r1
    r7 = *(u32 *)(r1 + 0)
    r8 = *(u32 *)(r1 + 4)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    call peek
    r0 = *(u8 *)(r7 + 13)
out:
    r0 = 2
    exit
peek:
    r0 = *(u32 *)(r1 + 12)
    r0 = 0
    exit

== the pointers are stale after data was pulled (PREVAIL 1125)
because bpf_skb_pull_data may move the packet to other memory
rejected
program tc
    r6 = r1
    r7 = *(u32 *)(r1 + 76)
    r8 = *(u32 *)(r1 + 80)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    r2 = 64
    call bpf_skb_pull_data
    r0 = *(u8 *)(r7 + 0)    // rejected: outOfBoundsPacket|notAPointer packetPointersAfterHelper
out:
    r0 = 0
    exit

== the pointers are stale after bytes were stored by a helper (PREVAIL 1125)
because bpf_skb_store_bytes may have to copy the packet first
rejected
program tc
    *(u64 *)(r10 - 8) = 0
    r6 = r1
    r7 = *(u32 *)(r1 + 76)
    r8 = *(u32 *)(r1 + 80)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    r2 = 0
    r3 = r10
    r3 += -8
    r4 = 8
    r5 = 0
    call bpf_skb_store_bytes
    r0 = *(u8 *)(r7 + 0)    // rejected: outOfBoundsPacket|notAPointer packetPointersAfterHelper
out:
    r0 = 0
    exit

== the pointers are good after bytes were loaded by a helper
accepted
program tc
    r6 = r1
    r7 = *(u32 *)(r1 + 76)
    r8 = *(u32 *)(r1 + 80)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    r2 = 0
    r3 = r10
    r3 += -8
    r4 = 8
    call bpf_skb_load_bytes
    r0 = *(u8 *)(r7 + 13)
out:
    r0 = 0
    exit

== what lies before the data is checked against the data
accepted
    r2 = *(u32 *)(r1 + 8)
    r3 = *(u32 *)(r1 + 0)
    r4 = r2
    r4 += 4
    if r4 > r3 goto out
    r0 = *(u32 *)(r2 + 0)
out:
    r0 = 2
    exit

== what lies before the data is not checked
because most packets have nothing before the data
rejected
    r2 = *(u32 *)(r1 + 8)
    r0 = *(u32 *)(r2 + 0)    // rejected: outOfBoundsPacket
    r0 = 2
    exit

== more of what lies before the data is read than was checked
because four bytes were checked, and eight are read
rejected
    r2 = *(u32 *)(r1 + 8)
    r3 = *(u32 *)(r1 + 0)
    r4 = r2
    r4 += 4
    if r4 > r3 goto out
    r0 = *(u64 *)(r2 + 0)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== a key in the packet
accepted
map table hash 4 8 16
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 30
    if r4 > r3 goto out
    r2 += 26
    r1 = map(table)
    call bpf_map_lookup_elem
out:
    r0 = 2
    exit

== a key in the packet, and the check is one byte short (PREVAIL 1100)
because 29 bytes are checked, and the key takes bytes 26 to 29
rejected
map table hash 4 8 16
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 29
    if r4 > r3 goto out
    r2 += 26
    r1 = map(table)
    call bpf_map_lookup_elem    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== packet memory for a helper that may not read it
because bpf_skb_store_bytes may move the packet while it reads
rejected
program tc
    r6 = r1
    r7 = *(u32 *)(r1 + 76)
    r8 = *(u32 *)(r1 + 80)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    r2 = 0
    r3 = r7
    r4 = 8
    r5 = 0
    call bpf_skb_store_bytes    // rejected: helperArgument
out:
    r0 = 0
    exit

== an atomic operation on the packet
because a packet has no promise of alignment, and no other processor to synchronise with
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    r5 = 1
    lock *(u32 *)(r2 + 0) += w5    // rejected: misaligned|notAPointer|unsupported|readOnlyMemory
out:
    r0 = 2
    exit

== the packet is compared in 32 bits
because the lower halves of two addresses say nothing about the addresses
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if w4 > w3 goto out    // or rejected: pointerComparison
    r0 = *(u8 *)(r2 + 13)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== the packet is compared with signs
because one address below and one above the middle compare the other way around
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 s> r3 goto out    // or rejected: pointerComparison
    r0 = *(u8 *)(r2 + 13)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit
